/* probe.c - see probe.h. */
#include "controlplane/probe.h"

#include <microhttpd.h>
#include <netdb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/clock.h"
#include "common/emit.h"
#include "common/http_guard.h"
#include "common/metrics.h"
#include "controlplane/publish/publisher.h"
#include "controlplane/store/fleet.h"
#include "controlplane/store/migrate.h"

#define INTERVAL_S 1
#define TIMEOUT_S 10u
#define CONNECTIONS_MAX 64u
#define STATEMENT_TIMEOUT_MS 2000
#define FAULT_SIZE 256
#define PAGE_MAX_BYTES (1u << 20)

struct probe {
	struct probe_options options;
	struct MHD_Daemon *daemon;
	struct db *db;
	pthread_t watcher;
	pthread_mutex_t lock; /* of all below */
	pthread_cond_t stop;
	bool is_stopping;
	struct publisher *publisher;
	char database_fault[FAULT_SIZE]; /* "": fine */
	char schema_fault[FAULT_SIZE];
};

struct page {
	unsigned status;
	const char *content_type;
	struct buf body;
};

static void
remember(char out[FAULT_SIZE], enum status s, struct str fault)
{
	if (s == OK)
		out[0] = '\0';
	else
		snprintf(out, FAULT_SIZE, "%s: %.*s", status_word(s),
		    STR_ARGS(fault));
}

static void
look(struct probe *probe)
{
	struct arena arena CLEANUP(arena_done);
	struct buf fault CLEANUP(buf_done);
	int64_t alive = 0;

	arena_init(&arena, 0);
	buf_init(&fault, 4096);
	enum status reached = db_ping(probe->db);
	struct str why = str_copy(&arena, str_from(db_fault(probe->db)));
	enum status schema = OK; /* unknown while the database is away */
	if (reached == OK)
		schema = migrate_check(
		    probe->db, &arena, probe->options.migrations, &fault);
	if (reached == OK && schema == OK &&
	    store_gateways_alive(probe->db, &arena, &alive) == OK)
		metric_set(METRIC_CONTROL_GATEWAYS, alive);
	metric_set(METRIC_CONTROL_DATABASE_UP, reached == OK);

	pthread_mutex_lock(&probe->lock);
	remember(probe->database_fault, reached, why);
	remember(probe->schema_fault, schema, buf_str(&fault));
	pthread_mutex_unlock(&probe->lock);
}

static void *
watch(void *context)
{
	struct probe *probe = context;
	struct timespec until;

	pthread_mutex_lock(&probe->lock);
	while (!probe->is_stopping) {
		pthread_mutex_unlock(&probe->lock);
		look(probe);
		pthread_mutex_lock(&probe->lock);
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_sec += INTERVAL_S;
		if (!probe->is_stopping)
			pthread_cond_timedwait(
			    &probe->stop, &probe->lock, &until);
	}
	pthread_mutex_unlock(&probe->lock);
	return NULL;
}

static void
write_reason(struct emit *e, const char *part, const char *fault, bool *ready)
{
	if (fault[0] == '\0')
		return;
	*ready = false;
	emit_object_open(e);
	emit_field_cstr(e, "part", part);
	emit_field_cstr(e, "fault", fault);
	emit_object_close(e);
}

static void
write_readiness(struct probe *probe, struct page *page)
{
	bool ready = true;
	struct emit e;

	emit_init(&e, &page->body);
	emit_object_open(&e);
	emit_key(&e, "reasons");
	emit_array_open(&e);
	pthread_mutex_lock(&probe->lock);
	bool compiled =
	    probe->publisher && publisher_is_ready(probe->publisher);
	write_reason(&e, "database", probe->database_fault, &ready);
	write_reason(&e, "schema", probe->schema_fault, &ready);
	write_reason(
	    &e, "snapshot", compiled ? "" : "none compiled yet", &ready);
	pthread_mutex_unlock(&probe->lock);
	emit_array_close(&e);
	emit_field_bool(&e, "ready", ready);
	emit_object_close(&e);
	page->status = ready ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE;
	page->content_type = "application/json";
}

static void
write_liveness(struct probe *probe, struct page *page)
{
	buf_add_cstr(&page->body, "{\"alive\":true}");
	page->content_type = "application/json";
}

static void
write_metrics(struct probe *probe, struct page *page)
{
	metrics_write(&page->body, STR("weir_control"));
	page->content_type = "text/plain; version=0.0.4; charset=utf-8";
}

static const struct {
	const char *path;
	void (*write)(struct probe *, struct page *);
} pages[] = {
	{ "/livez", write_liveness },
	{ "/readyz", write_readiness },
	{ "/metrics", write_metrics },
};

