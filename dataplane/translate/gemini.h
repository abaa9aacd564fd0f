/*
 * gemini.h - the functions of the Gemini generateContent dialect, for its
 * table in gemini_dialect.c.
 */
#pragma once

#include "dataplane/translate/chat_writer.h"
#include "dataplane/translate/dialect.h"
#include "dataplane/translate/stream.h"
#include "dataplane/translate/tree.h"

enum status gemini_write_request(struct arena *, const struct chat *,
    struct str model, uint32_t quirks, struct outbound *,
    struct translate_fault *);
void gemini_decode_event(struct decoder *, struct str name, struct str data);
void gemini_decode_whole(struct decoder *, struct str body);
void gemini_read_error(
    struct arena *, int http_status, struct str body, struct failure *);

/* Within the dialect. */
enum status gemini_write_contents(struct chat_writer *);
void gemini_write_thinking(struct chat_writer *);
void gemini_read_error_tree(
    struct arena *, int http_status, const struct tree *root, struct failure *);

/* The number behind "gemini-" (2 for 2.5); 0 when the name tells none. */
int gemini_generation(struct str model);
