/*
 * prices.h - prices: one row per meter, effective-dated, never overlapping.
 */
#pragma once

#include "controlplane/store/table.h"

extern const struct table prices_table;

/* Ends the open row of the same meter where the document's row begins. */
void prices_close(struct tx *, const json_t *);

enum price_state {
	PRICE_NEW,     /* to be inserted from valid_from on */
	PRICE_KNOWN,   /* there already */
	PRICE_CHANGED, /* differs from the open one: from now on */
};

/* How a row of a catalogue relates to what is there. */
enum price_state prices_compare(struct tx *, const json_t *);

struct price_question {
	struct str provider;
	struct str model;
	struct str tier;
	struct id tenant; /* zero: the platform's prices */
	int64_t at_us;
	int64_t ctx_tokens;
};

/* For each meter the row that wins, as an array of documents. */
json_t *prices_lookup(struct tx *, const struct price_question *);
