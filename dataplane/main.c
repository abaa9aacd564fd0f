/*
 * main.c - weir-gateway: puts the parts together, waits, takes them apart.
 *
 * Order matters: the spool before anything that writes usage, a snapshot
 * before anything that serves, the listener closed before the last usage is
 * shipped.
 */
#include <malloc.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <curl/curl.h>

#include "common/arena.h"
#include "common/daemon.h"
#include "common/log.h"
#include "common/metrics.h"
#include "common/probe.h"
#include "dataplane/control/control.h"
#include "dataplane/settings.h"
#include "dataplane/snapshot/snapshot.h"
#include "dataplane/snapshot/sync.h"
#include "dataplane/usage/shipper.h"
#include "dataplane/usage/spool.h"
#include "dataplane/worker.h"

#define TOKEN_FILE_MAX 4096
#define SEGMENT_BYTES (4 << 20)
#define SHIP_DRAIN_MS 5000
#define KEPT_MEMORY_BYTES (32 << 20)

struct gateway { /* lifetime: process */
	struct settings settings;
	struct arena arena;
	struct link_tls tls;
	int lock_fd;
	struct spool *spool;
	struct control *control;
	struct snapshot_cell *cell;
	struct worker_pool *workers;
	struct sync *sync;
	struct shipper *shipper;
	struct probe *probe;
	atomic_bool draining;
};

static int
usage(const char *fault)
{
	struct buf help;

	buf_init(&help, 1 << 20);
	gateway_settings_help(&help);
	if (fault != NULL)
		fprintf(stderr, "weir-gateway: %s\n", fault);
	else
		printf("usage: weir-gateway --state DIR [--setting value]...\n"
		       "\n%.*s",
		    STR_ARGS(buf_str(&help)));
	buf_done(&help);
	return fault != NULL ? 2 : 0;
}

/*
 * Bodies of some 100 KB come and go with every request: memory for them is
 * kept, or each would cost a system call and a page fault per 4 KB.
 */
static void
keep_memory(void)
{
	mallopt(M_MMAP_THRESHOLD, KEPT_MEMORY_BYTES);
	mallopt(M_TRIM_THRESHOLD, KEPT_MEMORY_BYTES);
}

static void
on_swap(void *context)
{
	struct gateway *gateway = context;

	if (gateway->workers != NULL)
		worker_pool_wake(gateway->workers);
}

static bool
is_ready(void *context, struct buf *why)
{
	struct gateway *gateway = context;

	if (atomic_load(&gateway->draining)) {
		buf_add_cstr(why, "draining");
		return false;
	}
	if (!sync_is_ready(gateway->sync)) {
		buf_add_cstr(why, "no configuration yet");
		return false;
	}
	return true;
}

static void
refresh_metrics(void *context)
{
	struct gateway *gateway = context;

	metric_set(METRIC_GATEWAY_SPOOL_BYTES, spool_bytes(gateway->spool));
}

static enum status
open_spool(struct gateway *gateway)
{
	const struct settings *settings = &gateway->settings;
	struct spool_limits limits = {
		.max_bytes = settings->usage_spool_max_bytes,
		.segment_bytes = SEGMENT_BYTES,
	};
	const char *path =
	    str_printf(&gateway->arena, "%s/spool", settings->state).ptr;

	if (mkdir(settings->state, 0700) != 0 && access(settings->state, W_OK))
		return E_FORBIDDEN;
	if (daemon_lock_directory(settings->state, &gateway->lock_fd) != OK) {
		log_error("state_in_use", log_cstr("state", settings->state));
		return E_CONFLICT;
	}
	return spool_open(path, &limits, &gateway->spool);
}

static const struct link_tls *
tls_of(struct gateway *gateway)
{
	const struct settings *settings = &gateway->settings;

	if (settings->tls_ca[0] == '\0')
		return NULL;
	gateway->tls = (struct link_tls){
		.ca_file = settings->tls_ca,
		.cert_file = settings->tls_cert,
		.key_file = settings->tls_key,
		.server_name = settings->tls_server_name,
	};
	return &gateway->tls;
}

