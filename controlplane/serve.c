/*
 * serve.c - see serve.h.
 *
 * Parts are opened in the order they need each other and closed the other
 * way round; a part that was never opened is NULL, which every close takes.
 */
#include "controlplane/serve.h"

#include <signal.h>
#include <time.h>

#include "common/arena.h"
#include "common/daemon.h"
#include "common/link.h"
#include "common/log.h"
#include "controlplane/api/tables.h"
#include "controlplane/http/server.h"
#include "controlplane/keyring.h"
#include "controlplane/probe.h"
#include "controlplane/publish/fleet.h"
#include "controlplane/publish/publisher.h"
#include "controlplane/store/db.h"
#include "controlplane/store/migrate.h"
#include "controlplane/usage/collector.h"

struct parts {
	const struct control_settings *settings;
	struct arena arena;
	struct keyring *keyring;
	struct probe *probe;
	struct link *bell;
	struct link *reply;
	struct publisher *publisher;
	struct collector *collector;
	struct fleet *fleet;
	struct server *admin;
};

/* The probes stay to the end: they say that it is not over yet. */
static void
parts_close(struct parts *parts)
{
	server_close(parts->admin);
	if (parts->reply)
		link_close(parts->reply);
	fleet_close(parts->fleet);
	collector_close(parts->collector);
	if (parts->probe)
		probe_watch_publisher(parts->probe, NULL);
	publisher_close(parts->publisher);
	if (parts->bell)
		link_close(parts->bell);
	probe_close(parts->probe);
	keyring_close(parts->keyring);
	arena_done(&parts->arena);
}

static enum status
address(struct parts *parts, const char *text, const char **out_host,
    int64_t *out_port, struct buf *fault)
{
	enum status s =
	    settings_address(&parts->arena, text, out_host, out_port);

	if (s != OK)
		buf_printf(fault, "%s: not an address and a port", text);
	return s;
}

static enum status
open_probe(struct parts *parts, struct buf *fault)
{
	struct probe_options options = {
		.database_url = parts->settings->database_url,
		.migrations = &migrations_embedded,
	};
	enum status s = address(parts, parts->settings->probe_listen,
	    &options.host, &options.port, fault);

	return s == OK ? probe_open(&options, &parts->probe, fault) : s;
}

/* True when SIGTERM or SIGINT came within the second. */
static bool
must_stop(void)
{
	const struct timespec second = { .tv_sec = 1 };
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	return sigtimedwait(&signals, NULL, &second) > 0;
}

/* Applies or checks the schema, as soon as there is a database. */
static enum status
wait_for_schema(struct parts *parts, struct buf *fault)
{
	struct db *db = db_open(parts->settings->database_url, "weir-migrate");
	enum status s;

	for (;;) {
		buf_reset(fault);
		s = parts->settings->migrate ? migrate_apply(db, &parts->arena,
						   &migrations_embedded, fault)
					     : migrate_check(db, &parts->arena,
						   &migrations_embedded, fault);
		if (s != E_UNAVAILABLE && s != E_TIMEOUT)
			break;
		if (must_stop()) {
			s = E_CANCELLED;
			break;
		}
	}
	db_close(db);
	return s;
}

static enum status
open_links(struct parts *parts, struct buf *fault)
{
	const struct control_settings *settings = parts->settings;
	const struct link_tls files = {
		.ca_file = settings->tls_ca,
		.cert_file = settings->tls_cert,
		.key_file = settings->tls_key,
	};
	bool has_tls =
	    str_has_prefix(str_from(settings->link_listen), STR("tls+"));
	const struct link_tls *tls = has_tls ? &files : NULL;

	if (has_tls &&
	    (!files.ca_file[0] || !files.cert_file[0] || !files.key_file[0])) {
		buf_add_cstr(fault,
		    "--tls-ca, --tls-cert and --tls-key are needed for a "
		    "tls+tcp link");
		return E_INVALID;
	}
	enum status s =
	    link_listen_publish(settings->bell_listen, tls, &parts->bell);
	if (s != OK) {
		buf_printf(fault, "%s: cannot listen there (%s)",
		    settings->bell_listen, status_word(s));
		return s;
	}
	s = link_listen_reply(settings->link_listen, tls,
	    (size_t)settings->link_message_max_bytes, &parts->reply);
	if (s != OK)
		buf_printf(fault, "%s: cannot listen there (%s)",
		    settings->link_listen, status_word(s));
	return s;
}

static enum status
open_publisher(struct parts *parts)
{
	const struct control_settings *settings = parts->settings;
	const struct publisher_options options = {
		.database_url = settings->database_url,
		.bell = parts->bell,
		.compile = {
			.keyring = parts->keyring,
			.max_bytes = (size_t)settings->snapshot_max_bytes,
			.lkg_max_age_s = (uint64_t)settings->lkg_max_age_s,
		},
	};
	enum status s = publisher_open(&options, &parts->publisher);

	if (s == OK)
		probe_watch_publisher(parts->probe, parts->publisher);
	return s;
}

static enum status
open_fleet(struct parts *parts)
{
	const struct control_settings *settings = parts->settings;
	const struct fleet_options options = {
		.database_url = settings->database_url,
		.keyring = parts->keyring,
		.publisher = parts->publisher,
		.collector = parts->collector,
		.threads = (unsigned)settings->link_workers,
		.batch_max_records =
		    (uint32_t)settings->usage_batch_max_records,
		.batch_max_bytes = (uint32_t)settings->usage_batch_max_bytes,
		.heartbeat_ms = (uint32_t)settings->heartbeat_ms,
	};

	parts->fleet = fleet_open(&options);
	return link_serve(
	    parts->reply, options.threads, fleet_answer, parts->fleet);
}

static enum status
open_admin(struct parts *parts, struct buf *fault)
{
	const struct control_settings *settings = parts->settings;
	struct server_config config = {
		.database_url = settings->database_url,
		.keyring = parts->keyring,
		.router = &api_router,
		.worker_count = (size_t)settings->admin_workers,
		.queue_max = (size_t)settings->admin_queue_max,
		.body_max_bytes = (size_t)settings->admin_body_max_bytes,
	};
	enum status s = address(
	    parts, settings->admin_listen, &config.host, &config.port, fault);

	return s == OK ? server_open(&config, &parts->admin, fault) : s;
}

static enum status
parts_open(struct parts *parts, struct buf *fault)
{
	enum status s =
	    keyring_open(parts->settings->keyring, &parts->keyring, fault);

	if (s == OK)
		s = open_probe(parts, fault);
	if (s == OK)
		s = wait_for_schema(parts, fault);
	if (s == OK)
		s = open_links(parts, fault);
	if (s == OK)
		s = open_publisher(parts);
	if (s == OK)
		s = collector_open(
		    parts->settings->database_url, &parts->collector);
	if (s == OK)
		s = open_fleet(parts);
	if (s == OK)
		s = open_admin(parts, fault);
	return s;
}

enum status
serve(const struct control_settings *settings, struct buf *fault)
{
	struct parts parts CLEANUP(parts_close) = { .settings = settings };

	arena_init(&parts.arena, 0);
	enum status s = parts_open(&parts, fault);
	if (s == E_CANCELLED)
		return OK;
	if (s != OK)
		return s;
	log_info("serving", log_cstr("admin", settings->admin_listen),
	    log_cstr("link", settings->link_listen),
	    log_cstr("probe", settings->probe_listen));
	int signal = daemon_wait_signal();
	log_info("stopping", log_int("signal", signal));
	return OK;
}
