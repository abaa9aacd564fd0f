/*
 * requests.h - single requests: their metadata, as gateways recorded them.
 */
#pragma once

#include <jansson.h>

#include "controlplane/store/tx.h"

struct request_query {
	int64_t from_us;
	int64_t to_us;
	int64_t before_us; /* only what is older than this … */
	struct id before;  /* … or as old, with a smaller id */
	int64_t limit;
	json_t *filter;	  /* ids as uuid, names as text */
	struct id tenant; /* zero: all */
};

/* Newest first, as an array of documents. */
json_t *requests_list(struct tx *, const struct request_query *);

/* NULL when there is none, or it is not the tenant's. */
json_t *requests_get(struct tx *, struct id, struct id tenant);
