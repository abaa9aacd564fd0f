/* scan_test.c - what is JSON, what is not, and where the members stand. */
#include "dataplane/translate/scan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

/* A copy that ends where its memory ends, so that overruns are seen. */
static enum status
scan_copy(struct str json, struct scan_fault *fault)
{
	char *copy = malloc(json.len + (json.len == 0));
	enum status status;

	assert_non_null(copy);
	if (json.len > 0)
		memcpy(copy, json.ptr, json.len);
	status = scan_value(str_make(copy, json.len), fault);
	free(copy);
	return status;
}

static void
test_valid(void **state)
{
	static const char *const cases[] = {
		"{}",
		"[]",
		" [ ] ",
		"null",
		"true",
		"false",
		"0",
		"-0",
		"10.25e-3",
		"1E+2",
		"\"\"",
		"[1,[2,{\"a\":[]}],\"b\"]",
		"{\"a\":1,\"b\":{\"c\":null}}\r\n\t ",
		"\"\\u0000\\ud83d\\ude00\\/\\b\"",
		"\"\xc3\xa9\xe4\xbd\xa0\"",
		"\"\xf0\x9f\x98\x80\xf4\x8f\xbf\xbf\"",
		"{\"\":0,\"\":1}",
		"\"exactly sixteen!\"",
		"\"sixteen, and more of it\"",
		"\"plain plain plain \\\" plain plain plain\"",
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_int_equal(scan_copy(str_from(cases[i]), NULL), OK);
}

struct invalid {
	const char *json;
	size_t offset;
	const char *what;
};

static void
assert_invalid(const struct invalid *cases, size_t count)
{
	struct scan_fault fault;

	for (size_t i = 0; i < count; i++) {
		assert_int_equal(
		    scan_copy(str_from(cases[i].json), &fault), E_INVALID);
		assert_int_equal(fault.offset, cases[i].offset);
		if (cases[i].what != NULL)
			assert_string_equal(fault.what, cases[i].what);
	}
}

static void
test_invalid(void **state)
{
	static const struct invalid cases[] = {
		{ "", 0, "unexpected end" },
		{ "  ", 2, "unexpected end" },
		{ "{", 1, "unexpected end" },
		{ "[1", 2, "unexpected end" },
		{ "[1,", 3, "unexpected end" },
		{ "[1,]", 3, "invalid value" },
		{ "[,1]", 1, "invalid value" },
		{ "{\"a\":1,}", 7, "expected a member's name" },
		{ "{a:1}", 1, "expected a member's name" },
		{ "{\"a\" 1}", 5, "expected a colon" },
		{ "{\"a\"", 4, "expected a colon" },
		{ "{\"a\":}", 5, "invalid value" },
		{ "{\"a\":1]", 6, NULL },
		{ "[1}", 2, NULL },
		{ "[1 2]", 3, NULL },
		{ "1 2", 2, "bytes behind the value" },
		{ "{}}", 2, "bytes behind the value" },
		{ "nul", 0, "invalid value" },
		{ "NaN", 0, "invalid value" },
		{ "'a'", 0, "invalid value" },
		{ "/**/1", 0, "invalid value" },
		{ "\xef\xbb\xbf{}", 0, "invalid value" },
		{ "01", 1, "bytes behind the value" },
		{ "-", 0, "invalid number" },
		{ "1.", 0, "invalid number" },
		{ "1e", 0, "invalid number" },
		{ "1e+", 0, "invalid number" },
		{ "+1", 0, "invalid value" },
		{ ".5", 0, "invalid value" },
	};

	assert_invalid(cases, ARRAY_LEN(cases));
	assert_int_equal(scan_copy(STR("1\0"), NULL), E_INVALID);
}

static void
test_invalid_strings(void **state)
{
	static const struct invalid cases[] = {
		{ "\"a", 0, "unterminated string" },
		{ "\"exactly sixteen!", 0, "unterminated string" },
		{ "\"a\\\"", 0, "unterminated string" },
		{ "\"\n\"", 1, "control character in a string" },
		{ "\"0123456789abcdefg\x1f\"", 18,
		    "control character in a string" },
		{ "\"\\x\"", 1, "invalid escape in a string" },
		{ "\"\\", 1, "invalid escape in a string" },
		{ "\"\\u12g4\"", 1, "invalid escape in a string" },
		{ "\"\\u12", 1, "invalid escape in a string" },
		{ "\"\\ud800\"", 1, "half a surrogate pair in a string" },
		{ "\"\\udc00\\ud800\"", 1,
		    "half a surrogate pair in a string" },
		{ "\"\\ud800\\u0041\"", 1,
		    "half a surrogate pair in a string" },
		{ "\"\x80\"", 1, "invalid UTF-8 in a string" },
		{ "\"\xc0\xaf\"", 1, "invalid UTF-8 in a string" },
		{ "\"\xe0\x80\x80\"", 1, "invalid UTF-8 in a string" },
		{ "\"\xed\xa0\x80\"", 1, "invalid UTF-8 in a string" },
		{ "\"\xf4\x90\x80\x80\"", 1, "invalid UTF-8 in a string" },
		{ "\"\xe4\xbd\"", 1, "invalid UTF-8 in a string" },
		{ "\"\xe4", 1, "invalid UTF-8 in a string" },
	};

	assert_invalid(cases, ARRAY_LEN(cases));
	assert_int_equal(scan_copy(STR("\"\0\""), NULL), E_INVALID);
	assert_int_equal(scan_copy(STR("\"\\\0\""), NULL), E_INVALID);
}

/* Every byte at every place of a string: the fast path decides as the slow. */
static void
test_every_byte_everywhere(void **state)
{
	char json[42];

	for (size_t place = 1; place <= 40; place++) {
		for (int byte = 0; byte < 256; byte++) {
			bool is_plain =
			    byte >= 0x20 && byte < 0x80 && byte != '\\';
			bool is_end = byte == '"' && place < 40;

			memset(json, 'a', sizeof(json));
			json[0] = '"';
			json[41] = '"';
			json[place] = (char)byte;
			assert_int_equal(
			    scan_copy(str_make(json, 42), NULL) == OK,
			    is_plain && !is_end && byte != '"');
		}
	}
}

static void
test_depth(void **state)
{
	struct scan_fault fault;
	char json[2 * (SCAN_DEPTH_MAX + 1)];

	for (size_t depth = 1; depth <= SCAN_DEPTH_MAX + 1; depth++) {
		bool fits = depth <= SCAN_DEPTH_MAX;

		memset(json, '[', depth);
		memset(json + depth, ']', depth);
		assert_int_equal(scan_value(str_make(json, 2 * depth), &fault),
		    fits ? OK : E_INVALID);
	}
	assert_string_equal(fault.what, "nested too deeply");
	assert_int_equal(fault.offset, SCAN_DEPTH_MAX);
}

static void
assert_member(
    const struct scan_member *member, const char *value, const char *pair)
{
	assert_true(str_eq(member->value, str_from(value)));
	assert_true(str_eq(member->pair, str_from(pair)));
}

static void
test_members(void **state)
{
	struct scan_member wanted[] = {
		{ .name = "model" },
		{ .name = "stream" },
		{ .name = "n" },
	};

	assert_int_equal(
	    scan_object(STR(" {\"x\":{\"model\":1}, \"model\" : \"m\" ,"
			    "\"str\\u0065am\":[1,{}],\"models\":0} "),
		wanted, 3, NULL),
	    OK);
	assert_member(&wanted[0], "\"m\"", "\"model\" : \"m\"");
	assert_member(&wanted[1], "[1,{}]", "\"str\\u0065am\":[1,{}]");
	assert_member(&wanted[2], "", "");

	/* What an earlier scan found is forgotten. */
	assert_int_equal(scan_object(STR("{}"), wanted, 3, NULL), OK);
	assert_member(&wanted[0], "", "");
}

static void
test_twins(void **state)
{
	static const char *const cases[] = {
		"{\"model\":1,\"model\":1}",
		"{\"model\":1,\"a\":0,\"\\u006dodel\":2}",
		"{\"\\u006d\\u006f\\u0064\\u0065\\u006c\":null,\"model\":2}",
	};
	struct scan_member wanted = { .name = "model" };
	struct scan_fault fault;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_int_equal(
		    scan_object(str_from(cases[i]), &wanted, 1, &fault),
		    E_INVALID);
		assert_string_equal(fault.what, "member appears twice");
	}
	/* Members nobody asks for are none of our business. */
	assert_int_equal(
	    scan_object(STR("{\"a\":1,\"a\":2}"), &wanted, 1, NULL), OK);
}

