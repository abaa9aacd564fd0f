/*
 * ask.h - what a request asks for, whatever dialect it came in.
 *
 * A dialect's reader fills it.  Texts live in the request's bytes or in the
 * exchange's arena.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/str.h"

struct arena;

#define ASK_TOOLS_MAX 128

enum tool_mode {
	TOOLS_AUTO,
	TOOLS_NONE,
	TOOLS_ANY,
	TOOLS_NAMED,
};

struct tool {
	struct str name;
	struct str schema; /* of its arguments, JSON; empty when not given */
};

struct ask {
	struct str model;
	struct str user_text;	/* the last user message */
	struct str tool_result; /* of the last message, when it is one */
	struct str schema;	/* the answer must be JSON of this schema */
	struct tool *tools;
	size_t tool_count;
	enum tool_mode tool_mode;
	struct str tool_name;
	size_t message_count;
	size_t text_bytes;  /* all text shown to the model */
	int64_t max_tokens; /* 0: not limited */
	int64_t choices;
	bool is_stream;
	bool is_array; /* a stream as one JSON array, not as events */
	bool wants_usage;
	bool wants_thoughts;
	bool ends_with_tool_result;
};

/* Counts a text of the conversation. */
void ask_add_text(struct ask *, struct str text);

/* Past ASK_TOOLS_MAX tools are ignored. */
void ask_add_tool(
    struct ask *, struct arena *, struct str name, struct str schema);

/*
 * Adds a part to a message's text: parts are joined by line ends.  One part,
 * the usual case, is not copied.
 */
struct str ask_join(struct arena *, struct str text, struct str part);

/* The simulator's rule: four bytes are a token, a rest counts as one. */
int64_t tokens_of(size_t bytes);
