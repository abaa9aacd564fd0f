/* seal_test.c - what is sealed opens only with everything the same. */
#include "common/seal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "common/arena.h"
#include "common/base.h"
#include "common/codec.h"

static struct arena arena;

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

static void
fill(uint8_t key[SEAL_KEY_SIZE], uint8_t first)
{
	for (size_t i = 0; i < SEAL_KEY_SIZE; i++)
		key[i] = (uint8_t)(first + i);
}

static struct str
from_hex(const char *text)
{
	struct str bytes = STR("");

	assert_int_equal(codec_hex_decode(&arena, str_from(text), &bytes), OK);
	return bytes;
}

static struct str
with_flipped_bit(struct str bytes, size_t at)
{
	char *copy = (char *)str_copy(&arena, bytes).ptr;

	copy[at] ^= 1;
	return str_make(copy, bytes.len);
}

static void
assert_opens(const uint8_t *key, struct str sealed, struct str plain)
{
	struct str opened = STR("untouched");

	assert_int_equal(
	    seal_open(&arena, key, STR("ctx"), sealed, &opened), OK);
	assert_true(str_eq(opened, plain));
}

static void
assert_corrupt(const uint8_t *key, struct str context, struct str sealed)
{
	struct str opened = STR("untouched");

	assert_int_equal(
	    seal_open(&arena, key, context, sealed, &opened), E_CORRUPT);
	assert_true(str_eq(opened, STR("untouched")));
}

static void
test_round_trip_of_many_lengths(void **state)
{
	static const size_t lengths[] = { 0, 1, 15, 16, 17, 4096, 1 << 20 };
	uint8_t key[SEAL_KEY_SIZE];

	fill(key, 1);
	for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
		char *bytes = arena_alloc(&arena, lengths[i]);
		struct str plain = str_make(bytes, lengths[i]);
		struct str sealed;

		memset(bytes, 'x', lengths[i]);
		sealed = seal_key(&arena, key, STR("ctx"), plain);
		assert_int_equal(
		    sealed.len, lengths[i] + SEAL_NONCE_SIZE + SEAL_TAG_SIZE);
		assert_opens(key, sealed, plain);
	}
}

static void
test_every_bit_counts(void **state)
{
	uint8_t key[SEAL_KEY_SIZE];
	uint8_t other[SEAL_KEY_SIZE];
	struct str sealed;

	fill(key, 1);
	fill(other, 2);
	sealed = seal_key(&arena, key, STR("ctx"), STR("secret"));
	for (size_t i = 0; i < sealed.len; i++)
		assert_corrupt(key, STR("ctx"), with_flipped_bit(sealed, i));
	for (size_t len = 0; len < sealed.len; len++)
		assert_corrupt(key, STR("ctx"), str_head(sealed, len));
	assert_corrupt(other, STR("ctx"), sealed);
	assert_corrupt(key, STR("ctx2"), sealed);
	assert_corrupt(key, STR(""), sealed);
}

static void
test_same_text_is_sealed_differently(void **state)
{
	uint8_t key[SEAL_KEY_SIZE];
	struct str first;

	fill(key, 1);
	first = seal_key(&arena, key, STR("c"), STR("secret"));
	assert_false(
	    str_eq(first, seal_key(&arena, key, STR("c"), STR("secret"))));
	assert_int_equal(str_find(first, STR("secret")), -1);
}

/* AES-256-GCM, test case 14 of the GCM specification: all zero. */
static void
test_known_ciphertext_opens(void **state)
{
	static const char sealed[] =
	    "000000000000000000000000cea7403d4d606b6e074ec5d3"
	    "baf39d18d0d1c8a799996bf0265b98b5d48ab919";
	static const uint8_t zero[SEAL_KEY_SIZE];
	struct str plain;

	assert_int_equal(
	    seal_open(&arena, zero, STR(""), from_hex(sealed), &plain), OK);
	assert_true(str_eq(plain, str_make(zero, 16)));
}

