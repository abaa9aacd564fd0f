/*
 * last_good.c - the file is a row of pieces, u32 length and sealed bytes: the
 * head with the secrets, then the chunks.  A piece opens only at its place.
 */
#include "dataplane/snapshot/last_good.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/arena.h"
#include "common/base.h"
#include "common/daemon.h"
#include "common/digest.h"
#include "common/sign.h"
#include "dataplane/control/control.h"

#define PIECE_MAX_BYTES (64u << 20)
#define SEEN_MAX_BYTES 4096
#define SEEN_PIECE UINT64_MAX

/* What the first piece begins with; the secrets follow. */
struct saved_head {
	uint64_t rev;
	uint64_t size_bytes;
	uint64_t chunk_count;
	uint8_t digest[SHA256_SIZE];
	uint8_t signature[SIGN_SIZE];
};

struct last_good_writer { /* lifetime: of one fetch */
	struct last_good_place place;
	FILE *file; /* NULL: it could not be made */
	uint64_t pieces;
	bool has_failed;
};

struct last_good_reader {
	struct last_good_place place;
	FILE *file;
	uint64_t pieces;
};

static const char *
path_of(struct arena *arena, const char *directory, const char *name)
{
	return str_printf(arena, "%s/%s", directory, name).ptr;
}

/* "weir-lkg-v1" be64(place in the file) */
static struct str
context_of(struct arena *arena, uint64_t piece)
{
	static const struct str purpose = { "weir-lkg-v1", 11 };
	size_t len = purpose.len + sizeof(piece);
	char *context = arena_alloc(arena, len);

	piece = htobe64(piece);
	memcpy(context, purpose.ptr, purpose.len);
	memcpy(context + purpose.len, &piece, sizeof(piece));
	return str_make(context, len);
}

/* --- writing ------------------------------------------------------------------------ */

static void
write_piece(struct last_good_writer *writer, struct str plain)
{
	struct arena arena CLEANUP(arena_done);
	struct str sealed;
	uint32_t len;

	arena_init(&arena, 0);
	if (writer->file == NULL || writer->has_failed)
		return;
	sealed = seal_key(&arena, writer->place.key,
	    context_of(&arena, writer->pieces++), plain);
	len = htole32((uint32_t)sealed.len);
	if (fwrite(&len, sizeof(len), 1, writer->file) != 1 ||
	    fwrite(sealed.ptr, sealed.len, 1, writer->file) != 1)
		writer->has_failed = true;
}

