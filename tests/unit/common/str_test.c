/* str_test.c - slices. */
#include "common/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "common/arena.h"

static const struct str nothing = { NULL, 0 };

static void
assert_str(struct str s, const char *expected)
{
	assert_int_equal(s.len, strlen(expected));
	if (s.len > 0)
		assert_memory_equal(s.ptr, expected, s.len);
}

static void
test_make(void **state)
{
	assert_str(STR("abc"), "abc");
	assert_int_equal(STR("a\0b").len, 3);
	assert_str(str_from("abc"), "abc");
	assert_str(str_from(NULL), "");
	assert_str(str_make("abcdef", 2), "ab");
	assert_true(str_is_empty(nothing));
	assert_false(str_is_empty(STR(" ")));
}

static void
test_eq(void **state)
{
	assert_true(str_eq(STR("abc"), STR("abc")));
	assert_false(str_eq(STR("abc"), STR("abd")));
	assert_false(str_eq(STR("abc"), STR("ab")));
	assert_true(str_eq(nothing, STR("")));
	assert_true(str_eq(STR("a\0b"), STR("a\0b")));
	assert_false(str_eq(STR("a\0b"), STR("a\0c")));
}

static void
test_eq_nocase(void **state)
{
	assert_true(
	    str_eq_nocase(STR("Content-LENGTH"), STR("content-length")));
	assert_false(str_eq_nocase(STR("a"), STR("ab")));
	assert_true(str_eq_nocase(nothing, nothing));
	/* '@' and '`', '[' and '{' differ by the same bit as letters do. */
	assert_false(str_eq_nocase(STR("@["), STR("`{")));
	assert_false(str_eq_nocase(STR("\xc4"), STR("\xe4")));
}

static void
test_cmp(void **state)
{
	assert_int_equal(str_cmp(STR("abc"), STR("abc")), 0);
	assert_true(str_cmp(STR("ab"), STR("abc")) < 0);
	assert_true(str_cmp(STR("abc"), STR("ab")) > 0);
	assert_true(str_cmp(STR("b"), STR("abc")) > 0);
	assert_true(str_cmp(STR("a"), STR("\xff")) < 0);
	assert_true(str_cmp(nothing, STR("a")) < 0);
	assert_int_equal(str_cmp(nothing, STR("")), 0);
}

static void
test_prefix_and_suffix(void **state)
{
	assert_true(str_has_prefix(STR("Bearer x"), STR("Bearer ")));
	assert_false(str_has_prefix(STR("Bear"), STR("Bearer ")));
	assert_true(str_has_prefix(STR("x"), nothing));
	assert_true(str_has_prefix_nocase(STR("bEARER x"), STR("Bearer ")));
	assert_false(str_has_prefix_nocase(STR("Basic x"), STR("Bearer ")));
	assert_true(str_has_suffix(STR("a.json"), STR(".json")));
	assert_false(str_has_suffix(STR("json"), STR(".json")));
	assert_true(str_has_suffix(nothing, nothing));
}

static void
test_find(void **state)
{
	assert_int_equal(str_find(STR("abcabc"), STR("ca")), 2);
	assert_int_equal(str_find(STR("abc"), STR("abcd")), -1);
	assert_int_equal(str_find(STR("abc"), STR("x")), -1);
	assert_int_equal(str_find(STR("abc"), nothing), 0);
	assert_int_equal(str_find(nothing, STR("a")), -1);
	assert_int_equal(str_find_char(STR("a\0b"), 'b'), 2);
	assert_int_equal(str_find_char(STR("a\0b"), '\0'), 1);
	assert_int_equal(str_find_char(STR("abc"), '\0'), -1);
	assert_int_equal(str_find_char(nothing, 'a'), -1);
}

static void
test_skip_and_head_are_clamped(void **state)
{
	assert_str(str_skip(STR("abc"), 1), "bc");
	assert_str(str_skip(STR("abc"), 4), "");
	assert_str(str_skip(nothing, 4), "");
	assert_str(str_head(STR("abc"), 2), "ab");
	assert_str(str_head(STR("abc"), SIZE_MAX), "abc");
	assert_str(str_head(nothing, 1), "");
}

