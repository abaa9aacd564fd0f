/*
 * anthropic.h - the functions of the Anthropic Messages dialect, for its
 * table in anthropic_dialect.c.
 */
#pragma once

#include "common/emit.h"
#include "dataplane/translate/chat_reader.h"
#include "dataplane/translate/chat_writer.h"
#include "dataplane/translate/dialect.h"
#include "dataplane/translate/stream.h"

enum status anthropic_read_request(struct arena *, const struct tree *,
    struct chat *, struct translate_fault *);
enum status anthropic_write_request(struct arena *, const struct chat *,
    struct str model, uint32_t quirks, struct outbound *,
    struct translate_fault *);

void anthropic_decode_event(struct decoder *, struct str name, struct str data);
void anthropic_decode_whole(struct decoder *, struct str body);
void anthropic_encode_event(struct encoder *, const struct chat_event *);
void anthropic_encode_whole(struct encoder *);

void anthropic_read_error(
    struct arena *, int http_status, struct str body, struct failure *);
void anthropic_write_error(struct buf *, const struct dialect_error *);

/* Within the dialect. */
enum status anthropic_read_message(
    struct chat_reader *, const struct tree *message, size_t index);
enum status anthropic_read_system(struct chat_reader *, const struct tree *);
enum status anthropic_write_messages(struct chat_writer *);
void anthropic_write_system(struct chat_writer *);
void anthropic_write_thinking(struct chat_writer *);
int64_t anthropic_max_tokens(const struct chat_writer *);
bool anthropic_thinks(const struct chat_writer *);
void anthropic_read_error_tree(
    struct arena *, int http_status, const struct tree *root, struct failure *);

/* Shared by a stream's last event and by whole answers. */
const char *anthropic_stop_word(enum chat_stop);
void anthropic_write_usage(struct emit *, const struct tokens *);