static void
test_derived_keys_differ_by_purpose(void **state)
{
	/* HKDF-SHA-256 (RFC 5869) of 32 zero bytes, no salt, info "a". */
	static const char expected[] =
	    "8113fce76d7e726bfa16669b4e4610d1e7ecddb464d33f1b"
	    "51a6c58992d9f967";
	uint8_t secret[SEAL_KEY_SIZE] = { 0 };
	uint8_t a[SEAL_KEY_SIZE];
	uint8_t again[SEAL_KEY_SIZE];
	uint8_t b[SEAL_KEY_SIZE];

	seal_derive(secret, STR("a"), a);
	seal_derive(secret, STR("a"), again);
	seal_derive(secret, STR("b"), b);
	assert_memory_equal(a, again, sizeof(a));
	assert_memory_not_equal(a, b, sizeof(a));
	assert_memory_equal(a, from_hex(expected).ptr, sizeof(a));
}

/* RFC 7748, section 6.1. */
static void
test_public_key_of_a_known_private_key(void **state)
{
	static const char private_key[] =
	    "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992a"
	    "b177fba51db92c2a";
	static const char expected[] =
	    "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4"
	    "eba4a98eaa9b4e6a";
	uint8_t public_key[SEAL_KEY_SIZE];

	box_public_key((const uint8_t *)from_hex(private_key).ptr, public_key);
	assert_memory_equal(
	    public_key, from_hex(expected).ptr, sizeof(public_key));
}

static void
assert_box_shut(const uint8_t *private_key, struct str context, struct str box)
{
	struct str plain = STR("untouched");

	assert_int_equal(
	    box_open(&arena, private_key, context, box, &plain), E_CORRUPT);
	assert_true(str_eq(plain, STR("untouched")));
}

static void
test_box_opens_for_its_receiver_alone(void **state)
{
	uint8_t private_key[SEAL_KEY_SIZE];
	uint8_t public_key[SEAL_KEY_SIZE];
	uint8_t other[SEAL_KEY_SIZE];
	uint8_t other_public[SEAL_KEY_SIZE];
	struct str row = STR("row 7");
	struct str box;
	struct str plain;

	box_keypair(private_key, public_key);
	box_keypair(other, other_public);
	assert_int_equal(
	    box_seal(&arena, public_key, row, STR("sk-secret"), &box), OK);
	assert_int_equal(box_open(&arena, private_key, row, box, &plain), OK);
	assert_true(str_eq(plain, STR("sk-secret")));

	assert_box_shut(other, row, box);
	assert_box_shut(private_key, STR("row 8"), box);
	/* X25519 ignores the top bit of a public key, the derivation not. */
	for (size_t i = 0; i < box.len; i++)
		assert_box_shut(private_key, row, with_flipped_bit(box, i));
	for (size_t len = 0; len < box.len; len++)
		assert_box_shut(private_key, row, str_head(box, len));
}

static void
test_points_of_low_order_are_refused(void **state)
{
	static const uint8_t zero[SEAL_KEY_SIZE];
	static const uint8_t one[SEAL_KEY_SIZE] = { 1 };
	uint8_t private_key[SEAL_KEY_SIZE];
	uint8_t public_key[SEAL_KEY_SIZE];
	uint8_t box[SEAL_KEY_SIZE + SEAL_NONCE_SIZE + SEAL_TAG_SIZE] = { 0 };
	struct str out = STR("untouched");

	assert_int_equal(
	    box_seal(&arena, zero, STR("c"), STR("p"), &out), E_INVALID);
	assert_int_equal(
	    box_seal(&arena, one, STR("c"), STR("p"), &out), E_INVALID);
	box_keypair(private_key, public_key);
	assert_int_equal(box_open(&arena, private_key, STR("c"),
			     str_make(box, sizeof(box)), &out),
	    E_CORRUPT);
	assert_true(str_eq(out, STR("untouched")));
}

static void
test_wipe(void **state)
{
	char secret[] = "secret";
	static const char zero[sizeof(secret)];

	seal_wipe(secret, sizeof(secret));
	assert_memory_equal(secret, zero, sizeof(secret));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip_of_many_lengths),
		cmocka_unit_test(test_every_bit_counts),
		cmocka_unit_test(test_same_text_is_sealed_differently),
		cmocka_unit_test(test_known_ciphertext_opens),
		cmocka_unit_test(test_derived_keys_differ_by_purpose),
		cmocka_unit_test(test_public_key_of_a_known_private_key),
		cmocka_unit_test(test_box_opens_for_its_receiver_alone),
		cmocka_unit_test(test_points_of_low_order_are_refused),
		cmocka_unit_test(test_wipe),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