static void
fill_page(
    struct probe *probe, const char *url, const char *method, struct page *page)
{
	if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0) {
		page->status = MHD_HTTP_METHOD_NOT_ALLOWED;
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(pages); i++) {
		if (strcmp(url, pages[i].path) != 0)
			continue;
		page->status = MHD_HTTP_OK;
		pages[i].write(probe, page);
		return;
	}
	page->status = MHD_HTTP_NOT_FOUND;
}

static enum MHD_Result
send_page(
    struct MHD_Connection *connection, const struct page *page, bool must_close)
{
	struct str body = buf_str(&page->body);
	struct MHD_Response *response =
	    MHD_create_response_from_buffer(body.len,
		(void *)(body.len ? body.ptr : ""), MHD_RESPMEM_MUST_COPY);

	if (!response)
		return MHD_NO;
	if (page->content_type)
		MHD_add_response_header(
		    response, MHD_HTTP_HEADER_CONTENT_TYPE, page->content_type);
	if (must_close)
		MHD_add_response_header(
		    response, MHD_HTTP_HEADER_CONNECTION, "close");
	enum MHD_Result result =
	    MHD_queue_response(connection, page->status, response);
	MHD_destroy_response(response);
	return result;
}

/* A probe has no body: one that comes is refused by closing after it. */
static enum MHD_Result
on_access(void *context, struct MHD_Connection *connection, const char *url,
    const char *method, const char *version, const char *upload,
    size_t *upload_len, void **state)
{
	static const struct http_guard guard;
	struct page page = { 0 };
	struct http_verdict verdict =
	    http_guard_check(&guard, connection, url, method, version);

	buf_init(&page.body, PAGE_MAX_BYTES);
	page.status = verdict.status;
	if (verdict.status == 0)
		fill_page(context, url, method, &page);
	enum MHD_Result result = send_page(
	    connection, &page, verdict.status != 0 || verdict.must_close);
	buf_done(&page.body);
	return result;
}

static enum status
listen_at(struct probe *probe, struct buf *fault)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		.ai_flags = AI_PASSIVE | AI_NUMERICSERV };
	const struct probe_options *options = &probe->options;
	struct addrinfo *address;
	char port[16];

	snprintf(port, sizeof(port), "%d", (int)options->port);
	if (getaddrinfo(options->host, port, &hints, &address) != 0) {
		buf_printf(fault, "%s: no such address", options->host);
		return E_INVALID;
	}
	unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD;
	if (address->ai_family == AF_INET6)
		flags |= MHD_USE_IPv6;
	probe->daemon = MHD_start_daemon(flags, 0, NULL, NULL, on_access, probe,
	    MHD_OPTION_SOCK_ADDR, address->ai_addr,
	    MHD_OPTION_LISTENING_ADDRESS_REUSE, 1u, MHD_OPTION_CONNECTION_LIMIT,
	    CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT, TIMEOUT_S,
	    MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
	freeaddrinfo(address);
	if (probe->daemon)
		return OK;
	buf_printf(
	    fault, "%s:%s: cannot listen there (%m)", options->host, port);
	return E_UNAVAILABLE;
}

enum status
probe_open(
    const struct probe_options *options, struct probe **out, struct buf *fault)
{
	struct probe *probe = calloc(1, sizeof(*probe));

	if (!probe)
		abort();
	probe->options = *options;
	remember(
	    probe->database_fault, E_UNAVAILABLE, STR("not looked at yet"));
	probe->db = db_open(options->database_url, "weir-probe");
	db_set_statement_timeout(probe->db, STATEMENT_TIMEOUT_MS);
	pthread_mutex_init(&probe->lock, NULL);
	pthread_cond_init(&probe->stop, NULL);
	enum status s = listen_at(probe, fault);
	if (s != OK) {
		db_close(probe->db);
		free(probe);
		return s;
	}
	if (pthread_create(&probe->watcher, NULL, watch, probe) != 0)
		abort();
	*out = probe;
	return OK;
}

void
probe_close(struct probe *probe)
{
	if (!probe)
		return;
	MHD_stop_daemon(probe->daemon);
	pthread_mutex_lock(&probe->lock);
	probe->is_stopping = true;
	pthread_cond_signal(&probe->stop);
	pthread_mutex_unlock(&probe->lock);
	pthread_join(probe->watcher, NULL);
	pthread_cond_destroy(&probe->stop);
	pthread_mutex_destroy(&probe->lock);
	db_close(probe->db);
	free(probe);
}

void
probe_watch_publisher(struct probe *probe, struct publisher *publisher)
{
	pthread_mutex_lock(&probe->lock);
	probe->publisher = publisher;
	pthread_mutex_unlock(&probe->lock);
}
