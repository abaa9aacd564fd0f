/* tool_id_test.c - ids that carry what no state remembers. */
#include "dataplane/translate/tool_id.h"

#include <string.h>

#include "tests/unit/dataplane/translate/convert.h"

static struct arena arena;

static void
ids_are_stable_and_distinct(void **state)
{
	struct str first = tool_id_make(&arena, STR("r/a"), 0, STR(""));

	(void)state;
	assert_true(
	    str_eq(first, tool_id_make(&arena, STR("r/a"), 0, STR(""))));
	assert_false(
	    str_eq(first, tool_id_make(&arena, STR("r/a"), 1, STR(""))));
	assert_false(
	    str_eq(first, tool_id_make(&arena, STR("r/b"), 0, STR(""))));
	assert_int_equal(first.len, strlen("call_0_") + 12);
}

static void
a_signature_comes_back(void **state)
{
	struct str signature = STR("AAECAwQ+/w==");
	struct str id = tool_id_make(&arena, STR("r"), 3, signature);

	(void)state;
	assert_true(str_eq(tool_id_signature(&arena, id), signature));
	for (size_t i = 0; i < id.len; i++)
		assert_true(
		    id.ptr[i] != '+' && id.ptr[i] != '/' && id.ptr[i] != '=');
}

static void
foreign_ids_hold_no_signature(void **state)
{
	static const char *const ids[] = {
		"",
		"call_",
		"call_abc",
		"toolu_01A-b",
		"call_0_0123456789ab",
		"call_0_0123456789ab-",
		"call_x_0123456789ab-AAEC",
		"call_0_0123456789aX-AAEC",
		"call_0_0123-AAEC",
		"chatcmpl-tool-0123",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ids); i++)
		assert_int_equal(
		    tool_id_signature(&arena, str_from(ids[i])).len, 0);
}

static void
long_or_broken_signatures_are_left_out(void **state)
{
	char text[TOOL_ID_SIGNATURE_MAX + 4];

	(void)state;
	memset(text, 'A', sizeof(text));
	assert_int_equal(
	    tool_id_make(&arena, STR("r"), 0, str_make(text, sizeof(text))).len,
	    strlen("call_0_") + 12);
	assert_int_equal(
	    tool_id_make(&arena, STR("r"), 0, STR("not base64!")).len,
	    strlen("call_0_") + 12);
}

static void
ids_fit_their_provider(void **state)
{
	struct str longer =
	    STR("chatcmpl-tool-0123456789abcdef0123456789abcdef");
	struct str seen;

	(void)state;
	assert_str(
	    tool_id_fit(&arena, STR("toolu_1"), TOOL_ID_OPENAI), "toolu_1");
	assert_str(tool_id_fit(
		       &arena, STR("call_0_0123456789ab-AAEC"), TOOL_ID_OPENAI),
	    "call_0_0123456789ab");
	assert_true(tool_id_fit(&arena, longer, TOOL_ID_OPENAI).len <= 40);
	assert_true(
	    str_eq(tool_id_fit(&arena, longer, TOOL_ID_ANTHROPIC), longer));
	seen = tool_id_fit(&arena, STR("functions.f:0"), TOOL_ID_ANTHROPIC);
	assert_true(str_find_char(seen, '.') < 0);
	assert_true(str_eq(seen,
	    tool_id_fit(&arena, STR("functions.f:0"), TOOL_ID_ANTHROPIC)));
	assert_int_equal(
	    tool_id_fit(&arena, STR("toolu_1"), TOOL_ID_NINE).len, 9);
	assert_str(
	    tool_id_fit(&arena, STR("aB3dE6gH9"), TOOL_ID_NINE), "aB3dE6gH9");
	assert_true(tool_id_fit(&arena, STR(""), TOOL_ID_OPENAI).len > 0);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids_are_stable_and_distinct),
		cmocka_unit_test(a_signature_comes_back),
		cmocka_unit_test(foreign_ids_hold_no_signature),
		cmocka_unit_test(long_or_broken_signatures_are_left_out),
		cmocka_unit_test(ids_fit_their_provider),
	};
	int failed;

	arena_init(&arena, 0);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	arena_done(&arena);
	return failed;
}
