/*
 * dialect_inside.h - what the dialects share; private to them.
 */
#pragma once

#include "common/emit.h"
#include "simulator/dialect.h"
#include "simulator/reader.h"

/* Chat completions; Ark refuses the role "developer". */
enum status openai_read(struct ask *, struct arena *, struct str body,
    bool has_developer, struct fault *);

enum status anthropic_read(
    struct ask *, struct arena *, struct str body, struct fault *);

/* The model is in the path, so only the body's part is read here. */
enum status gemini_read(
    struct ask *, struct arena *, struct str body, struct fault *);

/*
 * A member that is a text or a list of parts {"text": …}: the joined text,
 * counted in the ask.  Parts of other kinds are skipped.
 */
struct str dialect_read_content(struct ask *, struct reader *);

/* The place of the word in the list; -1 when it is not there. */
int dialect_find_word(struct str word, const struct str *list, size_t count);

/* The word chat completions have for it. */
const char *openai_finish_word(enum finish);

/* "chatcmpl-" and the id as one text. */
void dialect_emit_id(
    struct emit *, const char *key, const char *prefix, const char *id);

/* Calls emit_one for each model of this owner. */
void dialect_emit_models(struct emit *, const char *owner,
    void (*emit_one)(struct emit *, const char *model));

struct error_shape { /* how a status looks in a dialect */
	int status;
	const char *type;
	const char *code;
};

/* The shape of the status, else of 400 or 500, which the list has. */
const struct error_shape *dialect_error_shape(
    const struct error_shape *list, size_t count, int status);

/* "data: ", what write_fault writes, and the end of the event. */
void dialect_write_data_fault(const struct fault *, struct buf *,
    void (*write_fault)(const struct fault *, struct buf *));
