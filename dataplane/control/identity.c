/*
 * identity.c - see identity.h.
 */
#include "dataplane/control/identity.h"

#include <string.h>

#include "common/arena.h"
#include "common/base.h"
#include "common/buf.h"
#include "common/codec.h"
#include "common/daemon.h"

#define FILE_MAX_BYTES 4096

struct field {
	const char *name;
	void *bytes;
	size_t size;
	bool is_read;
};

enum { FIELD_BOX, FIELD_GATEWAY, FIELD_SECRET, FIELD_SIGN, FIELDS };

static void
fields_of(struct identity *identity, struct field out[FIELDS])
{
	const struct field fields[FIELDS] = {
		[FIELD_BOX] = { "box-private", identity->box_private,
		    sizeof(identity->box_private), false },
		[FIELD_GATEWAY] = { "gateway-id", identity->gateway.bytes,
		    sizeof(identity->gateway.bytes), false },
		[FIELD_SECRET] = { "secret", identity->secret,
		    sizeof(identity->secret), false },
		[FIELD_SIGN] = { "signing-public", identity->sign_public,
		    sizeof(identity->sign_public), false },
	};

	memcpy(out, fields, sizeof(fields));
}

static const char *
path_of(struct arena *arena, const char *directory)
{
	return str_printf(arena, "%s/identity", directory).ptr;
}

static enum status
read_line(struct arena *arena, struct field fields[FIELDS], struct str line)
{
	struct str name, bytes;

	if (!str_next(&line, ' ', &name))
		return OK;
	for (size_t i = 0; i < FIELDS; i++) {
		if (!str_eq(name, str_from(fields[i].name)))
			continue;
		if (codec_hex_decode(arena, str_trim(line), &bytes) != OK ||
		    bytes.len != fields[i].size || fields[i].is_read)
			return E_CORRUPT;
		memcpy(fields[i].bytes, bytes.ptr, bytes.len);
		seal_wipe((void *)bytes.ptr, bytes.len);
		fields[i].is_read = true;
		return OK;
	}
	return E_CORRUPT;
}

static enum status
parse(struct arena *arena, struct str text, struct identity *out)
{
	struct field fields[FIELDS];
	struct str line;
	enum status s = OK;

	fields_of(out, fields);
	while (s == OK && str_next(&text, '\n', &line))
		s = read_line(arena, fields, line);
	if (s != OK || !fields[FIELD_BOX].is_read)
		return E_CORRUPT;
	out->is_enrolled = fields[FIELD_GATEWAY].is_read;
	if (fields[FIELD_SECRET].is_read != out->is_enrolled ||
	    fields[FIELD_SIGN].is_read != out->is_enrolled)
		return E_CORRUPT;
	box_public_key(out->box_private, out->box_public);
	return OK;
}

enum status
identity_open(const char *directory, struct identity *out)
{
	struct arena arena CLEANUP(arena_done);
	struct identity identity = { 0 };
	struct str text;
	enum status s;

	arena_init(&arena, 0);
	s = daemon_read_secret(
	    &arena, path_of(&arena, directory), FILE_MAX_BYTES, &text);
	if (s == OK) {
		s = parse(&arena, text, &identity);
		seal_wipe((void *)text.ptr, text.len);
	} else if (s == E_NOT_FOUND) {
		box_keypair(identity.box_private, identity.box_public);
		s = identity_save(directory, &identity);
	}
	if (s == OK)
		*out = identity;
	seal_wipe(&identity, sizeof(identity));
	return s;
}

enum status
identity_save(const char *directory, const struct identity *identity)
{
	struct arena arena CLEANUP(arena_done);
	struct identity copy = *identity;
	struct field fields[FIELDS];
	size_t count = identity->is_enrolled ? FIELDS : FIELD_BOX + 1;
	struct buf text CLEANUP(buf_done);
	enum status s;

	arena_init(&arena, 0);
	buf_init(&text, FILE_MAX_BYTES);
	buf_reserve(&text, FILE_MAX_BYTES);
	fields_of(&copy, fields);
	for (size_t i = 0; i < count; i++) {
		struct str hex = codec_hex(
		    &arena, str_make(fields[i].bytes, fields[i].size));

		buf_printf(&text, "%s %.*s\n", fields[i].name, STR_ARGS(hex));
		seal_wipe((void *)hex.ptr, hex.len);
	}
	s = daemon_write_file(path_of(&arena, directory), buf_str(&text), 0600);
	seal_wipe((void *)buf_str(&text).ptr, buf_len(&text));
	seal_wipe(&copy, sizeof(copy));
	return s;
}
