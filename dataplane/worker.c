/*
 * worker.c - the threads and their turns.
 *
 * One turn: events of sockets and timers, finished calls to providers,
 * requests that have something to decide, then MHD.
 */
#include "dataplane/worker.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/arena.h"
#include "common/clock.h"
#include "common/digest.h"
#include "common/listen.h"
#include "common/log.h"
#include "common/loop.h"
#include "common/str.h"
#include "dataplane/listener/endpoint.h"
#include "dataplane/listener/listener.h"
#include "dataplane/listener/refusal.h"
#include "dataplane/pipeline.h"
#include "dataplane/request.h"
#include "dataplane/response.h"
#include "dataplane/settings.h"
#include "dataplane/snapshot/snapshot.h"
#include "dataplane/upstream/upstream.h"
#include "dataplane/usage/refusal_log.h"

#define LISTEN_BACKLOG 4096
#define DISCARDED_BODY_MAX (64 << 10)
#define CONFIG_RETRY_MS 1000

struct worker_thread {
	struct worker worker;
	struct worker_pool *pool;
	pthread_t thread;
	int listen_fd;
	int cpu; /* -1: anywhere */
};

struct worker_pool { /* lifetime: process */
	struct worker_thread *threads;
	size_t count;
	atomic_bool draining;
};

/* --- events of exchanges ------------------------------------------------------ */

static struct exchange *
on_head(void *context)
{
	return &request_new(context)->exchange;
}

/* Strangers with a large body are refused before it is read. */
static void
on_begin(struct exchange *exchange)
{
	struct request *req = request_of(exchange);
	int64_t length = exchange->body_length;
	enum status s;

	req->endpoint = endpoint_find(exchange->method, exchange->path, &s);
	if (req->snapshot == NULL) {
		req->refusal.retry_after_ms = CONFIG_RETRY_MS;
		s = request_fail(req, E_UNAVAILABLE, NULL,
		    "this gateway has no configuration yet");
	} else if (req->endpoint == NULL) {
		s = request_fail(req, s, NULL,
		    s == E_METHOD ? "%s is not a method of %s"
				  : "%s %s is not served here",
		    exchange->method, exchange->path);
	} else if (length > req->worker->settings->body_max_bytes) {
		s = request_fail(req, E_TOO_LARGE, NULL,
		    "the request body is larger than %lld bytes",
		    (long long)req->worker->settings->body_max_bytes);
	} else {
		s = req->endpoint->stages[req->stage++].run(req);
	}
	req->refusal.status = s;
	if (s != OK && (length < 0 || length > DISCARDED_BODY_MAX)) {
		exchange_close_after(exchange);
		refusal_send(req, s);
	}
}

static void
on_request(struct exchange *exchange)
{
	struct request *req = request_of(exchange);

	if (req->refusal.status != OK)
		refusal_send(req, req->refusal.status);
	else
		pipeline_run(req);
}

static void
on_gone(struct exchange *exchange)
{
	response_client_gone(request_of(exchange));
}

static void
on_drained(struct exchange *exchange)
{
	response_drained(request_of(exchange));
}

static void
on_end(struct exchange *exchange)
{
	request_free(request_of(exchange));
}

static const struct listener_events exchange_events = {
	.on_head = on_head,
	.on_begin = on_begin,
	.on_request = on_request,
	.on_gone = on_gone,
	.on_drained = on_drained,
	.on_end = on_end,
};

/* --- a thread ------------------------------------------------------------------- */

static void
adopt_snapshot(struct worker *worker)
{
	uint64_t version = snapshot_cell_version(worker->cell);
	struct snapshot *newest;

	if (version == worker->snapshot_version)
		return;
	newest = snapshot_cell_get(worker->cell);
	worker->snapshot_version = version;
	if (worker->snapshot != NULL)
		snapshot_unref(worker->snapshot);
	worker->snapshot = newest;
}

static void
settle_dirty(struct worker *worker)
{
	while (!list_is_empty(&worker->dirty)) {
		struct request *req =
		    container_of(worker->dirty.next, struct request, dirty);

		list_remove(&req->dirty);
		response_settle(req);
	}
}

static void
pin(const struct worker_thread *thread)
{
	cpu_set_t set;

	if (thread->cpu < 0)
		return;
	CPU_ZERO(&set);
	CPU_SET((size_t)thread->cpu, &set);
	pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
}

static void
serve(struct worker_thread *thread)
{
	struct worker *worker = &thread->worker;
	bool accepting = true;
	int wait_ms = 0;

	while (!loop_is_stopping(worker->loop)) {
		loop_turn(worker->loop, wait_ms);
		adopt_snapshot(worker);
		upstream_turn(worker->upstream);
		settle_dirty(worker);
		if (accepting && atomic_load(&thread->pool->draining)) {
			accepting = false;
			listener_stop_accepting(worker->listener);
		}
		listener_turn(worker->listener);
		upstream_turn(worker->upstream);
		settle_dirty(worker);
		wait_ms = listener_is_due(worker->listener) ? 0 : -1;
		if (!accepting && worker->inflight == 0)
			return;
	}
}

