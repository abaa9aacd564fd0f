/* codec_test.c - bytes as text and back. */
#include "common/codec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "common/arena.h"
#include "common/digest.h"

static struct arena arena;

static int
start(void **state)
{
	arena_init(&arena, 0);
	return 0;
}

static int
stop(void **state)
{
	arena_done(&arena);
	return 0;
}

static void
assert_str(struct str s, struct str expected)
{
	assert_true(str_eq(s, expected));
}

static void
test_hex(void **state)
{
	struct str bytes;

	assert_str(codec_hex(&arena, STR("\x00\x7f\x80\xff")), STR("007f80ff"));
	assert_str(codec_hex(&arena, STR("")), STR(""));
	assert_int_equal(codec_hex_decode(&arena, STR("007F80fF"), &bytes), OK);
	assert_str(bytes, STR("\x00\x7f\x80\xff"));
	assert_int_equal(codec_hex_decode(&arena, STR(""), &bytes), OK);
	assert_str(bytes, STR(""));
	assert_int_equal(codec_hex_value('f'), 15);
	assert_int_equal(codec_hex_value('g'), -1);
}

static void
test_hex_refuses(void **state)
{
	static const char *const texts[] = { "0", "0g", "g0", "0x00", " 00",
		"00 ", "0:", "@0", "`0", "/0" };
	struct str bytes = STR("untouched");

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		assert_int_equal(
		    codec_hex_decode(&arena, str_from(texts[i]), &bytes),
		    E_INVALID);
	assert_str(bytes, STR("untouched"));
}

static void
test_base64_of_rfc_4648(void **state)
{
	static const char *const texts[] = { "", "Zg==", "Zm8=", "Zm9v",
		"Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy" };
	struct str bytes;

	for (size_t len = 0; len < ARRAY_LEN(texts); len++) {
		struct str plain = str_head(STR("foobar"), len);
		struct str text = str_from(texts[len]);
		ptrdiff_t padding = str_find_char(text, '=');
		struct str bare =
		    padding < 0 ? text : str_head(text, (size_t)padding);

		assert_str(codec_base64(&arena, plain), text);
		assert_str(codec_base64url(&arena, plain), bare);
		assert_int_equal(codec_base64_decode(&arena, text, &bytes), OK);
		assert_str(bytes, plain);
		assert_int_equal(codec_base64_decode(&arena, bare, &bytes), OK);
		assert_str(bytes, plain);
	}
}

static void
test_base64_alphabets(void **state)
{
	struct str bytes;

	assert_str(codec_base64(&arena, STR("\xfb\xff\xfe")), STR("+//+"));
	assert_str(codec_base64url(&arena, STR("\xfb\xff\xfe")), STR("-__-"));
	assert_int_equal(codec_base64_decode(&arena, STR("+//+"), &bytes), OK);
	assert_str(bytes, STR("\xfb\xff\xfe"));
	assert_int_equal(codec_base64_decode(&arena, STR("-__-"), &bytes), OK);
	assert_str(bytes, STR("\xfb\xff\xfe"));
}

static void
test_base64_refuses(void **state)
{
	static const char *const texts[] = {
		"A", "AAAAA", "=", "==", "====", "A===", "AA=", "AAA==",
		"AAAA=", "AAAA==", "AAAA====", "A=AA", "AA==AA", "AA=A",
		"Zm9v\n", " Zm9v", "Zm 9v", "Zm9*", "Zm9\x80", "Zh==", "Zh",
		"Zm9=", /* bits that belong to no byte */
	};
	struct str bytes = STR("untouched");

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		assert_int_equal(
		    codec_base64_decode(&arena, str_from(texts[i]), &bytes),
		    E_INVALID);
	assert_str(bytes, STR("untouched"));
}

static void
test_random_bytes_both_ways(void **state)
{
	char random[300];
	struct str bytes, decoded;

	random_bytes(random, sizeof(random));
	for (size_t len = 0; len <= sizeof(random); len++) {
		bytes = str_make(random, len);
		assert_int_equal(codec_hex_decode(&arena,
				     codec_hex(&arena, bytes), &decoded),
		    OK);
		assert_str(decoded, bytes);
		assert_int_equal(codec_base64_decode(&arena,
				     codec_base64(&arena, bytes), &decoded),
		    OK);
		assert_str(decoded, bytes);
		assert_int_equal(codec_base64_decode(&arena,
				     codec_base64url(&arena, bytes), &decoded),
		    OK);
		assert_str(decoded, bytes);
	}
}

static void
assert_base62(struct str bytes, const char *expected)
{
	char digits[64];
	size_t width = strlen(expected);

	memset(digits, '?', sizeof(digits));
	codec_base62(bytes, width, digits);
	assert_memory_equal(digits, expected, width);
	assert_int_equal(digits[width], '?');
}

static void
test_base62(void **state)
{
	char bytes[32];

	assert_base62(STR(""), "");
	assert_base62(STR(""), "000");
	assert_base62(STR("\x00"), "0");
	assert_base62(STR("\x09\x00"), "0bA"); /* 2304 = 37 * 62 + 10 */
	assert_base62(STR("\x3d"), "z");
	assert_base62(STR("\x3e"), "10");
	assert_base62(STR("\xff\xff\xff\xff"), "4gfFC3");
	assert_base62(STR("\xcb\xf4\x39\x26"), "3jZRME");
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i + 1);
	assert_base62(str_make(bytes, sizeof(bytes)),
	    "0Eoh211G4c8wtVWM00my5rsNSFlKgaWqQ4mb8gdEqno");
	memset(bytes, 0xff, sizeof(bytes));
	assert_base62(str_make(bytes, sizeof(bytes)),
	    "yhjskwdA6OZ1AL1YmHWZWm8LLG7HjnuCA2j5rOw8Xp1");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hex),
		cmocka_unit_test(test_hex_refuses),
		cmocka_unit_test(test_base64_of_rfc_4648),
		cmocka_unit_test(test_base64_alphabets),
		cmocka_unit_test(test_base64_refuses),
		cmocka_unit_test(test_random_bytes_both_ways),
		cmocka_unit_test(test_base62),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
