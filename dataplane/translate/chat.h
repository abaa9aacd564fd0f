/*
 * chat.h - the neutral conversation: what every dialect can be read into and
 * written from.
 *
 * A request is messages of parts, tools and options.  What is JSON for the
 * provider's eyes alone (schemas, arguments, numbers) stays the raw bytes the
 * client sent.  Everything lives in the request's arena or borrows from the
 * client's body.
 *
 * An answer is a row of events, the same whether the provider streamed it or
 * not: START, then content, then FINISH, USAGE and END.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/str.h"
#include "dataplane/meter/tokens.h"
#include "dataplane/upstream/failure.h"

struct arena;
struct tree;

/* ---- the request ---- */

enum chat_role {
	CHAT_SYSTEM, /* also "developer" */
	CHAT_USER,
	CHAT_ASSISTANT,
	CHAT_TOOL, /* holds PART_RESULT only */
};

enum chat_part_kind {
	PART_TEXT,	/* text */
	PART_REFUSAL,	/* text; of the assistant */
	PART_REASONING, /* text, signature; of the assistant */
	PART_IMAGE,	/* media */
	PART_DOCUMENT,	/* media */
	PART_AUDIO,	/* media */
	PART_CALL,	/* id, name, json: the arguments, an object */
	PART_RESULT,	/* id, name, parts, is_error */
};

/* Bytes in base64 with their type, or an address; never both. */
struct chat_media {
	struct str type; /* "image/png"; may be empty with url */
	struct str base64;
	struct str url;
	struct str filename; /* or empty */
	struct str detail;   /* of an image, OpenAI's word; or empty */
};

struct chat_part {
	enum chat_part_kind kind;
	struct str text;
	struct str signature; /* the issuer's proof, or empty */
	struct str id;
	struct str name;
	struct str json; /* raw */
	struct chat_media media;
	struct chat_part *parts; /* of a result */
	bool is_error;
	struct chat_part *answer; /* of a call: its result */
	struct str cache_control; /* raw, Anthropic's; or empty */
	struct str where;	  /* "messages[2].content[0]" */
	struct chat_part *next;
};

struct chat_message {
	enum chat_role role;
	struct chat_part *parts;
	struct chat_message *next;
};

struct chat_tool {
	struct str name;
	struct str description; /* or empty */
	struct str schema;	/* raw JSON object, or empty */
	bool strict;
	struct str cache_control;
	struct chat_tool *next;
};

enum chat_tool_choice {
	TOOLS_UNSAID,
	TOOLS_AUTO,
	TOOLS_REQUIRED, /* any tool, but one */
	TOOLS_NONE,
	TOOLS_NAMED,
};

enum chat_format {
	FORMAT_TEXT,
	FORMAT_JSON, /* some JSON object */
	FORMAT_SCHEMA,
};

/* How much to think; one scale for every vocabulary. */
enum chat_effort {
	EFFORT_UNSAID,
	EFFORT_NONE,
	EFFORT_MINIMAL,
	EFFORT_LOW,
	EFFORT_MEDIUM,
	EFFORT_HIGH,
	EFFORT_XHIGH,
	EFFORT_MAX,
	EFFORT_AUTO, /* think as the model sees fit */
};

/* A setting that is carried as it is, or named as dropped. */
struct chat_option {
	struct str name; /* OpenAI's word: "seed", "user" */
	struct str json; /* raw value */
	bool foreign;	 /* known to its own dialect only */
	struct chat_option *next;
};

struct chat {
	struct chat_message *messages;
	struct chat_tool *tools;
	enum chat_tool_choice tool_choice;
	struct str tool_name; /* of TOOLS_NAMED */
	bool parallel_said;
	bool parallel; /* several calls in one answer */

	int64_t max_tokens; /* -1: not said */
	int64_t choices;    /* n; 1: not said */
	struct str *stops;  /* unescaped */
	size_t stop_count;

	enum chat_format format;
	struct str format_name;
	struct str format_schema; /* raw */
	struct str format_description;
	bool format_strict;
	bool format_strict_said;

	enum chat_effort effort;
	int64_t thinking_budget; /* -1: not said */
	bool stream;

	/* temperature, top_p, top_k, seed, user and all that is unknown */
	struct chat_option *options;
};

/* Nothing said yet. */
void chat_init(struct chat *);

/* The option of this name that any dialect may carry, or NULL. */
const struct chat_option *chat_option_get(
    const struct chat *, const char *name);

/*
 * Results name the call they answer by its id; this gives each the name of
 * that call's tool.  A result without a call, or a second one for the same
 * call, is E_INVALID and *out_part is that result.
 */
enum status chat_pair_results(struct chat *, struct chat_part **out_part);

/* The first message from here on that is not of the same side's turn. */
const struct chat_message *chat_turn_end(const struct chat_message *);

/*
 * A call's arguments as a JSON object: {} for none; text that is not an
 * object (an answer cut short, replayed) as {"invalid_json": "…"}.
 */
struct str chat_arguments(struct arena *, struct str json);

/* Thinking as a number of tokens, and a number as a word. */
int64_t chat_effort_budget(enum chat_effort);
enum chat_effort chat_budget_effort(int64_t budget);

/* EFFORT_UNSAID when the word is none of ours. */
enum chat_effort chat_effort_parse(struct str word);
const char *chat_effort_word(enum chat_effort);

/* ---- the answer ---- */

enum chat_event_kind {
	CHAT_EVENT_START,     /* the provider began to answer; id, model */
	CHAT_EVENT_TEXT,      /* text: a piece of what it says */
	CHAT_EVENT_REASONING, /* text: a piece of what it thinks */
	CHAT_EVENT_SIGNATURE, /* text: the proof of the thinking so far */
	CHAT_EVENT_REFUSAL,   /* text: a piece of why it will not */
	CHAT_EVENT_CALL,      /* a tool call begins: call, id, name */
	CHAT_EVENT_ARGUMENTS, /* text: a piece of that call's JSON */
	CHAT_EVENT_FINISH,    /* stop: a choice is complete */
	CHAT_EVENT_USAGE,     /* tokens: all so far; the last one counts */
	CHAT_EVENT_FAILURE,   /* the provider reported an error in a 200 */
	CHAT_EVENT_END,	      /* its terminal event; nothing follows */
};

enum chat_stop {
	STOP_END, /* said all there was to say */
	STOP_LENGTH,
	STOP_SEQUENCE, /* one of the request's stops */
	STOP_CALLS,    /* wants results of its tool calls */
	STOP_FILTER,   /* the provider's content filter */
	STOP_REFUSAL,  /* the model's own refusal */
};

/* Its slices are valid during the call that hands it over. */
struct chat_event {
	enum chat_event_kind kind;
	size_t choice; /* 0 unless n > 1 */
	size_t call;   /* 0, 1, … within its choice */
	struct str text;
	struct str id;
	struct str name;
	struct str signature; /* of a CALL, or empty */
	enum chat_stop stop;
	struct tokens tokens;
	struct failure failure; /* its text lives in the arena */
};
