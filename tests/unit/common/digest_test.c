/* digest_test.c - fingerprints against published and independent values. */
#include "common/digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <string.h>

#include "common/arena.h"
#include "common/codec.h"

enum {
	THREADS = 4,
	SIGNATURES = 2000,
};

static const char digest_of_abc[] =
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
static const char digest_of_nothing[] =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

static void
assert_hex(const uint8_t bytes[SHA256_SIZE], const char *expected)
{
	struct arena arena;
	struct str hex;

	arena_init(&arena, 0);
	hex = codec_hex(&arena, str_make(bytes, SHA256_SIZE));
	assert_true(str_eq(hex, str_from(expected)));
	arena_done(&arena);
}

static struct str
thousand(char text[1000])
{
	memset(text, 'a', 1000);
	return str_make(text, 1000);
}

static void
test_sha256(void **state)
{
	uint8_t digest[SHA256_SIZE];
	char text[1000];

	digest_sha256(STR("abc"), digest);
	assert_hex(digest, digest_of_abc);
	digest_sha256((struct str){ NULL, 0 }, digest);
	assert_hex(digest, digest_of_nothing);
	digest_sha256(thousand(text), digest);
	assert_hex(digest,
	    "41edece42d63e8d9bf515a9ba6932e1c"
	    "20cbc9f5a5d134645adb5db1b9737ea3");
}

static void
test_sha256_of_parts(void **state)
{
	const struct str parts[] = { STR("a"), STR(""), STR("bc") };
	uint8_t digest[SHA256_SIZE];

	digest_sha256_parts(parts, 3, digest);
	assert_hex(digest, digest_of_abc);
	digest_sha256_parts(NULL, 0, digest);
	assert_hex(digest, digest_of_nothing);
}

static void
test_stream(void **state)
{
	struct digest_stream *stream = digest_stream_new();
	uint8_t digest[SHA256_SIZE];

	digest_stream_add(stream, STR("a"));
	/* Other digests of the thread must not disturb it. */
	digest_sha256(STR("x"), digest);
	digest_stream_add(stream, STR(""));
	digest_stream_add(stream, STR("bc"));
	digest_stream_free(stream, digest);
	assert_hex(digest, digest_of_abc);
}

static void
test_stream_given_up(void **state)
{
	struct digest_stream *stream = digest_stream_new();

	digest_stream_add(stream, STR("abc"));
	digest_stream_free(stream, NULL);
	digest_stream_free(NULL, NULL);
}

static void
assert_hmac(struct str key_bytes, struct str text, const char *expected)
{
	struct hmac_key *key = hmac_key_new(key_bytes);
	uint8_t mac[SHA256_SIZE];

	for (int i = 0; i < 3; i++) {
		memset(mac, 0, sizeof(mac));
		hmac_sign(key, text, mac);
		assert_hex(mac, expected);
	}
	hmac_key_free(key);
}

static void
test_hmac_of_rfc_4231(void **state)
{
	char long_key[131];
	char key[20], data[50];

	memset(key, 0x0b, sizeof(key));
	assert_hmac(str_make(key, sizeof(key)), STR("Hi There"),
	    "b0344c61d8db38535ca8afceaf0bf12b"
	    "881dc200c9833da726e9376c2e32cff7");
	memset(key, 0xaa, sizeof(key));
	memset(data, 0xdd, sizeof(data));
	assert_hmac(str_make(key, sizeof(key)), str_make(data, sizeof(data)),
	    "773ea91e36800e46854db8ebd09181a7"
	    "2959098b3ef8c122d9635514ced565fe");
	memset(long_key, 0xaa, sizeof(long_key));
	assert_hmac(str_make(long_key, sizeof(long_key)),
	    STR("Test Using Larger Than Block-Size Key - Hash Key First"),
	    "60e431591ee0b67f0d8a26aacbf5b77f"
	    "8e0bc6213728c5140546040f0ee37f54");
}

