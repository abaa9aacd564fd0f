/*
 * settings.h - everything an operator may set on weir-control, in two tables.
 */
#pragma once

#include <stdint.h>

#include "common/settings.h"

struct control_settings {
	/* every command */
	const char *database_url;
	const char *keyring;
	const char *log_level;

	/* serve */
	const char *admin_listen;
	const char *probe_listen;
	const char *link_listen;
	const char *bell_listen;
	const char *tls_ca;
	const char *tls_cert;
	const char *tls_key;
	int64_t admin_workers;
	int64_t admin_queue_max;
	int64_t admin_body_max_bytes;
	int64_t link_workers;
	int64_t link_message_max_bytes;
	int64_t snapshot_max_bytes;
	int64_t lkg_max_age_s;
	int64_t heartbeat_ms;
	int64_t usage_batch_max_records;
	int64_t usage_batch_max_bytes;
	bool migrate;

	/* the other commands */
	const char *name;
	int64_t max_uses;
	int64_t valid_hours;
	bool status;
};

struct settings_table {
	const struct setting *settings;
	size_t count;
};

extern const struct settings_table settings_of_serve;
extern const struct settings_table settings_of_commands;

/*
 * "127.0.0.1:9090" or "[::1]:9090" into its two halves; the host lives in
 * the arena.  E_INVALID when it is neither.
 */
struct arena;
enum status settings_address(
    struct arena *, const char *text, const char **out_host, int64_t *out_port);
