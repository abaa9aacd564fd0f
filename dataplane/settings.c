/*
 * settings.c - the table behind settings.h; --help and the docs come from it.
 */
#include "dataplane/settings.h"

#include <stddef.h>

#include "common/base.h"
#include "common/settings.h"

#define TEXT(field, flag, value, text)                                       \
	{                                                                    \
		flag, SETTING_TEXT, offsetof(struct settings, field), value, \
		    0, 0, text                                               \
	}
#define INT(field, flag, value, low, high, text)                            \
	{                                                                   \
		flag, SETTING_INT, offsetof(struct settings, field), value, \
		    low, high, text                                         \
	}

#define KIB (1LL << 10)
#define MIB (1LL << 20)
#define GIB (1LL << 30)
#define HOUR_MS 3600000LL

static const struct setting table[] = {
	TEXT(
	    listen, "listen", "127.0.0.1:8080", "Address and port of the API."),
	TEXT(probe_listen, "probe-listen", "127.0.0.1:8081",
	    "Address and port of /livez, /readyz and /metrics."),
	TEXT(state, "state", "", "Directory for identity, spool and snapshot."),
	TEXT(name, "name", "gateway", "Name shown under /admin/v1/gateways."),
	TEXT(region, "region", "", "Region shown and matched by routes."),
	TEXT(log_level, "log-level", "info", "debug, info, warn or error."),

	TEXT(link_url, "link-url", "tls+tcp://127.0.0.1:7601",
	    "Where the control plane answers."),
	TEXT(bell_url, "bell-url", "tls+tcp://127.0.0.1:7602",
	    "Where the control plane publishes new revisions."),
	TEXT(tls_ca, "tls-ca", "",
	    "PEM file of the link's certificate authority."),
	TEXT(tls_cert, "tls-cert", "",
	    "PEM file of this gateway's certificate."),
	TEXT(tls_key, "tls-key", "", "PEM file of this gateway's key."),
	TEXT(tls_server_name, "tls-server-name", "weir-control",
	    "Name the control plane's certificate must carry."),
	TEXT(enrolment_token_file, "enrolment-token-file", "",
	    "File with an enrolment token; needed once per state directory."),
	INT(lkg_max_age_s, "lkg-max-age-s", "86400", 0, 31536000,
	    "Oldest snapshot on disk to start from without a control plane."),
	INT(snapshot_max_bytes, "snapshot-max-bytes", "536870912", MIB, 8 * GIB,
	    "Largest configuration accepted."),

	INT(workers, "workers", "0", 0, 256,
	    "Worker threads; 0 is one per processor."),
	INT(pin_cpu, "pin-cpu", "-1", -1, 1023,
	    "First processor to pin workers to; -1 does not pin."),

	INT(connections_max, "connections-max", "18000", 16, 1000000,
	    "Open client connections per worker."),
	INT(connection_memory_bytes, "connection-memory-bytes", "16384",
	    4 * KIB, MIB, "Room for the head of a request."),
	INT(keepalive_s, "keepalive-s", "75", 1, 3600,
	    "How long an idle client connection is kept."),
	INT(header_deadline_ms, "header-deadline-ms", "10000", 100, HOUR_MS,
	    "Time for the head of a connection's first request."),
	INT(body_grace_ms, "body-grace-ms", "10000", 100, HOUR_MS,
	    "Time before body-rate-min is asked of a body."),
	INT(body_rate_min, "body-rate-min", "1024", 1, GIB,
	    "Bytes per second a request body must reach after the grace."),
	INT(body_max_bytes, "body-max-bytes", "67108864", KIB, 4 * GIB,
	    "Largest request body."),
	INT(output_pause_bytes, "output-pause-bytes", "262144", 4 * KIB, GIB,
	    "Unsent bytes of a slow client at which its provider is paused."),
	INT(drain_ms, "drain-ms", "30000", 0, HOUR_MS,
	    "Time requests in flight are given at SIGTERM."),

	INT(connect_timeout_ms, "connect-timeout-ms", "5000", 10, HOUR_MS,
	    "Time to connect to a provider, TLS included."),
	INT(header_timeout_ms, "header-timeout-ms", "600000", 10, HOUR_MS,
	    "Time until a provider's status line."),
	INT(first_content_timeout_ms, "first-content-timeout-ms", "600000", 10,
	    HOUR_MS, "Time until a stream's first content."),
	INT(idle_timeout_ms, "idle-timeout-ms", "120000", 10, HOUR_MS,
	    "Longest silence within a provider's answer."),
	INT(total_timeout_ms, "total-timeout-ms", "3600000", 10, 24 * HOUR_MS,
	    "Time for a request with all its attempts."),
	INT(attempts_max, "attempts-max", "3", 1, 10,
	    "Targets tried per request where no route says otherwise."),
	INT(answer_max_bytes, "answer-max-bytes", "67108864", KIB, 4 * GIB,
	    "Largest answer that is not streamed."),
	INT(answer_held_max_bytes, "answer-held-max-bytes", "1048576", KIB, GIB,
	    "Bytes of a stream held back before its first content."),
	INT(sse_event_max_bytes, "sse-event-max-bytes", "16777216", KIB, GIB,
	    "Largest single event of a stream."),
	INT(request_memory_bytes, "request-memory-bytes", "268435456", MIB,
	    8 * GIB, "Memory one request may take besides its body."),
	TEXT(upstream_ca, "upstream-ca", "",
	    "PEM file of authorities providers are checked against; empty is "
	    "the system's."),

	INT(usage_spool_max_bytes, "usage-spool-max-bytes", "2147483648",
	    16 * MIB, 1024 * GIB,
	    "Unacknowledged usage on disk; past it requests are refused."),
	INT(refusal_rows_per_s, "refusal-rows-per-s", "10", 1, 100000,
	    "Usage rows a second for refusals of one key; more collapse."),
};

enum status
gateway_settings_load(
    int argc, char **argv, struct settings *out, struct buf *fault)
{
	int rest = argc - 1;
	enum status s =
	    settings_load(table, ARRAY_LEN(table), &rest, argv + 1, out, fault);

	if (s != OK)
		return s;
	if (rest > 0) {
		buf_printf(fault, "unexpected argument \"%s\"", argv[1]);
		return E_INVALID;
	}
	if (out->state[0] == '\0') {
		buf_add_cstr(
		    fault, "--state is needed: a directory of its own");
		return E_INVALID;
	}
	return OK;
}

void
gateway_settings_help(struct buf *out)
{
	settings_help(table, ARRAY_LEN(table), out);
}