static FILE *
create_file(const char *path)
{
	int fd;
	FILE *file;

	unlink(path);
	fd = open(
	    path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return NULL;
	file = fdopen(fd, "w");
	if (file == NULL)
		close(fd);
	return file;
}

static void
write_head(struct last_good_writer *writer, struct arena *arena,
    const struct control_head *head)
{
	struct saved_head saved = {
		.rev = head->rev,
		.size_bytes = head->size_bytes,
		.chunk_count = head->chunk_count,
	};
	size_t len = sizeof(saved) + head->secrets.len;
	char *plain = arena_alloc(arena, len);

	memcpy(saved.digest, head->digest, sizeof(saved.digest));
	memcpy(saved.signature, head->signature, sizeof(saved.signature));
	memcpy(plain, &saved, sizeof(saved));
	if (head->secrets.len > 0)
		memcpy(plain + sizeof(saved), head->secrets.ptr,
		    head->secrets.len);
	write_piece(writer, str_make(plain, len));
	seal_wipe(plain, len);
}

struct last_good_writer *
last_good_writer_new(
    const struct last_good_place *place, const struct control_head *head)
{
	struct last_good_writer *writer = calloc(1, sizeof(*writer));
	struct arena arena CLEANUP(arena_done);

	arena_init(&arena, 0);
	if (writer == NULL)
		abort();
	writer->place = *place;
	writer->file =
	    create_file(path_of(&arena, place->directory, "snapshot.lkg.tmp"));
	write_head(writer, &arena, head);
	return writer;
}

void
last_good_writer_add(struct last_good_writer *writer, struct str chunk)
{
	write_piece(writer, chunk);
}

static enum status
finish_file(struct last_good_writer *writer)
{
	bool is_written = writer->file != NULL && !writer->has_failed &&
	    fflush(writer->file) == 0 && fsync(fileno(writer->file)) == 0;

	if (writer->file != NULL && fclose(writer->file) != 0)
		is_written = false;
	return is_written ? OK : E_UNAVAILABLE;
}

static void
writer_free(struct last_good_writer *writer)
{
	seal_wipe(&writer->place, sizeof(writer->place));
	free(writer);
}

enum status
last_good_writer_commit(struct last_good_writer *writer)
{
	struct arena arena CLEANUP(arena_done);
	const char *directory = writer->place.directory;
	const char *path, *beside;
	enum status s;

	arena_init(&arena, 0);
	path = path_of(&arena, directory, "snapshot.lkg");
	beside = path_of(&arena, directory, "snapshot.lkg.tmp");
	s = finish_file(writer);
	if (s == OK && rename(beside, path) != 0)
		s = E_UNAVAILABLE;
	if (s != OK)
		unlink(beside);
	writer_free(writer);
	return s;
}

void
last_good_writer_discard(struct last_good_writer *writer)
{
	struct arena arena;

	if (writer == NULL)
		return;
	if (writer->file != NULL) {
		arena_init(&arena, 0);
		fclose(writer->file);
		unlink(path_of(
		    &arena, writer->place.directory, "snapshot.lkg.tmp"));
		arena_done(&arena);
	}
	writer_free(writer);
}

/* --- reading ------------------------------------------------------------------------- */

static enum status
read_piece(
    struct last_good_reader *reader, struct arena *arena, struct str *out)
{
	uint32_t len;
	char *sealed;

	if (fread(&len, sizeof(len), 1, reader->file) != 1)
		return E_CORRUPT;
	len = le32toh(len);
	if (len > PIECE_MAX_BYTES)
		return E_CORRUPT;
	sealed = arena_alloc(arena, len);
	if (fread(sealed, 1, len, reader->file) != len)
		return E_CORRUPT;
	return seal_open(arena, reader->place.key,
	    context_of(arena, reader->pieces++), str_make(sealed, len), out);
}

static enum status
read_head(struct last_good_reader *reader, struct arena *arena,
    struct control_head *out)
{
	struct saved_head saved;
	struct str plain;
	enum status s = read_piece(reader, arena, &plain);

	if (s != OK)
		return s;
	if (plain.len < sizeof(saved))
		return E_CORRUPT;
	memcpy(&saved, plain.ptr, sizeof(saved));
	*out = (struct control_head){
		.rev = saved.rev,
		.size_bytes = saved.size_bytes,
		.chunk_count = (uint32_t)saved.chunk_count,
		.secrets = str_skip(plain, sizeof(saved)),
	};
	memcpy(out->digest, saved.digest, sizeof(out->digest));
	memcpy(out->signature, saved.signature, sizeof(out->signature));
	return OK;
}

enum status
last_good_reader_open(const struct last_good_place *place, struct arena *arena,
    struct control_head *out_head, struct last_good_reader **out)
{
	struct last_good_reader *reader;
	FILE *file =
	    fopen(path_of(arena, place->directory, "snapshot.lkg"), "re");
	enum status s;

	if (file == NULL)
		return errno == ENOENT ? E_NOT_FOUND : E_UNAVAILABLE;
	reader = calloc(1, sizeof(*reader));
	if (reader == NULL)
		abort();
	reader->place = *place;
	reader->file = file;
	s = read_head(reader, arena, out_head);
	if (s != OK) {
		last_good_reader_close(reader);
		return s;
	}
	*out = reader;
	return OK;
}

enum status
last_good_reader_next(
    struct last_good_reader *reader, struct arena *arena, struct str *out)
{
	return read_piece(reader, arena, out);
}

void
last_good_reader_close(struct last_good_reader *reader)
{
	fclose(reader->file);
	seal_wipe(&reader->place, sizeof(reader->place));
	free(reader);
}

/* --- what was seen ------------------------------------------------------------------- */

enum status
last_good_note_seen(
    const struct last_good_place *place, const struct last_good_seen *seen)
{
	struct arena arena CLEANUP(arena_done);
	struct str sealed;

	arena_init(&arena, 0);
	sealed = seal_key(&arena, place->key, context_of(&arena, SEEN_PIECE),
	    str_make(seen, sizeof(*seen)));
	return daemon_write_file(
	    path_of(&arena, place->directory, "snapshot.seen"), sealed, 0600);
}

enum status
last_good_read_seen(
    const struct last_good_place *place, struct last_good_seen *out)
{
	struct arena arena CLEANUP(arena_done);
	struct str sealed, plain;
	enum status s;

	arena_init(&arena, 0);
	s = daemon_read_file(&arena,
	    path_of(&arena, place->directory, "snapshot.seen"), SEEN_MAX_BYTES,
	    &sealed);
	if (s != OK)
		return s;
	s = seal_open(
	    &arena, place->key, context_of(&arena, SEEN_PIECE), sealed, &plain);
	if (s != OK || plain.len != sizeof(*out))
		return E_CORRUPT;
	memcpy(out, plain.ptr, sizeof(*out));
	return OK;
}