static void
test_escaped_names(void **state)
{
	struct scan_member wanted = { .name = "model" };
	char json[8192] = "{\"";
	size_t len = 2;

	/* A name much longer than any wanted one, all of it escapes. */
	for (; len < 8000; len += 6)
		memcpy(json + len, "\\u006d", 6);
	memcpy(json + len, "\":1}", 5);
	assert_int_equal(scan_object(str_from(json), &wanted, 1, NULL), OK);
	assert_member(&wanted, "", "");
	assert_int_equal(
	    scan_object(STR("{\"mode\\u006c\\u0000\":1}"), &wanted, 1, NULL),
	    OK);
	assert_member(&wanted, "", "");
}

static void
test_no_object(void **state)
{
	struct scan_fault fault;

	assert_int_equal(scan_object(STR("[]"), NULL, 0, &fault), E_INVALID);
	assert_string_equal(fault.what, "expected an object");
	assert_int_equal(scan_object(STR("1"), NULL, 0, &fault), E_INVALID);
	assert_int_equal(scan_object(STR(""), NULL, 0, &fault), E_INVALID);
}

static void
test_raw_values(void **state)
{
	assert_true(scan_is_string(STR("\"a\"")));
	assert_false(scan_is_string(STR("")));
	assert_true(scan_is_true(STR("true")));
	assert_false(scan_is_true(STR("\"true\"")));
	assert_true(scan_is_null(STR("null")));
	assert_true(scan_is_object(STR("{}")));
	assert_false(scan_is_object(STR("[]")));
	assert_false(scan_is_object(STR("")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_valid),
		cmocka_unit_test(test_invalid),
		cmocka_unit_test(test_invalid_strings),
		cmocka_unit_test(test_every_byte_everywhere),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_twins),
		cmocka_unit_test(test_escaped_names),
		cmocka_unit_test(test_no_object),
		cmocka_unit_test(test_raw_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
