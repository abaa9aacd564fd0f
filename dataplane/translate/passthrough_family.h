/*
 * passthrough_family.h - what passthrough.c asks of each family, and what it
 * gives them; private to passthrough_*.c.
 */
#pragma once

#include "dataplane/translate/lexer.h"
#include "dataplane/translate/passthrough.h"

/*
 * Looks at an event that has data.  What is returned is a part of its data
 * that is not for the client: empty for none, all of it for the whole event.
 */
struct str passthrough_openai_chat_event(
    struct passthrough *, const struct sse_event *);
struct str passthrough_anthropic_event(
    struct passthrough *, const struct sse_event *);

/* Looks at a whole answer; false when it is none of this family. */
bool passthrough_openai_chat_whole(struct passthrough *, struct str body);
bool passthrough_anthropic_whole(struct passthrough *, struct str body);

/* Notes an error the provider reports inside a 200 answer. */
void passthrough_fail(struct passthrough *, struct str body);

/* Notes a usage object, raw. */
void passthrough_usage(struct passthrough *, struct str raw);

/* Notes content of this size: something, when is_content. */
void passthrough_content(struct passthrough *, int64_t bytes, bool is_content);

/*
 * Passes over the value to come and counts the bytes of the strings in it
 * that are content: not those that name, type or sign something.
 */
int64_t passthrough_count_text(struct lexer *);
