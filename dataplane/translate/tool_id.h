/*
 * tool_id.h - names of tool calls across dialects, without keeping state.
 *
 * A client replays the ids it was given, so an id is all that can be brought
 * back from one turn to the next.  Gemini has no ids but may sign a call: the
 * id made for it is "call_<n>_<hash>" and, when the signature is not too
 * long, "-<signature>" behind it, from which the next turn's request takes it
 * again.  Providers that never made the signature get the id without it.
 */
#pragma once

#include "common/str.h"

struct arena;

/* Longer signatures are not carried in ids. */
#define TOOL_ID_SIGNATURE_MAX 2048

/* What a provider accepts as an id. */
enum tool_id_rule {
	TOOL_ID_OPENAI,	   /* up to 40 bytes */
	TOOL_ID_ANTHROPIC, /* letters, digits, '_' and '-' */
	TOOL_ID_NINE,	   /* Mistral: nine letters or digits */
};

/* The same origin and number give the same id. */
struct str tool_id_make(
    struct arena *, struct str origin, size_t number, struct str signature);

/* The signature within an id, in standard base64; empty when it has none. */
struct str tool_id_signature(struct arena *, struct str id);

/* The id itself where it fits, else one that is made from it. */
struct str tool_id_fit(struct arena *, struct str id, enum tool_id_rule);
