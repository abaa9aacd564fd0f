/*
 * settings.h - what an operator may set on a gateway: every limit by name.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/status.h"

struct settings {
	/* addresses and files */
	const char *listen;
	const char *probe_listen;
	const char *state;
	const char *name;
	const char *region;
	const char *log_level;

	/* the control plane */
	const char *link_url;
	const char *bell_url;
	const char *tls_ca;
	const char *tls_cert;
	const char *tls_key;
	const char *tls_server_name;
	const char *enrolment_token_file;
	int64_t lkg_max_age_s;
	int64_t snapshot_max_bytes;

	/* threads */
	int64_t workers;
	int64_t pin_cpu;

	/* clients */
	int64_t connections_max;
	int64_t connection_memory_bytes;
	int64_t keepalive_s;
	int64_t header_deadline_ms;
	int64_t body_grace_ms;
	int64_t body_rate_min;
	int64_t body_max_bytes;
	int64_t output_pause_bytes;
	int64_t drain_ms;

	/* providers */
	int64_t connect_timeout_ms;
	int64_t header_timeout_ms;
	int64_t first_content_timeout_ms;
	int64_t idle_timeout_ms;
	int64_t total_timeout_ms;
	int64_t attempts_max;
	int64_t answer_max_bytes;
	int64_t answer_held_max_bytes;
	int64_t sse_event_max_bytes;
	int64_t request_memory_bytes;
	const char *upstream_ca;

	/* usage */
	int64_t usage_spool_max_bytes;
	int64_t refusal_rows_per_s;
};

/* On E_INVALID `fault` says what is wrong. */
enum status gateway_settings_load(
    int argc, char **argv, struct settings *out, struct buf *fault);
void gateway_settings_help(struct buf *);
