/*
 * ingest.h - usage rows on their way in, and how far each boot has come.
 */
#pragma once

#include "common/id.h"
#include "controlplane/store/tx.h"

/* Records first .. last of one boot of one gateway. */
struct ingest_range {
	int64_t gateway_sid;
	uint64_t boot_id;
	int64_t first;
	int64_t last;
};

/*
 * Moves the boot's cursor to the end of the range and returns where it stood
 * before: rows up to there are known already.  When the cursor stands short
 * of the range (a gap) or past it, it does not move.
 */
int64_t store_cursor_advance(struct tx *, const struct ingest_range *);

struct usage_tokens {
	int64_t input;
	int64_t cached;
	int64_t cache_write_5m;
	int64_t cache_write_1h;
	int64_t output;
	int64_t reasoning;
};

struct usage_subject {
	int32_t tenant_sid;
	int32_t team_sid;
	int32_t key_sid;
	int32_t provider_sid;
	int16_t outcome;
	struct str alias;
	struct str upstream_model;
};

struct usage_event {
	int64_t ts_us;
	struct id request_id;
	struct usage_subject subject;
	struct usage_tokens tokens;
	int64_t cost_nano;
	int64_t latency_us;
	int64_t ttft_us;
	int64_t upstream_us;
	int64_t config_rev;
	int32_t route_sid;
	int32_t gateway_sid;
	int32_t count;
	int16_t http_status;
	int16_t attempt_count;
	bool estimated;
	bool unpriced;
	bool stream;
	struct str dialect;
	struct str error_code;
	struct str route_reason;
	struct str detail; /* JSON; empty: NULL */
};

/* What a batch adds to one quarter of an hour of one subject. */
struct usage_total {
	int64_t bucket_us;
	struct usage_subject subject;
	struct usage_tokens tokens;
	int64_t requests;
	int64_t estimated;
	int64_t unpriced;
	int64_t cost_nano;
};

void store_usage_events(struct tx *, const struct usage_event *, size_t);
void store_usage_totals(struct tx *, const struct usage_total *, size_t);