static void *
run(void *context)
{
	struct worker_thread *thread = context;
	struct worker *worker = &thread->worker;

	pin(thread);
	adopt_snapshot(worker);
	worker->listener = listener_new(worker->loop, thread->listen_fd,
	    worker->settings, &exchange_events, worker);
	if (worker->listener == NULL) {
		log_error("listener_failed", log_int("errno", errno));
		return NULL;
	}
	serve(thread);
	listener_free(worker->listener);
	return NULL;
}

/* --- the pool ------------------------------------------------------------------- */

static void
thread_init(struct worker_thread *thread, const struct settings *settings,
    struct spool *spool, struct snapshot_cell *cell)
{
	struct worker *worker = &thread->worker;

	worker->settings = settings;
	worker->spool = spool;
	worker->cell = cell;
	worker->loop = loop_new();
	worker->upstream = upstream_new(worker->loop, settings);
	worker->refusals =
	    refusal_log_new(worker->loop, spool, settings->refusal_rows_per_s);
	list_init(&worker->dirty);
	list_init(&worker->spare);
	random_bytes(&worker->random, sizeof(worker->random));
}

static size_t
thread_count(const struct settings *settings)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);

	if (settings->workers > 0)
		return (size_t)settings->workers;
	return processors > 0 ? (size_t)processors : 1;
}

static enum status
threads_init(struct worker_pool *pool, const struct settings *settings,
    struct spool *spool, struct snapshot_cell *cell)
{
	int *fds = calloc(pool->count, sizeof(*fds));
	enum status s;

	if (fds == NULL)
		abort();
	s = listen_open(settings->listen, LISTEN_BACKLOG, pool->count, fds);
	for (size_t i = 0; s == OK && i < pool->count; i++) {
		struct worker_thread *thread = &pool->threads[i];

		thread->pool = pool;
		thread->listen_fd = fds[i];
		thread->cpu = settings->pin_cpu < 0
		    ? -1
		    : (int)(settings->pin_cpu + (int64_t)i);
		thread_init(thread, settings, spool, cell);
	}
	free(fds);
	return s;
}

struct worker_pool *
worker_pool_start(const struct settings *settings, struct spool *spool,
    struct snapshot_cell *cell)
{
	struct worker_pool *pool = calloc(1, sizeof(*pool));
	enum status s;

	if (pool == NULL)
		abort();
	pool->count = thread_count(settings);
	pool->threads = calloc(pool->count, sizeof(*pool->threads));
	if (pool->threads == NULL)
		abort();
	s = threads_init(pool, settings, spool, cell);
	if (s != OK) {
		log_error("listen_failed",
		    log_cstr("address", settings->listen), log_status(s));
		free(pool->threads);
		free(pool);
		return NULL;
	}
	for (size_t i = 0; i < pool->count; i++)
		if (pthread_create(&pool->threads[i].thread, NULL, run,
			&pool->threads[i]) != 0)
			abort();
	return pool;
}

void
worker_pool_wake(struct worker_pool *pool)
{
	for (size_t i = 0; i < pool->count; i++)
		loop_wake(pool->threads[i].worker.loop);
}

static void
thread_done(struct worker_thread *thread)
{
	struct worker *worker = &thread->worker;

	request_free_spare(worker);
	refusal_log_free(worker->refusals);
	upstream_free(worker->upstream);
	loop_free(worker->loop);
	if (worker->snapshot != NULL)
		snapshot_unref(worker->snapshot);
	close(thread->listen_fd);
}

/* It ends by itself when it is idle; at the deadline it is told to. */
static void
thread_join(struct worker_thread *thread, const struct timespec *deadline)
{
	if (pthread_timedjoin_np(thread->thread, NULL, deadline) == 0)
		return;
	loop_stop(thread->worker.loop);
	pthread_join(thread->thread, NULL);
}

void
worker_pool_stop(struct worker_pool *pool, int64_t drain_ms)
{
	int64_t end_us = clock_wall_us() + drain_ms * 1000;
	struct timespec deadline = { end_us / US_PER_S,
		end_us % US_PER_S * 1000 };

	atomic_store(&pool->draining, true);
	worker_pool_wake(pool);
	for (size_t i = 0; i < pool->count; i++)
		thread_join(&pool->threads[i], &deadline);
	for (size_t i = 0; i < pool->count; i++)
		thread_done(&pool->threads[i]);
	free(pool->threads);
	free(pool);
}

/* xorshift64* */
uint64_t
worker_random(struct worker *worker)
{
	uint64_t x = worker->random | 1;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	worker->random = x;
	return (x * 2685821657736338717ULL) >> 11;
}