static void
test_hmac_key_lengths(void **state)
{
	char key[65];

	memset(key, 'k', sizeof(key));
	assert_hmac(str_make(key, 16), STR(""),
	    "096c046398d3ba3907b1b88cf757fcad"
	    "92eacbe1e8c11fff5af0c52f0138fb7b");
	assert_hmac(str_make(key, 64), STR("Hello"),
	    "bad84c87781be4df4df973633a0e87e9"
	    "7b7d2e5293c525b330b2a0bd5dce0046");
	assert_hmac(str_make(key, 65), STR("Hello"),
	    "8c4d3ba8a252d60e7c0949756479fa0c"
	    "2cdd3d3b3347065bebb413ba2eb8eae5");
	hmac_key_free(NULL);
}

static void *
sign_many(void *arg)
{
	static const uint8_t expected[4] = { 0xba, 0xd8, 0x4c, 0x87 };
	uint8_t mac[SHA256_SIZE];
	uintptr_t wrong = 0;

	for (int i = 0; i < SIGNATURES; i++) {
		hmac_sign(arg, STR("Hello"), mac);
		wrong += memcmp(mac, expected, sizeof(expected)) != 0;
	}
	return (void *)wrong;
}

static void
test_hmac_key_is_shared_by_threads(void **state)
{
	char bytes[64];
	struct hmac_key *key;
	pthread_t threads[THREADS];
	void *wrong;

	memset(bytes, 'k', sizeof(bytes));
	key = hmac_key_new(str_make(bytes, sizeof(bytes)));
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(
		    pthread_create(&threads[i], NULL, sign_many, key), 0);
	for (int i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(threads[i], &wrong), 0);
		assert_null(wrong);
	}
	hmac_key_free(key);
}

static void
test_crc32(void **state)
{
	char text[1000];

	assert_int_equal(digest_crc32(STR("123456789")), 0xcbf43926);
	assert_int_equal(digest_crc32((struct str){ NULL, 0 }), 0);
	assert_int_equal(
	    digest_crc32(STR("The quick brown fox jumps over the lazy dog")),
	    0x414fa339);
	assert_int_equal(digest_crc32(thousand(text)), 0x9a38da03);
}

/* Bit by bit, as the standard defines it. */
static uint32_t
slow_crc32(struct str s)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < s.len; i++) {
		crc ^= (uint8_t)s.ptr[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return ~crc;
}

static void
test_crc32_at_every_length_and_place(void **state)
{
	char bytes[64];

	random_bytes(bytes, sizeof(bytes));
	for (size_t start = 0; start < 8; start++) {
		for (size_t len = 0; start + len <= sizeof(bytes); len++) {
			struct str s = str_make(bytes + start, len);

			assert_int_equal(digest_crc32(s), slow_crc32(s));
		}
	}
}

static void
test_eq(void **state)
{
	assert_true(digest_eq("abc", "abc", 3));
	assert_false(digest_eq("abc", "abd", 3));
	assert_false(digest_eq("xbc", "abc", 3));
	assert_true(digest_eq("abc", "abd", 2));
	assert_true(digest_eq("a", "b", 0));
}

static void
test_random_bytes(void **state)
{
	uint8_t first[1000] = { 0 }, second[1000] = { 0 };
	bool seen[256] = { false };
	int distinct = 0;

	random_bytes(first, sizeof(first));
	random_bytes(second, sizeof(second));
	assert_memory_not_equal(first, second, sizeof(first));
	for (size_t i = 0; i < sizeof(first); i++) {
		distinct += !seen[first[i]];
		seen[first[i]] = true;
	}
	assert_true(distinct > 200);
	random_bytes(first, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sha256),
		cmocka_unit_test(test_sha256_of_parts),
		cmocka_unit_test(test_stream),
		cmocka_unit_test(test_stream_given_up),
		cmocka_unit_test(test_hmac_of_rfc_4231),
		cmocka_unit_test(test_hmac_key_lengths),
		cmocka_unit_test(test_hmac_key_is_shared_by_threads),
		cmocka_unit_test(test_crc32),
		cmocka_unit_test(test_crc32_at_every_length_and_place),
		cmocka_unit_test(test_eq),
		cmocka_unit_test(test_random_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
