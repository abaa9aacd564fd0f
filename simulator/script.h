/*
 * script.h - how one answer is to misbehave.
 *
 * A script is a list of directives, "latency=200 status=429 cut=after:5".
 * Texts from several places are read into the same script, the later ones
 * winning.  README.md lists the directives; the table in script.c is the
 * code's side of it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/status.h"
#include "common/str.h"

struct arena;
struct buf;

enum finish {
	FINISH_STOP,
	FINISH_LENGTH,
	FINISH_TOOLS,
	FINISH_FILTER,
};

enum mishap {
	MISHAP_NONE,
	MISHAP_RESET,	/* the connection is reset */
	MISHAP_STALL,	/* nothing more is sent */
	MISHAP_CUT,	/* the connection is closed in the middle */
	MISHAP_GARBAGE, /* something that is no JSON is sent */
	MISHAP_ERROR,	/* an error arrives inside the answer */
};

#define SCRIPT_CODE_SIZE 64

struct script {		     /* numbers are -1 when not given */
	int64_t latency_ms;  /* before the head of the answer */
	int64_t ttft_ms;     /* between the head and the first piece */
	int64_t rate;	     /* tokens a second, 0: at once */
	int64_t tokens;	     /* of the answer's text */
	int64_t chunk_bytes; /* of one piece */
	int64_t status;	     /* answer with this error */
	int64_t retry_after_s;
	int64_t reasoning; /* tokens */
	int64_t cached;	   /* tokens of the prompt */
	int64_t cache_write;
	int64_t finish; /* enum finish */
	enum mishap mishap;
	int64_t mishap_after; /* pieces sent before it happens */
	bool has_no_usage;
	char code[SCRIPT_CODE_SIZE]; /* of the error; "" for the usual one */
};

void script_init(struct script *);

/*
 * Directives are separated by spaces or commas.  On E_INVALID `fault` (may
 * be NULL) says which one is wrong.
 */
enum status script_read(struct script *, struct str text, struct buf *fault);

/*
 * Takes "[[sim …]]" out of a prompt: *out_text is the prompt without it, in
 * the arena when it had one.  Returns the directives, empty without any.
 */
struct str script_extract(
    struct arena *, struct str prompt, struct str *out_text);
