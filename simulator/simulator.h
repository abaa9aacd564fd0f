/*
 * simulator.h - what all workers share: settings, rules, records.
 *
 * Made by main before the workers start, freed after they have ended.
 */
#pragma once

#include <stdint.h>

#include "simulator/answer.h"
#include "simulator/records.h"
#include "simulator/rules.h"

struct simulator_settings {
	const char *listen;
	int64_t workers;
	int64_t seed;
	int64_t latency_ms;
	int64_t ttft_ms;
	int64_t token_rate;
	int64_t chunk_bytes;
	int64_t answer_tokens;
	int64_t kept_requests;
	int64_t body_max_bytes;
};

struct simulator {
	struct simulator_settings settings;
	struct rules rules;
	struct records *records;
};
