/*
 * record.h - what is written down about a request, as plain values.
 *
 * Slices borrow from the request; the spool copies what it needs.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/id.h"
#include "common/str.h"
#include "dataplane/meter/tokens.h"
#include "dataplane/upstream/failure.h"

#define RECORD_ATTEMPTS_MAX 16
#define RECORD_LABELS_MAX 16
#define RECORD_PRICES_MAX 12

/* The numbers are those of usage.proto's Outcome. */
enum outcome {
	OUTCOME_NONE,
	OUTCOME_OK,
	OUTCOME_CLIENT_GONE,
	OUTCOME_UPSTREAM_ERROR,
	OUTCOME_TIMEOUT,
	OUTCOME_REFUSED_AUTH,
	OUTCOME_REFUSED_BUDGET,
	OUTCOME_REFUSED_LIMIT,
	OUTCOME_REFUSED_POLICY,
	OUTCOME_CUT_BUDGET,
	OUTCOME_ERROR,
};

struct record_subject {
	struct id request_id;
	int64_t wall_us;
	uint32_t tenant_sid;
	uint32_t team_sid;
	uint32_t key_sid;
	uint32_t provider_sid;
	uint32_t route_sid;
	struct str alias;
	struct str upstream_model;
	const char *dialect;
};

struct record_intent {
	struct record_subject subject;
	int64_t input_guess;
	int64_t reserved_nano;
};

struct record_attempt {
	uint32_t provider_sid;
	struct str upstream_model;
	int http_status;
	enum failure_class failure;
	int64_t duration_us;
};

struct record {
	struct record_subject subject;
	enum outcome outcome;
	int http_status;
	struct str error_code;
	struct tokens tokens; /* !reported -> estimated */
	bool unpriced;
	int64_t cost_nano;
	uint32_t price_sids[RECORD_PRICES_MAX];
	size_t price_count;
	int64_t latency_us;
	int64_t ttft_us;
	int64_t upstream_us;
	bool stream;
	struct record_attempt attempts[RECORD_ATTEMPTS_MAX];
	size_t attempt_count;
	struct str route_reason;
	struct str label_names[RECORD_LABELS_MAX];
	struct str label_values[RECORD_LABELS_MAX];
	size_t label_count;
	uint32_t count; /* refusals in one row; 0: 1 */
	uint64_t config_rev;
};
