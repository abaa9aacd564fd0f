/* sign_test.c - a signature holds for one key and one message. */
#include "common/sign.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "common/arena.h"
#include "common/base.h"
#include "common/codec.h"

/* RFC 8032, section 7.1, test 1: the empty message. */
static const char private_hex[] =
    "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919"
    "703bac031cae7f60";
static const char public_hex[] =
    "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325"
    "af021a68f707511a";
static const char signature_hex[] =
    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974"
    "d873e065224901555fb8821590a33bacc61e39701cf9b46b"
    "d25bf5f0595bbe24655141438e7a100b";

static uint8_t known_private[SIGN_KEY_SIZE];
static uint8_t known_public[SIGN_KEY_SIZE];
static uint8_t known_signature[SIGN_SIZE];

static void
from_hex(const char *text, uint8_t *out, size_t size)
{
	CLEANUP(arena_done) struct arena arena;
	struct str bytes = STR("");

	arena_init(&arena, 0);
	assert_int_equal(codec_hex_decode(&arena, str_from(text), &bytes), OK);
	assert_int_equal(bytes.len, size);
	memcpy(out, bytes.ptr, size);
}

static int
setup(void **state)
{
	from_hex(private_hex, known_private, SIGN_KEY_SIZE);
	from_hex(public_hex, known_public, SIGN_KEY_SIZE);
	from_hex(signature_hex, known_signature, SIGN_SIZE);
	return 0;
}

static void
test_known_signature(void **state)
{
	uint8_t public_key[SIGN_KEY_SIZE];
	uint8_t signature[SIGN_SIZE];

	sign_public_key(known_private, public_key);
	assert_memory_equal(public_key, known_public, SIGN_KEY_SIZE);
	sign_message(known_private, STR(""), signature);
	assert_memory_equal(signature, known_signature, SIGN_SIZE);
	assert_int_equal(
	    sign_verify(known_public, str_from(NULL), known_signature), OK);
}

static void
test_round_trip(void **state)
{
	uint8_t private_key[SIGN_KEY_SIZE];
	uint8_t public_key[SIGN_KEY_SIZE];
	uint8_t signature[SIGN_SIZE];

	sign_keypair(private_key, public_key);
	sign_message(private_key, STR("revision 7"), signature);
	assert_int_equal(
	    sign_verify(public_key, STR("revision 7"), signature), OK);
	assert_int_equal(
	    sign_verify(public_key, STR("revision 8"), signature), E_CORRUPT);
	assert_int_equal(
	    sign_verify(public_key, STR(""), signature), E_CORRUPT);
	assert_int_equal(
	    sign_verify(known_public, STR("revision 7"), signature), E_CORRUPT);
}

static void
test_every_bit_counts(void **state)
{
	uint8_t signature[SIGN_SIZE];

	for (size_t bit = 0; bit < 8 * SIGN_SIZE; bit++) {
		memcpy(signature, known_signature, SIGN_SIZE);
		signature[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(
		    sign_verify(known_public, STR(""), signature), E_CORRUPT);
	}
}

static void
test_public_key_that_is_no_point(void **state)
{
	uint8_t public_key[SIGN_KEY_SIZE];

	memset(public_key, 0xff, sizeof(public_key));
	assert_int_equal(
	    sign_verify(public_key, STR(""), known_signature), E_CORRUPT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_signature),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_every_bit_counts),
		cmocka_unit_test(test_public_key_that_is_no_point),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