static void
test_trim(void **state)
{
	assert_str(str_trim(STR(" \t\r\n a b \r\n")), "a b");
	assert_str(str_trim(STR(" \t ")), "");
	assert_str(str_trim(STR("a")), "a");
	assert_str(str_trim(STR("\va")), "\va");
	assert_str(str_trim(nothing), "");
}

static void
test_next(void **state)
{
	struct str rest = STR("a,,b");
	struct str part = STR("untouched");

	assert_true(str_next(&rest, ',', &part));
	assert_str(part, "a");
	assert_true(str_next(&rest, ',', &part));
	assert_str(part, "");
	assert_true(str_next(&rest, ',', &part));
	assert_str(part, "b");
	assert_false(str_next(&rest, ',', &part));
	assert_str(part, "b");

	rest = STR("a,");
	assert_true(str_next(&rest, ',', &part));
	assert_false(str_next(&rest, ',', &part));

	rest = nothing;
	assert_false(str_next(&rest, ',', &part));
}

static void
test_copies(void **state)
{
	char original[] = "abc";
	struct arena arena;
	const char *cstr;
	struct str copy;

	arena_init(&arena, 0);
	copy = str_copy(&arena, str_from(original));
	cstr = str_cstr(&arena, str_make(original, 2));
	original[0] = 'X';
	assert_str(copy, "abc");
	assert_string_equal(cstr, "ab");
	assert_string_equal(str_cstr(&arena, nothing), "");
	assert_str(str_copy(&arena, nothing), "");
	arena_done(&arena);
}

static void
test_printf(void **state)
{
	struct arena arena;
	struct str s;

	arena_init(&arena, 0);
	assert_str(
	    str_printf(&arena, "%d-%.*s", 42, STR_ARGS(STR("xyz"))), "42-xyz");
	assert_str(str_printf(&arena, "%s", ""), "");
	/* Around the size that is formatted without a second pass. */
	for (int width = 250; width < 260; width++) {
		s = str_printf(&arena, "%*d", width, 7);
		assert_int_equal(s.len, width);
		assert_int_equal(s.ptr[width - 1], '7');
	}
	s = str_printf(&arena, "%0100000d", 1);
	assert_int_equal(s.len, 100000);
	assert_int_equal(s.ptr[99999], '1');
	arena_done(&arena);
}

static void
assert_no_i64(struct str s)
{
	int64_t value = 77;

	assert_int_equal(str_to_i64(s, &value), E_INVALID);
	assert_int_equal(value, 77);
}

static void
test_to_i64(void **state)
{
	int64_t value;

	assert_int_equal(str_to_i64(STR("0"), &value), OK);
	assert_int_equal(value, 0);
	assert_int_equal(str_to_i64(STR("-007"), &value), OK);
	assert_int_equal(value, -7);
	assert_int_equal(str_to_i64(STR("9223372036854775807"), &value), OK);
	assert_true(value == INT64_MAX);
	assert_int_equal(str_to_i64(STR("-9223372036854775808"), &value), OK);
	assert_true(value == INT64_MIN);
	assert_no_i64(STR("9223372036854775808"));
	assert_no_i64(STR("-9223372036854775809"));
	assert_no_i64(STR("+1"));
	assert_no_i64(STR("--1"));
	assert_no_i64(STR("-"));
	assert_no_i64(STR(" 1"));
	assert_no_i64(STR("1 "));
	assert_no_i64(STR("1.0"));
	assert_no_i64(STR("0x1"));
	assert_no_i64(STR("1\0"));
	assert_no_i64(nothing);
}

static void
test_to_u64(void **state)
{
	uint64_t value = 77;

	assert_int_equal(
	    str_to_u64(STR("18446744073709551616"), &value), E_INVALID);
	assert_int_equal(
	    str_to_u64(STR("99999999999999999999"), &value), E_INVALID);
	assert_int_equal(str_to_u64(STR("-0"), &value), E_INVALID);
	assert_int_equal(str_to_u64(STR("\xb2"), &value), E_INVALID);
	assert_int_equal(str_to_u64(nothing, &value), E_INVALID);
	assert_int_equal(value, 77);
	assert_int_equal(str_to_u64(STR("18446744073709551615"), &value), OK);
	assert_true(value == UINT64_MAX);
}

