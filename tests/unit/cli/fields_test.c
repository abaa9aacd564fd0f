/* fields_test.c - fields of the command line as JSON and as a query. */
#include "cli/fields.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "common/base.h"

static void
assert_body(const char *const *args, size_t count, const char *expected)
{
	json_t *body = json_object();
	char *text;

	assert_int_equal(fields_read(body, args, count), OK);
	text = json_dumps(body, JSON_COMPACT | JSON_SORT_KEYS);
	assert_string_equal(text, expected);
	free(text);
	json_decref(body);
}

static void
test_have_the_type_of_their_name(void **state)
{
	static const char *const args[] = { "--slug", "a", "--weight", "3",
		"--allow-private-network", "true", "--allowed_models", "x, y",
		"--labels", "env=prod,team=a=b", "--limit-usd", "12", "--match",
		"{\"models\":[]}", "--anything:=", "[1]" };

	assert_body(args, ARRAY_LEN(args),
	    "{\"allow_private_network\":true,\"allowed_models\":[\"x\",\"y\"],"
	    "\"anything\":[1],\"labels\":{\"env\":\"prod\",\"team\":\"a=b\"},"
	    "\"limit_usd\":\"12\",\"match\":{\"models\":[]},\"slug\":\"a\","
	    "\"weight\":3}");
	assert_body(NULL, 0, "{}");
}

static void
test_refuse_what_does_not_fit(void **state)
{
	static const char *const bad[][2] = {
		{ "--weight", "x" },
		{ "--free", "yes" },
		{ "--labels", "novalue" },
		{ "--targets", "{" },
		{ "slug", "a" },
		{ "--", "a" },
	};
	json_t *body = json_object();

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(fields_read(body, bad[i], 2), E_INVALID);
	assert_int_equal(fields_read(body, bad[0], 1), E_INVALID);
	json_decref(body);
}

static void
test_are_escaped_in_a_query(void **state)
{
	static const char *const args[] = { "--key-id", "key_1", "--q",
		"a b&c=ü" };
	struct buf path;

	buf_init(&path, 1024);
	buf_add_cstr(&path, "/requests");
	assert_int_equal(fields_to_query(&path, args, ARRAY_LEN(args)), OK);
	assert_true(str_eq(buf_str(&path),
	    STR("/requests?key_id=key_1&q=a%20b%26c%3D%C3%BC")));
	buf_done(&path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_have_the_type_of_their_name),
		cmocka_unit_test(test_refuse_what_does_not_fit),
		cmocka_unit_test(test_are_escaped_in_a_query),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
