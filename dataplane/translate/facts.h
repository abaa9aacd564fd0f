/*
 * facts.h - what routing, admission and metering need to know of a request.
 *
 * Read by the validating scanner: no copy, no tree.  The slices borrow from
 * the body.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/status.h"
#include "common/str.h"
#include "dataplane/translate/scan.h"

struct dialect;

struct facts {
	struct str model;     /* unescaped text, as the client wrote it */
	struct str model_raw; /* its bytes in the body, with quotes */
	bool stream;
	bool include_usage;	   /* OpenAI: stream_options.include_usage */
	struct str stream_options; /* raw pair, or empty */
	int64_t max_output;	   /* tokens; -1 when not said */
	int64_t choices;	   /* n; 1 when not said */
	bool has_tools;
	int64_t input_guess; /* tokens: a quarter of the body */
};

/*
 * The arena is used for a model name spelt with escapes only.  On E_INVALID
 * `param` names the member ("model") or is empty, `message` says what to do.
 */
struct facts_fault {
	struct str param;
	struct str message;
};

struct arena;
enum status facts_read(const struct dialect *client, struct arena *,
    struct str body, struct facts *out, struct facts_fault *fault);
