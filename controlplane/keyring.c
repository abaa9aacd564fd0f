/* keyring.c - see keyring.h. */
#include "controlplane/keyring.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/arena.h"
#include "common/codec.h"
#include "common/daemon.h"
#include "common/seal.h"

#define PEPPERS_MAX 64
#define FILE_MAX_BYTES 16384
#define KEK_ID_SIZE 17 /* 16 hex digits */
#define PATH_SIZE 4096

struct pepper {
	uint32_t version;
	uint8_t key[SEAL_KEY_SIZE];
	struct hmac_key *hmac;
};

struct keyring {
	uint8_t kek[SEAL_KEY_SIZE];
	uint8_t signing[SIGN_KEY_SIZE];
	char kek_id[KEK_ID_SIZE];
	struct pepper peppers[PEPPERS_MAX];
	size_t pepper_count;
	size_t newest; /* place of the highest version */
};

static enum status
read_key_file(struct arena *arena, const char *directory, const char *name,
    struct str *out, struct buf *fault)
{
	char path[PATH_SIZE];
	snprintf(path, sizeof(path), "%s/%s", directory, name);

	enum status s = daemon_read_secret(arena, path, FILE_MAX_BYTES, out);
	if (s == E_FORBIDDEN)
		buf_printf(fault, "%s: group or others may read it", path);
	else if (s != OK)
		buf_printf(
		    fault, "%s: cannot be read (%s)", path, status_word(s));
	return s;
}

/* 64 hex digits that are not one byte over and over. */
static enum status
decode_key(struct arena *arena, struct str digits, uint8_t out[SEAL_KEY_SIZE])
{
	struct str bytes;
	enum status s = codec_hex_decode(arena, digits, &bytes);

	if (s != OK || bytes.len != SEAL_KEY_SIZE)
		return E_INVALID;
	memcpy(out, bytes.ptr, SEAL_KEY_SIZE);
	return memcmp(out, out + 1, SEAL_KEY_SIZE - 1) == 0 ? E_INVALID : OK;
}

static enum status
read_one_key(struct arena *arena, const char *directory, const char *name,
    uint8_t out[SEAL_KEY_SIZE], struct buf *fault)
{
	struct str content;
	enum status s = read_key_file(arena, directory, name, &content, fault);

	if (s != OK)
		return s;
	s = decode_key(arena, str_trim(content), out);
	if (s != OK)
		buf_printf(fault, "%s/%s: not a key of 64 hex digits",
		    directory, name);
	return s;
}

static bool
has_version(const struct keyring *keyring, uint64_t version)
{
	for (size_t i = 0; i < keyring->pepper_count; i++)
		if (keyring->peppers[i].version == version)
			return true;
	return false;
}

/* "<version> <64 hex digits>" */
static enum status
add_pepper(struct keyring *keyring, struct arena *arena, struct str line)
{
	struct str version_text;
	uint64_t version;

	if (keyring->pepper_count == PEPPERS_MAX)
		return E_TOO_LARGE;
	if (!str_next(&line, ' ', &version_text) ||
	    str_to_u64(version_text, &version) != OK || version == 0 ||
	    version > INT32_MAX || has_version(keyring, version))
		return E_INVALID;

	size_t place = keyring->pepper_count;
	struct pepper *pepper = &keyring->peppers[place];
	enum status s = decode_key(arena, str_trim(line), pepper->key);
	if (s != OK)
		return s;
	pepper->version = (uint32_t)version;
	pepper->hmac = hmac_key_new(str_make(pepper->key, SEAL_KEY_SIZE));
	if (pepper->version > keyring->peppers[keyring->newest].version)
		keyring->newest = place;
	keyring->pepper_count++;
	return OK;
}

static enum status
read_peppers(struct keyring *keyring, struct arena *arena,
    const char *directory, struct buf *fault)
{
	struct str content, line;
	enum status s =
	    read_key_file(arena, directory, "peppers", &content, fault);
	int number = 0;

	if (s != OK)
		return s;
	while (str_next(&content, '\n', &line)) {
		number++;
		line = str_trim(line);
		if (str_is_empty(line))
			continue;
		s = add_pepper(keyring, arena, line);
		if (s == OK)
			continue;
		buf_printf(fault,
		    "%s/peppers: line %d is not a new version and a key",
		    directory, number);
		return s;
	}
	if (keyring->pepper_count > 0)
		return OK;
	buf_printf(fault, "%s/peppers: holds no pepper", directory);
	return E_INVALID;
}

/* One key for two purposes is one leak for two purposes. */
static enum status
check_distinct(const struct keyring *keyring, struct buf *fault)
{
	const uint8_t *keys[PEPPERS_MAX + 2] = { keyring->kek,
		keyring->signing };
	size_t count = 2;

	for (size_t i = 0; i < keyring->pepper_count; i++)
		keys[count++] = keyring->peppers[i].key;
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < i; j++) {
			if (!digest_eq(keys[i], keys[j], SEAL_KEY_SIZE))
				continue;
			buf_add_cstr(fault, "two keys of the ring are equal");
			return E_INVALID;
		}
	}
	return OK;
}

static void
name_kek(struct keyring *keyring)
{
	uint8_t name[SEAL_KEY_SIZE];

	seal_derive(keyring->kek, STR("weir-kek-id"), name);
	for (size_t i = 0; i < (KEK_ID_SIZE - 1) / 2; i++)
		snprintf(keyring->kek_id + 2 * i, 3, "%02x", name[i]);
}

