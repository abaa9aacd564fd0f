/* token_test.c - secrets: what they look like and what is refused. */
#include "common/token.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "common/codec.h"
#include "common/digest.h"

static const char *const prefixes[] = { TOKEN_PREFIX_KEY, TOKEN_PREFIX_ADMIN,
	TOKEN_PREFIX_ENROLMENT };

/* Its checksum was computed by another program. */
static const char known[] = "sk-weir-0A1B2C3D4E5F-"
			    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ"
			    "2Gwj1X";

static void
test_make_and_parse(void **state)
{
	char text[TOKEN_TEXT_SIZE];
	struct str public_id;

	for (int i = 0; i < 300; i++) {
		const char *prefix = prefixes[(size_t)i % ARRAY_LEN(prefixes)];

		assert_ptr_equal(token_make(prefix, text), text);
		assert_int_equal(strlen(text), 8 + 12 + 1 + 43 + 6);
		assert_int_equal(
		    token_parse(str_from(text), prefix, &public_id), OK);
		assert_ptr_equal(public_id.ptr, text + 8);
		assert_int_equal(public_id.len, TOKEN_PUBLIC_LEN);
	}
}

static void
test_known_token(void **state)
{
	struct str public_id;

	assert_int_equal(
	    token_parse(str_from(known), TOKEN_PREFIX_KEY, &public_id), OK);
	assert_true(str_eq(public_id, STR("0A1B2C3D4E5F")));
}

static void
test_other_prefix_is_refused(void **state)
{
	char text[TOKEN_TEXT_SIZE];
	struct str public_id;

	for (size_t i = 0; i < ARRAY_LEN(prefixes); i++) {
		token_make(prefixes[i], text);
		for (size_t j = 0; j < ARRAY_LEN(prefixes); j++)
			assert_int_equal(token_parse(str_from(text),
					     prefixes[j], &public_id),
			    i == j ? OK : E_INVALID);
	}
}

/* Any single wrong character anywhere, and any two swapped neighbours. */
static void
test_typing_errors_are_refused(void **state)
{
	char text[sizeof(known)];
	struct str public_id = STR("untouched");

	for (size_t i = 0; i < sizeof(known) - 1; i++) {
		for (int c = 0; c < 256; c++) {
			memcpy(text, known, sizeof(known));
			if (text[i] == (char)c)
				continue;
			text[i] = (char)c;
			assert_int_equal(
			    token_parse(str_make(text, sizeof(known) - 1),
				TOKEN_PREFIX_KEY, &public_id),
			    E_INVALID);
		}
	}
	for (size_t i = 0; i + 2 < sizeof(known); i++) {
		memcpy(text, known, sizeof(known));
		text[i] = known[i + 1];
		text[i + 1] = known[i];
		assert_int_equal(
		    token_parse(str_from(text), TOKEN_PREFIX_KEY, &public_id),
		    E_INVALID);
	}
	assert_true(str_eq(public_id, STR("untouched")));
}

/* The known token with another character and the checksum that fits it. */
static enum status
parse_changed(size_t place, char c)
{
	const size_t checked_len = sizeof(known) - 1 - 6;
	char text[sizeof(known)], crc_bytes[4];
	struct str public_id;
	uint32_t crc;

	memcpy(text, known, sizeof(known));
	text[place] = c;
	crc = digest_crc32(str_make(text, checked_len));
	for (int i = 0; i < 4; i++)
		crc_bytes[i] = (char)(crc >> (24 - 8 * i));
	codec_base62(str_make(crc_bytes, 4), 6, text + checked_len);
	return token_parse(str_from(text), TOKEN_PREFIX_KEY, &public_id);
}

static void
test_checksum_does_not_excuse_the_shape(void **state)
{
	const size_t separator = 8 + TOKEN_PUBLIC_LEN;

	assert_int_equal(parse_changed(8, 'z'), OK);
	assert_int_equal(parse_changed(separator + 1, 'z'), OK);
	assert_int_equal(parse_changed(0, 'S'), E_INVALID);
	assert_int_equal(parse_changed(8, '-'), E_INVALID);
	assert_int_equal(parse_changed(separator, '_'), E_INVALID);
	assert_int_equal(parse_changed(separator, '0'), E_INVALID);
	for (size_t place = 9; place < separator + 44; place += 20) {
		for (const char *c = "/:@[`{ \xff"; *c != '\0'; c++)
			assert_int_equal(parse_changed(place, *c), E_INVALID);
	}
}

static void
test_wrong_lengths_are_refused(void **state)
{
	char longer[sizeof(known) + 1];
	struct str public_id;

	for (size_t len = 0; len < sizeof(known) - 1; len++)
		assert_int_equal(token_parse(str_make(known, len),
				     TOKEN_PREFIX_KEY, &public_id),
		    E_INVALID);
	memcpy(longer, known, sizeof(known));
	longer[sizeof(known) - 1] = '0';
	assert_int_equal(token_parse(str_make(longer, sizeof(known)),
			     TOKEN_PREFIX_KEY, &public_id),
	    E_INVALID);
	assert_int_equal(
	    token_parse((struct str){ NULL, 0 }, TOKEN_PREFIX_KEY, &public_id),
	    E_INVALID);
}

/* All 62 digits about equally often: 55,000 digits, 887 of each expected. */
static void
test_digits_are_even(void **state)
{
	int counts[256] = { 0 };
	char text[TOKEN_TEXT_SIZE];
	int distinct = 0;

	for (int i = 0; i < 1000; i++) {
		token_make(TOKEN_PREFIX_KEY, text);
		for (const char *p = text + 8; p < text + 8 + 56; p++)
			counts[(unsigned char)*p]++;
	}
	assert_int_equal(counts['-'], 1000);
	counts['-'] = 0;
	for (size_t c = 0; c < ARRAY_LEN(counts); c++) {
		if (counts[c] == 0)
			continue;
		distinct++;
		assert_in_range(counts[c], 887 - 300, 887 + 300);
	}
	assert_int_equal(distinct, 62);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_make_and_parse),
		cmocka_unit_test(test_known_token),
		cmocka_unit_test(test_other_prefix_is_refused),
		cmocka_unit_test(test_typing_errors_are_refused),
		cmocka_unit_test(test_checksum_does_not_excuse_the_shape),
		cmocka_unit_test(test_wrong_lengths_are_refused),
		cmocka_unit_test(test_digits_are_even),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
