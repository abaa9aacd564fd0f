/* json_test.c - the strict reader and the one spelling. */
#include "common/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

static void
assert_parses(struct str text)
{
	CLEANUP(json_release) json_t *root = NULL;

	if (json_parse(text, 4, &root, NULL) != OK)
		fail_msg("refused: %.*s", STR_ARGS(text));
	assert_non_null(root);
}

static void
assert_refused_at(struct str text, int line, int column)
{
	json_t *root = NULL;
	struct json_fault fault;

	assert_int_equal(json_parse(text, 4, &root, &fault), E_INVALID);
	assert_null(root);
	assert_int_equal(fault.line, line);
	assert_int_equal(fault.column, column);
	assert_true(strlen(fault.text) > 0);
}

static void
assert_refused(struct str text)
{
	json_t *root = NULL;

	if (json_parse(text, 4, &root, NULL) != E_INVALID)
		fail_msg("accepted: %.*s", STR_ARGS(text));
	assert_null(root);
}

static void
test_values_of_every_kind(void **state)
{
	assert_parses(STR("{}"));
	assert_parses(STR(" [1, -2.5e3, true, false, null, \"x\"] \n"));
	assert_parses(STR("\"\\ud83d\\ude00\""));
	assert_parses(STR("{\"a\": {\"a\": [[]]}}"));
	assert_parses(STR("9223372036854775807"));
}

static void
test_closed_doors(void **state)
{
	assert_refused(STR(""));
	assert_refused(str_from(NULL));
	assert_refused(STR("  "));
	assert_refused(STR("{} x"));
	assert_refused(STR("{}{}"));
	assert_refused(STR("[1,]"));
	assert_refused(STR("{a: 1}"));
	assert_refused(STR("'a'"));
	assert_refused(STR("[NaN]"));
	assert_refused(STR("[01]"));
	assert_refused(STR("\"\xff\""));
	assert_refused(STR("\"\\ud800\""));
	assert_refused(STR("\"a\tb\""));
	assert_refused(STR("9223372036854775808"));
	assert_refused(STR("1e999"));
	assert_refused(STR("\xef\xbb\xbf{}"));
	assert_refused(STR("\"open"));
	assert_refused(STR("\"open\\"));
}

static void
test_nul_is_refused_everywhere(void **state)
{
	assert_refused(str_make("123\0", 4));
	assert_refused(str_make("\0"
				"123",
	    4));
	assert_refused(str_make("[1\0,2]", 6));
	assert_refused(str_make("\"a\0b\"", 5));
	assert_refused(STR("\"a\\u0000b\""));
	assert_refused(STR("{\"a\\u0000b\": 1}"));
}

static void
test_duplicate_members_are_refused(void **state)
{
	assert_refused(STR("{\"a\": 1, \"a\": 1}"));
	assert_refused(STR("{\"a\": 1, \"\\u0061\": 1}"));
	assert_refused(STR("[{\"b\": {\"a\": 1, \"a\": 2}}]"));
}

static void
test_nesting_has_a_bound(void **state)
{
	assert_parses(STR("[[[[]]]]"));
	assert_parses(STR("[[[[]]],[[[]]]]"));
	assert_parses(STR("[\"[[[[[[\"]"));
	assert_parses(STR("[\"\\\"[[[[[[\"]"));
	assert_refused_at(STR("[[[[[]]]]]"), 1, 5);
	assert_refused_at(STR("[[\n[{\"a\":\n {}}]]]"), 3, 2);
	assert_refused(STR("]]]]]"));
}

static void
test_fault_names_the_place_not_the_text(void **state)
{
	json_t *root;
	struct json_fault fault;

	assert_int_equal(
	    json_parse(STR("{\n \"key\": sk-weir-secret}"), 4, &root, &fault),
	    E_INVALID);
	assert_int_equal(fault.line, 2);
	assert_null(strstr(fault.text, "secret"));
	assert_null(strstr(fault.text, "sk"));
	assert_true(strlen(fault.text) > 0);
}

static void
test_text(void **state)
{
	CLEANUP(json_release) json_t *root = NULL;

	assert_int_equal(json_parse(STR("[\"abc\", 1]"), 1, &root, NULL), OK);
	assert_true(str_eq(json_text(json_array_get(root, 0)), STR("abc")));
	assert_true(str_is_empty(json_text(json_array_get(root, 1))));
	assert_true(str_is_empty(json_text(NULL)));
}