static enum status
load(struct keyring *keyring, const char *directory, struct arena *arena,
    struct buf *fault)
{
	enum status s =
	    read_one_key(arena, directory, "kek", keyring->kek, fault);

	if (s == OK)
		s = read_one_key(
		    arena, directory, "signing", keyring->signing, fault);
	if (s == OK)
		s = read_peppers(keyring, arena, directory, fault);
	if (s == OK)
		s = check_distinct(keyring, fault);
	if (s == OK)
		name_kek(keyring);
	return s;
}

enum status
keyring_open(const char *directory, struct keyring **out, struct buf *fault)
{
	struct keyring *keyring = calloc(1, sizeof(*keyring));
	struct arena arena;

	if (!keyring)
		abort();
	arena_init(&arena, 0);
	enum status s = load(keyring, directory, &arena, fault);
	arena_done(&arena);
	if (s == OK)
		*out = keyring;
	else
		keyring_close(keyring);
	return s;
}

void
keyring_close(struct keyring *keyring)
{
	if (!keyring)
		return;
	for (size_t i = 0; i < keyring->pepper_count; i++)
		hmac_key_free(keyring->peppers[i].hmac);
	seal_wipe(keyring, sizeof(*keyring));
	free(keyring);
}

/* A fresh key after the prefix, in a file of its own, unless there is one. */
static enum status
create_file(const char *directory, const char *name, const char *prefix,
    struct buf *fault)
{
	char path[PATH_SIZE], content[128];
	uint8_t key[SEAL_KEY_SIZE];
	int len = snprintf(content, sizeof(content), "%s", prefix);

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	if (access(path, F_OK) == 0)
		return OK;
	random_bytes(key, sizeof(key));
	for (size_t i = 0; i < sizeof(key); i++)
		len += snprintf(content + len, 3, "%02x", key[i]);
	content[len++] = '\n';

	enum status s =
	    daemon_write_file(path, str_make(content, (size_t)len), 0600);
	seal_wipe(key, sizeof(key));
	seal_wipe(content, sizeof(content));
	if (s != OK)
		buf_printf(fault, "%s: cannot be written", path);
	return s;
}

enum status
keyring_create(const char *directory, struct buf *fault)
{
	if (mkdir(directory, 0700) != 0 && errno != EEXIST) {
		buf_printf(fault, "%s: %s", directory, strerror(errno));
		return E_INVALID;
	}
	enum status s = create_file(directory, "kek", "", fault);
	if (s == OK)
		s = create_file(directory, "peppers", "1 ", fault);
	if (s == OK)
		s = create_file(directory, "signing", "", fault);
	return s;
}

uint32_t
keyring_pepper_version(const struct keyring *keyring)
{
	return keyring->peppers[keyring->newest].version;
}

enum status
keyring_verifier(const struct keyring *keyring, uint32_t pepper_version,
    struct str token, uint8_t out[SHA256_SIZE])
{
	for (size_t i = 0; i < keyring->pepper_count; i++) {
		if (keyring->peppers[i].version != pepper_version)
			continue;
		hmac_sign(keyring->peppers[i].hmac, token, out);
		return OK;
	}
	return E_NOT_FOUND;
}

bool
keyring_pepper_at(const struct keyring *keyring, size_t place,
    uint32_t *out_version, struct str *out_key)
{
	if (place >= keyring->pepper_count)
		return false;
	*out_version = keyring->peppers[place].version;
	*out_key = str_make(keyring->peppers[place].key, SEAL_KEY_SIZE);
	return true;
}

/* What a sealed value is bound to: its purpose and its row. */
static struct str
row_context(struct arena *arena, const char *purpose, struct id row)
{
	char text[ID_TEXT_SIZE];

	return str_printf(arena, "%s %s", purpose, id_uuid(row, text));
}

struct sealed_secret
keyring_seal(const struct keyring *keyring, struct arena *arena, struct id row,
    struct str plain)
{
	uint8_t data_key[SEAL_KEY_SIZE];
	struct sealed_secret secret;

	random_bytes(data_key, sizeof(data_key));
	secret.sealed = seal_key(
	    arena, data_key, row_context(arena, "weir-secret", row), plain);
	secret.sealed_key = seal_key(arena, keyring->kek,
	    row_context(arena, "weir-data-key", row),
	    str_make(data_key, sizeof(data_key)));
	secret.kek_id = str_from(keyring->kek_id);
	seal_wipe(data_key, sizeof(data_key));
	return secret;
}

enum status
keyring_unseal(const struct keyring *keyring, struct arena *arena,
    struct id row, const struct sealed_secret *secret, struct str *out_plain)
{
	struct str data_key;

	if (!str_eq(secret->kek_id, str_from(keyring->kek_id)))
		return E_NOT_FOUND;
	enum status s = seal_open(arena, keyring->kek,
	    row_context(arena, "weir-data-key", row), secret->sealed_key,
	    &data_key);
	if (s != OK)
		return s;
	if (data_key.len != SEAL_KEY_SIZE)
		return E_CORRUPT;
	return seal_open(arena, (const uint8_t *)data_key.ptr,
	    row_context(arena, "weir-secret", row), secret->sealed, out_plain);
}

void
keyring_sign(
    const struct keyring *keyring, struct str message, uint8_t out[SIGN_SIZE])
{
	sign_message(keyring->signing, message, out);
}

void
keyring_sign_public(const struct keyring *keyring, uint8_t out[SIGN_KEY_SIZE])
{
	sign_public_key(keyring->signing, out);
}

void
keyring_derive(
    const struct keyring *keyring, struct str purpose, uint8_t out[32])
{
	seal_derive(keyring->kek, purpose, out);
}
