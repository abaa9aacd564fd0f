/*
 * chat_reader.h - what the dialects share when they read a client's body
 * into a conversation.
 *
 * One per request, on the stack.  Lists grow at their end; a refusal says
 * which member of the body is meant and why.
 */
#pragma once

#include "common/base.h"
#include "common/status.h"
#include "dataplane/translate/chat.h"
#include "dataplane/translate/dialect.h"
#include "dataplane/translate/tree.h"

struct arena;

struct chat_reader {
	struct arena *arena;
	struct chat *chat;
	struct translate_fault *fault;
	struct chat_message **message_end;
	struct chat_part **part_end; /* of the open message */
	struct chat_tool **tool_end;
	struct chat_option **option_end;
	size_t foreign_count;
};

/* More unknown members than these are not told apart. */
#define READER_FOREIGN_MAX 64

void chat_reader_init(struct chat_reader *, struct arena *, struct chat *,
    struct translate_fault *);

/* Fills the fault and returns E_INVALID. */
enum status chat_reader_refuse(struct chat_reader *, struct str where,
    const char *fmt, ...) PRINTF_LIKE(3, 4);

/* Opens a message; following parts belong to it. */
struct chat_message *chat_reader_message(struct chat_reader *, enum chat_role);
struct chat_part *chat_reader_part(
    struct chat_reader *, enum chat_part_kind, struct str where);
void chat_reader_text(struct chat_reader *, struct str text, struct str where);
struct chat_tool *chat_reader_tool(struct chat_reader *);

/* A null is as good as nothing and is not noted. */
void chat_reader_option(
    struct chat_reader *, const char *name, const struct tree *value);
void chat_reader_foreign(struct chat_reader *, struct str name);

/* Is the name in the list, which ends in NULL? */
bool chat_reader_is_known(struct str name, const char *const *known);

/* All the object's members that are not in `known`, each below `prefix`. */
void chat_reader_foreign_members(struct chat_reader *, const struct tree *,
    const char *const *known, const char *prefix);

/*
 * The last step of every reader: pairs results with calls; of a conversation
 * that is nothing but instructions, the last one becomes the user's.
 */
enum status chat_reader_finish(struct chat_reader *);

/* A string or an array of them. */
enum status chat_reader_stops(
    struct chat_reader *, const struct tree *, struct str where);

/* "data:image/png;base64,…" or an address into media. */
enum status chat_reader_url(struct chat_reader *, struct str url,
    struct chat_media *, struct str where);

/* "messages[3].content": where things stand, for people. */
struct str chat_reader_where(struct chat_reader *, const char *fmt, ...)
    PRINTF_LIKE(2, 3);