static void
assert_canonical(struct str text, const char *expected)
{
	CLEANUP(json_release) json_t *root = NULL;
	CLEANUP(buf_done) struct buf out;

	buf_init(&out, 4096);
	assert_int_equal(json_parse(text, 8, &root, NULL), OK);
	json_write_canonical(&out, root);
	if (!str_eq(buf_str(&out), str_from(expected)))
		fail_msg("%.*s is not %s", STR_ARGS(buf_str(&out)), expected);
}

static void
test_canonical_form(void **state)
{
	assert_canonical(STR(" { } "), "{}");
	assert_canonical(
	    STR("[ 1 , [ ] , null, true,false ]"), "[1,[],null,true,false]");
	assert_canonical(STR("{\"b\": 1, \"a\": {\"d\": 2, \"c\": 3}, "
			     "\"\": 0, \"aa\": 1, \"B\": 1}"),
	    "{\"\":0,\"B\":1,\"a\":{\"c\":3,\"d\":2},\"aa\":1,\"b\":1}");
	assert_canonical(STR("\"\\u20ac$\\u000F\\u000aA'\\u0042\\u0022"
			     "\\u005c\\\\\\\"\\/\""),
	    "\"\u20ac$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"");
	assert_canonical(STR("-9223372036854775808"), "-9223372036854775808");
}

/* The members of the sorting example of RFC 8785, section 3.2.3. */
static void
test_keys_sort_by_utf16_units(void **state)
{
	assert_canonical(STR("{\"\\u20ac\": 1, \"\\r\": 2, \"\\ufb33\": 3, "
			     "\"1\": 4, \"\\ud83d\\ude00\": 5, "
			     "\"\\u0080\": 6, \"\\u00f6\": 7}"),
	    "{\"\\r\":2,\"1\":4,\"\xc2\x80\":6,\"\u00f6\":7,\"\u20ac\":1,"
	    "\"\U0001f600\":5,\"\ufb33\":3}");
	assert_canonical(STR("{\"\\ue000\": 1, \"\\ud800\\udc00\": 2, "
			     "\"\\ud7ff\": 3, \"\\udbff\\udfff\": 4}"),
	    "{\"\ud7ff\":3,\"\U00010000\":2,\"\U0010ffff\":4,\"\ue000\":1}");
}

static void
assert_real(double value, const char *expected)
{
	CLEANUP(json_release) json_t *real = json_real(value);
	CLEANUP(buf_done) struct buf out;

	buf_init(&out, 64);
	json_write_canonical(&out, real);
	if (!str_eq(buf_str(&out), str_from(expected)))
		fail_msg("%.*s is not %s", STR_ARGS(buf_str(&out)), expected);
}

/* Of RFC 8785, appendix B, and around the borders of each notation. */
static void
test_reals_are_spelt_as_in_ecmascript(void **state)
{
	assert_real(0.0, "0");
	assert_real(-0.0, "0");
	assert_real(5e-324, "5e-324");
	assert_real(-5e-324, "-5e-324");
	assert_real(1.7976931348623157e308, "1.7976931348623157e+308");
	assert_real(9007199254740992.0, "9007199254740992");
	assert_real(295147905179352830000.0, "295147905179352830000");
	assert_real(9.999999999999997e22, "9.999999999999997e+22");
	assert_real(1e23, "1e+23");
	assert_real(1.0000000000000001e23, "1.0000000000000001e+23");
	assert_real(999999999999999700000.0, "999999999999999700000");
	assert_real(1e21, "1e+21");
	assert_real(1e20, "100000000000000000000");
	assert_real(9.999999999999997e-7, "9.999999999999997e-7");
	assert_real(0.000001, "0.000001");
	assert_real(333333333.33333325, "333333333.33333325");
	assert_real(-0.0000033333333333333333, "-0.0000033333333333333333");
	assert_real(1424953923781206.2, "1424953923781206.2");
	assert_real(0.8, "0.8");
	assert_real(123.456, "123.456");
	assert_real(2.0, "2");
	/* Below a power of two the nearest 16 digits do not read back. */
	assert_real(ldexp(1, -44), "5.684341886080802e-14");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values_of_every_kind),
		cmocka_unit_test(test_closed_doors),
		cmocka_unit_test(test_nul_is_refused_everywhere),
		cmocka_unit_test(test_duplicate_members_are_refused),
		cmocka_unit_test(test_nesting_has_a_bound),
		cmocka_unit_test(test_fault_names_the_place_not_the_text),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_canonical_form),
		cmocka_unit_test(test_keys_sort_by_utf16_units),
		cmocka_unit_test(test_reals_are_spelt_as_in_ecmascript),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
