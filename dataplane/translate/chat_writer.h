/*
 * chat_writer.h - what the dialects share when they write a conversation as
 * a provider's request.
 *
 * One per attempt, on the stack; the body it builds lives in the arena.
 */
#pragma once

#include "common/base.h"
#include "common/buf.h"
#include "common/emit.h"
#include "common/status.h"
#include "dataplane/translate/chat.h"
#include "dataplane/translate/dialect.h"

struct arena;

/* A request may grow when it is translated, but not without end. */
#define WRITER_BODY_MAX_BYTES ((size_t)512 << 20)

/* As long as a header may get; more names are not told. */
#define WRITER_DROPPED_MAX_BYTES 1024

struct chat_writer {
	struct arena *arena;
	const struct chat *chat;
	struct str model;
	uint32_t quirks;
	struct outbound *out;
	struct translate_fault *fault;
	struct emit emit;
};

/* An option some provider knows, and its word for it. */
struct option_word {
	const char *name; /* ours, which is OpenAI's */
	const char *word;
};

void chat_writer_init(struct chat_writer *, struct arena *, struct outbound *,
    struct translate_fault *);

/* Sets out->body; E_TOO_LARGE when it outgrew its bound. */
enum status chat_writer_finish(struct chat_writer *);

enum status chat_writer_refuse(struct chat_writer *, struct str where,
    const char *fmt, ...) PRINTF_LIKE(3, 4);

/* Names what could not be carried, once. */
void chat_writer_drop(struct chat_writer *, const char *name);

/* Carries the options in the table, as they are. */
void chat_writer_options(
    struct chat_writer *, const struct option_word *, size_t count);

/*
 * Names the options that no table has.  `handled` are tables of words carried
 * in one way or another.
 */
void chat_writer_drop_options(
    struct chat_writer *, const struct option_word *, size_t count);

/* "key": ["a", "b"], nothing when there are no stops. */
void chat_writer_stops(struct chat_writer *, const char *key);

/* A data URL or the address. */
void chat_writer_url(
    struct chat_writer *, const char *key, const struct chat_media *);

/* All text parts from here on, joined; borrows when there is one only. */
struct str chat_writer_join(
    struct chat_writer *, const struct chat_part *, const char *between);

/* Bytes of a text/… document; E_INVALID when it is no base64 or no UTF-8. */
enum status chat_writer_document_text(
    struct chat_writer *, const struct chat_part *, struct str *out);