static enum status
open_control(struct gateway *gateway)
{
	const struct settings *settings = &gateway->settings;
	struct control_config config = {
		.state_directory = settings->state,
		.link_url = settings->link_url,
		.bell_url = settings->bell_url,
		.tls = tls_of(gateway),
		.name = settings->name,
		.region = settings->region,
		.boot_id = spool_boot_id(gateway->spool),
	};
	struct str token;

	if (settings->enrolment_token_file[0] != '\0' &&
	    daemon_read_secret(&gateway->arena, settings->enrolment_token_file,
		TOKEN_FILE_MAX, &token) == OK)
		config.enrolment_token =
		    str_cstr(&gateway->arena, str_trim(token));
	return control_open(&config, &gateway->control);
}

static enum status
open_sync(struct gateway *gateway)
{
	struct sync_config config = {
		.state_directory = gateway->settings.state,
		.control = gateway->control,
		.cell = gateway->cell,
		.spool = gateway->spool,
		.snapshot_max_bytes =
		    (size_t)gateway->settings.snapshot_max_bytes,
		.lkg_max_age_s = gateway->settings.lkg_max_age_s,
		.on_swap = on_swap,
		.on_swap_arg = gateway,
	};

	return sync_open(&config, &gateway->sync);
}

static enum status
open_probe(struct gateway *gateway)
{
	struct probe_config config = {
		.listen = gateway->settings.probe_listen,
		.metrics_prefix = "weir_gateway",
		.is_ready = is_ready,
		.refresh = refresh_metrics,
		.context = gateway,
	};

	gateway->probe = probe_open(&config);
	return gateway->probe != NULL ? OK : E_CONFLICT;
}

static enum status
open_workers(struct gateway *gateway)
{
	gateway->workers = worker_pool_start(
	    &gateway->settings, gateway->spool, gateway->cell);
	return gateway->workers != NULL ? OK : E_CONFLICT;
}

static enum status
open_shipper(struct gateway *gateway)
{
	return shipper_open(
	    gateway->control, gateway->spool, &gateway->shipper);
}

static const struct {
	const char *name;
	enum status (*open)(struct gateway *);
} parts[] = {
	{ "spool", open_spool },
	{ "control", open_control },
	{ "workers", open_workers },
	{ "sync", open_sync },
	{ "shipper", open_shipper },
	{ "probe", open_probe },
};

static enum status
gateway_open(struct gateway *gateway)
{
	gateway->cell = snapshot_cell_new();
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		enum status s = parts[i].open(gateway);

		if (s != OK) {
			log_error("start_failed",
			    log_cstr("part", parts[i].name), log_status(s));
			return s;
		}
	}
	return OK;
}

static void
gateway_close(struct gateway *gateway)
{
	atomic_store(&gateway->draining, true);
	sync_note_draining(gateway->sync);
	worker_pool_stop(gateway->workers, gateway->settings.drain_ms);
	gateway->workers = NULL;
	sync_close(gateway->sync);
	shipper_close(gateway->shipper, SHIP_DRAIN_MS);
	probe_close(gateway->probe);
	control_close(gateway->control);
	spool_close(gateway->spool);
	snapshot_cell_free(gateway->cell);
	close(gateway->lock_fd);
	arena_done(&gateway->arena);
}

int
main(int argc, char **argv)
{
	static struct gateway gateway;
	enum log_level level = LOG_INFO;
	struct buf fault;

	if (argc == 2 && strcmp(argv[1], "--help") == 0)
		return usage(NULL);
	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		puts("weir-gateway " WEIR_VERSION);
		return 0;
	}
	arena_init(&gateway.arena, 0);
	buf_init(&fault, 4096);
	if (gateway_settings_load(argc, argv, &gateway.settings, &fault) != OK)
		return usage(str_printf(
		    &gateway.arena, "%.*s", STR_ARGS(buf_str(&fault)))
				 .ptr);
	if (log_level_parse(str_from(gateway.settings.log_level), &level) != OK)
		return usage("--log-level is debug, info, warn or error");
	buf_done(&fault);

	daemon_init();
	keep_memory();
	log_init("weir-gateway", level);
	curl_global_init(CURL_GLOBAL_ALL);
	if (gateway_open(&gateway) != OK)
		return 1;
	log_info("started", log_cstr("listen", gateway.settings.listen));
	log_info("stopping", log_int("signal", daemon_wait_signal()));
	gateway_close(&gateway);
	curl_global_cleanup();
	log_info("stopped");
	return 0;
}
