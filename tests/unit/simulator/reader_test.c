/* reader_test.c - the strict JSON reader. */
#include "simulator/reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "common/arena.h"

static struct arena arena;

static enum status
check(const char *json)
{
	struct reader r;

	reader_init(&r, &arena, str_from(json));
	(void)reader_skip(&r);
	return reader_end(&r);
}

static void
assert_text(struct str s, const char *expected)
{
	assert_true(str_eq(s, str_from(expected)));
}

static void
test_walks_into_an_object(void **state)
{
	struct reader r;
	struct str key;
	int64_t sum = 0;

	reader_init(&r, &arena,
	    STR(" {\"a\": [1, 2.9, -3], \"\\u0062\": \"x\\ny\", \"c\": null}"));
	reader_object_open(&r);
	assert_true(reader_next_key(&r, &key));
	assert_text(key, "a");
	reader_array_open(&r);
	while (reader_next_element(&r))
		sum += reader_int(&r);
	assert_int_equal(sum, 0);
	assert_true(reader_next_key(&r, &key));
	assert_text(key, "b");
	assert_text(reader_text(&r), "x\ny");
	assert_true(reader_next_key(&r, &key));
	assert_text(reader_text(&r), "");
	assert_false(reader_next_key(&r, &key));
	assert_int_equal(reader_end(&r), OK);
}

static void
test_decodes_escapes(void **state)
{
	struct reader r;

	reader_init(&r, &arena,
	    STR("\"\\\"\\\\\\/\\b\\f\\n\\r\\t \\u00e9 \\u20AC "
		"\\ud83d\\uDE00 plain text\""));
	assert_text(reader_text(&r),
	    "\"\\/\b\f\n\r\t \u00e9 \u20ac \U0001f600 plain text");
	assert_int_equal(reader_end(&r), OK);
}

static void
test_accepts_what_is_json(void **state)
{
	static const char *const good[] = { "{}", "[]", "0", "-0.5e+10", "1E3",
		"true", "false", "null", "\"\"", "[[],{}]",
		"{\"a\":{\"b\":[1]}}", " [ 1 , 2 ] ", "\"\x7f\"",
		"\"0123456789abcdef0123456789abcdef\"" };

	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		assert_int_equal(check(good[i]), OK);
}

static void
test_refuses_what_is_not(void **state)
{
	static const char *const bad[] = { "", "{", "[", "\"", "[1,]", "[,1]",
		"[1 2]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}",
		"{\"a\" 1}", "01", "1.", ".5", "1e", "+1", "-", "tru", "nul",
		"truex", "[1]]", "{}{}", "\"\\x\"", "\"\\u12g4\"",
		"\"\\ud83d\"", "\"\\udc00\"", "\"\\ud83d\\u0041\"", "\"a\nb\"",
		"\"01234567\t\"", "'a'", "[1}", "{\"a\":1]" };

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(check(bad[i]), E_INVALID);
}

static void
test_bounds_nesting(void **state)
{
	char deep[512] = "";

	memset(deep, '[', 128);
	memset(deep + 128, ']', 128);
	assert_int_equal(check(deep), OK);
	memset(deep, '[', 129);
	memset(deep + 129, ']', 129);
	assert_int_equal(check(deep), E_INVALID);
}

/* Every beginning of a document is no document. */
static void
test_notices_every_cut(void **state)
{
	const struct str whole =
	    STR("{\"a\":[1,{\"b\":\"\\u00e9\"}],\"c\":null}");
	struct reader r;

	for (size_t len = 0; len < whole.len; len++) {
		reader_init(&r, &arena, str_head(whole, len));
		(void)reader_skip(&r);
		assert_int_equal(reader_end(&r), E_INVALID);
	}
}

static int
setup(void **state)
{
	arena_init(&arena, 0);
	return 0;
}

static int
teardown(void **state)
{
	arena_done(&arena);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_walks_into_an_object),
		cmocka_unit_test(test_decodes_escapes),
		cmocka_unit_test(test_accepts_what_is_json),
		cmocka_unit_test(test_refuses_what_is_not),
		cmocka_unit_test(test_bounds_nesting),
		cmocka_unit_test(test_notices_every_cut),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
