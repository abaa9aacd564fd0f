/*
 * tokens.h - what a provider says it counted, in one arithmetic.
 *
 * Providers disagree on what includes what; the decoders bring every report
 * into this form: input includes cached and cache-writing tokens, output
 * includes reasoning.  (OpenTelemetry's gen_ai.usage.* counts the same way.)
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct tokens {
	int64_t input;
	int64_t cached;		/* of input: read from the provider's cache */
	int64_t cache_write_5m; /* of input: written to it */
	int64_t cache_write_1h;
	int64_t output;
	int64_t reasoning; /* of output */
	bool reported;	   /* by the provider; else counted by us */
};
