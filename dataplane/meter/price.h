/*
 * price.h - what tokens cost: one function for reservation and bill.
 *
 * Integers only: pico-USD per token times tokens, summed exactly and rounded
 * up once, to nano-USD, per request.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/str.h"
#include "dataplane/meter/tokens.h"

struct arena;
struct snapshot;
struct snapshot_provider;
struct snapshot_tenant;

struct price_question {
	const struct snapshot_provider *provider;
	const struct snapshot_tenant *tenant;
	struct str upstream_model;
	struct tokens tokens;
	int64_t wall_us; /* of admission */
};

#define PRICE_ROWS_MAX 8

struct price_answer {
	int64_t cost_nano;
	bool unpriced; /* a meter that was used has no row */
	uint32_t row_sids[PRICE_ROWS_MAX]; /* rows that applied */
	size_t row_count;
};

struct price_answer price_tokens(
    const struct snapshot *, struct arena *, const struct price_question *);
