/*
 * usage.h - totals of usage over time and dimensions.
 */
#pragma once

#include <jansson.h>

#include "controlplane/store/tx.h"

enum {
	USAGE_BY_TENANT = 1,
	USAGE_BY_TEAM = 2,
	USAGE_BY_KEY = 4,
	USAGE_BY_PROVIDER = 8,
	USAGE_BY_MODEL = 16,
	USAGE_BY_ALIAS = 32,
	USAGE_BY_OUTCOME = 64,
};

struct usage_query {
	int64_t from_us;
	int64_t to_us;
	int64_t bucket_s;  /* 0: one bucket for all */
	unsigned group_by; /* USAGE_BY_… */
	json_t *filter;	   /* ids as uuid, names as text */
	struct id tenant;  /* zero: all */
	int64_t limit;	   /* of rows */
};

/* One document per bucket and group, ordered by bucket and cost. */
json_t *usage_totals_list(struct tx *, const struct usage_query *);
