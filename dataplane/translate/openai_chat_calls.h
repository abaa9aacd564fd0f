/*
 * openai_chat_calls.h - puts the pieces of tool calls together, as providers
 * of the OpenAI family deliver them: whole, in fragments, side by side.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "dataplane/translate/stream.h"

struct tree;

struct openai_chat_call;

struct openai_chat_calls { /* zeroed; lives in the attempt's arena */
	struct openai_chat_call *newest;
	struct str origin; /* makes ids where are none */
	bool whole;	   /* no call has fragments */
};

/* One element of tool_calls. */
void openai_chat_read_call(struct decoder *, struct openai_chat_calls *,
    size_t choice, const struct tree *call);

bool openai_chat_has_calls(const struct openai_chat_calls *, size_t choice);