static const struct str good_utf8[] = {
	STR("plain"),
	STR("\xc2\x80"),
	STR("\xdf\xbf"),
	STR("\xe0\xa0\x80"),
	STR("\xed\x9f\xbf"),
	STR("\xee\x80\x80"),
	STR("\xef\xbf\xbf"),
	STR("\xf0\x90\x80\x80"),
	STR("\xf4\x8f\xbf\xbf"),
	STR("\0"),
};

static const struct str bad_utf8[] = {
	STR("\x80"), /* continuation without a lead */
	STR("\xbf"),
	STR("\xc0\x80"), /* overlong */
	STR("\xc1\xbf"),
	STR("\xe0\x9f\xbf"),
	STR("\xf0\x8f\xbf\xbf"),
	STR("\xed\xa0\x80"), /* surrogates */
	STR("\xed\xbf\xbf"),
	STR("\xf4\x90\x80\x80"), /* past U+10FFFF */
	STR("\xf5\x80\x80\x80"),
	STR("\xff"),
	STR("\xc2"), /* cut off */
	STR("\xe2\x82"),
	STR("\xf0\x9f\x92"),
	STR("\xc2\x41"), /* continuation missing */
	STR("\xe2\x82\x41"),
	STR("\xe2\x41\x82"),
	STR("\xf0\x9f\x92\x41"),
};

/* The same answer wherever the sixteen-byte steps happen to fall. */
static void
assert_utf8(struct str s, bool expected)
{
	char text[64];

	for (size_t before = 0; before <= 33; before++) {
		memset(text, 'a', sizeof(text));
		memcpy(text + before, s.ptr, s.len);
		assert_int_equal(
		    str_is_utf8(str_make(text, before + s.len)), expected);
		assert_int_equal(
		    str_is_utf8(str_make(text, sizeof(text))), expected);
	}
}

static void
test_utf8(void **state)
{
	assert_true(str_is_utf8(nothing));
	for (size_t i = 0; i < ARRAY_LEN(good_utf8); i++)
		assert_utf8(good_utf8[i], true);
	for (size_t i = 0; i < ARRAY_LEN(bad_utf8); i++)
		assert_utf8(bad_utf8[i], false);
}

static size_t
encode(uint32_t code, char out[4])
{
	if (code < 0x80) {
		out[0] = (char)code;
		return 1;
	}
	if (code < 0x800) {
		out[0] = (char)(0xc0 | code >> 6);
		out[1] = (char)(0x80 | (code & 63));
		return 2;
	}
	if (code < 0x10000) {
		out[0] = (char)(0xe0 | code >> 12);
		out[1] = (char)(0x80 | (code >> 6 & 63));
		out[2] = (char)(0x80 | (code & 63));
		return 3;
	}
	out[0] = (char)(0xf0 | code >> 18);
	out[1] = (char)(0x80 | (code >> 12 & 63));
	out[2] = (char)(0x80 | (code >> 6 & 63));
	out[3] = (char)(0x80 | (code & 63));
	return 4;
}

static void
test_utf8_of_every_code_point(void **state)
{
	for (uint32_t code = 0; code < 0x120000; code++) {
		bool is_surrogate = code >= 0xd800 && code < 0xe000;
		bool expected = !is_surrogate && code < 0x110000;
		char text[4];
		size_t len = encode(code, text);

		if (str_is_utf8(str_make(text, len)) != expected)
			fail_msg("U+%04X", code);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_make),
		cmocka_unit_test(test_eq),
		cmocka_unit_test(test_eq_nocase),
		cmocka_unit_test(test_cmp),
		cmocka_unit_test(test_prefix_and_suffix),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_skip_and_head_are_clamped),
		cmocka_unit_test(test_trim),
		cmocka_unit_test(test_next),
		cmocka_unit_test(test_copies),
		cmocka_unit_test(test_printf),
		cmocka_unit_test(test_to_i64),
		cmocka_unit_test(test_to_u64),
		cmocka_unit_test(test_utf8),
		cmocka_unit_test(test_utf8_of_every_code_point),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
