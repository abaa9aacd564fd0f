/*
 * openai_chat.h - the functions of the OpenAI Chat Completions dialect, for
 * its table in openai_chat_dialect.c.
 */
#pragma once

#include "dataplane/translate/chat_reader.h"
#include "dataplane/translate/chat_writer.h"
#include "dataplane/translate/dialect.h"
#include "dataplane/translate/stream.h"

enum status openai_chat_read_request(struct arena *, const struct tree *,
    struct chat *, struct translate_fault *);
enum status openai_chat_write_request(struct arena *, const struct chat *,
    struct str model, uint32_t quirks, struct outbound *,
    struct translate_fault *);

void openai_chat_decode_event(
    struct decoder *, struct str name, struct str data);
void openai_chat_decode_whole(struct decoder *, struct str body);
void openai_chat_encode_event(struct encoder *, const struct chat_event *);
void openai_chat_encode_whole(struct encoder *);

void openai_chat_read_error(
    struct arena *, int http_status, struct str body, struct failure *);
void openai_chat_write_error(struct buf *, const struct dialect_error *);

/* Within the dialect: one message of a request's list, and its parts. */
enum status openai_chat_read_message(
    struct chat_reader *, const struct tree *message, size_t index);
enum status openai_chat_write_messages(struct chat_writer *);

/* An error reported within a 200: the object or text of "error". */
void openai_chat_read_error_tree(
    struct arena *, int http_status, const struct tree *root, struct failure *);
