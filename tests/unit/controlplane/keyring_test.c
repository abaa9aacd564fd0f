/* The keyring: what it makes, what it refuses, what its seals hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/arena.h"
#include "controlplane/keyring.h"

static char directory[64];
static struct buf fault;
static struct arena arena;

#define DIGITS "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde"

static void
write_file(const char *name, const char *content, mode_t mode)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	unlink(path);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(content, file);
	fclose(file);
	assert_int_equal(chmod(path, mode), 0);
}

static int
make_directory(void **state)
{
	strcpy(directory, "/tmp/weir-keys-XXXXXX");
	assert_non_null(mkdtemp(directory));
	buf_init(&fault, 4096);
	arena_init(&arena, 0);
	assert_int_equal(keyring_create(directory, &fault), OK);
	return 0;
}

static int
remove_directory(void **state)
{
	static const char *const names[] = { "kek", "peppers", "signing" };
	char path[128];

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
		unlink(path);
	}
	assert_int_equal(rmdir(directory), 0);
	buf_done(&fault);
	arena_done(&arena);
	return 0;
}

static struct keyring *
open_keyring(void)
{
	struct keyring *keyring;

	if (keyring_open(directory, &keyring, &fault) != OK)
		fail_msg("%.*s", STR_ARGS(buf_str(&fault)));
	return keyring;
}

static void
assert_refused(const char *why)
{
	struct keyring *keyring = NULL;

	buf_reset(&fault);
	assert_int_not_equal(keyring_open(directory, &keyring, &fault), OK);
	assert_null(keyring);
	if (str_find(buf_str(&fault), str_from(why)) < 0)
		fail_msg("%.*s", STR_ARGS(buf_str(&fault)));
}

static void
creating_again_keeps_what_is_there(void **state)
{
	uint8_t first[SIGN_KEY_SIZE], second[SIGN_KEY_SIZE];
	struct keyring *keyring = open_keyring();
	struct stat stat_kek;
	char path[128];

	keyring_sign_public(keyring, first);
	keyring_close(keyring);
	assert_int_equal(keyring_create(directory, &fault), OK);
	keyring = open_keyring();
	keyring_sign_public(keyring, second);
	keyring_close(keyring);
	assert_memory_equal(first, second, sizeof(first));
	snprintf(path, sizeof(path), "%s/kek", directory);
	assert_int_equal(stat(path, &stat_kek), 0);
	assert_int_equal(stat_kek.st_mode & 0777, 0600);
}

static void
bad_keys_are_refused(void **state)
{
	write_file("kek", DIGITS, 0600);
	assert_refused("kek: not a key");
	write_file("kek", DIGITS "g", 0600);
	assert_refused("kek: not a key");
	write_file("kek", "", 0600);
	assert_refused("kek: not a key");
	write_file("kek",
	    "0000000000000000000000000000000000000000000000000000000000000000",
	    0600);
	assert_refused("kek: not a key");
	write_file("kek", DIGITS "f\n", 0640);
	assert_refused("group or others");
	write_file("kek", DIGITS "f\n", 0600);
	write_file("signing", DIGITS "f", 0600);
	assert_refused("equal");
	write_file("signing", DIGITS "e", 0600);
	write_file("peppers", "", 0600);
	assert_refused("no pepper");
	write_file("peppers", "1 " DIGITS "1\n1 " DIGITS "2\n", 0600);
	assert_refused("line 2");
	write_file("peppers", "0 " DIGITS "1\n", 0600);
	assert_refused("line 1");
	write_file("peppers", "x\n", 0600);
	assert_refused("line 1");
	write_file("peppers", "1 " DIGITS "1\n2 " DIGITS "1\n", 0600);
	assert_refused("equal");
	write_file("peppers", "1 " DIGITS "f\n", 0600);
	assert_refused("equal");
}

static void
the_highest_pepper_is_the_new_one(void **state)
{
	uint8_t one[SHA256_SIZE], two[SHA256_SIZE];
	uint32_t version;
	struct str key;

	write_file(
	    "peppers", "2 " DIGITS "1\n\n7 " DIGITS "2\n3 " DIGITS "3", 0600);
	struct keyring *keyring = open_keyring();
	assert_int_equal(keyring_pepper_version(keyring), 7);
	assert_int_equal(keyring_verifier(keyring, 2, STR("t"), one), OK);
	assert_int_equal(keyring_verifier(keyring, 7, STR("t"), two), OK);
	assert_memory_not_equal(one, two, sizeof(one));
	assert_int_equal(
	    keyring_verifier(keyring, 5, STR("t"), one), E_NOT_FOUND);
	assert_true(keyring_pepper_at(keyring, 2, &version, &key));
	assert_int_equal(version, 3);
	assert_int_equal(key.len, 32);
	assert_false(keyring_pepper_at(keyring, 3, &version, &key));
	keyring_close(keyring);
}

static void
a_sealed_secret_belongs_to_its_row(void **state)
{
	struct keyring *keyring = open_keyring();
	struct id row = id_make(), other = id_make();
	struct sealed_secret sealed =
	    keyring_seal(keyring, &arena, row, STR("sk-secret"));
	struct sealed_secret moved;
	struct str plain;

	assert_int_equal(
	    keyring_unseal(keyring, &arena, row, &sealed, &plain), OK);
	assert_true(str_eq(plain, STR("sk-secret")));
	assert_int_equal(
	    keyring_unseal(keyring, &arena, other, &sealed, &plain), E_CORRUPT);
	moved = keyring_seal(keyring, &arena, row, STR("sk-other"));
	moved.sealed_key = sealed.sealed_key;
	assert_int_equal(
	    keyring_unseal(keyring, &arena, row, &moved, &plain), E_CORRUPT);
	sealed.sealed = str_head(sealed.sealed, 3);
	assert_int_equal(
	    keyring_unseal(keyring, &arena, row, &sealed, &plain), E_CORRUPT);
	sealed.kek_id = STR("another");
	assert_int_equal(
	    keyring_unseal(keyring, &arena, row, &sealed, &plain), E_NOT_FOUND);
	keyring_close(keyring);
}

static void
derived_keys_differ_by_purpose_only(void **state)
{
	struct keyring *keyring = open_keyring();
	uint8_t one[32], two[32], again[32];

	keyring_derive(keyring, STR("a"), one);
	keyring_derive(keyring, STR("b"), two);
	keyring_derive(keyring, STR("a"), again);
	assert_memory_equal(one, again, sizeof(one));
	assert_memory_not_equal(one, two, sizeof(one));
	keyring_close(keyring);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, make_directory, remove_directory)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(creating_again_keeps_what_is_there),
		TEST(bad_keys_are_refused),
		TEST(the_highest_pepper_is_the_new_one),
		TEST(a_sealed_secret_belongs_to_its_row),
		TEST(derived_keys_differ_by_purpose_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
