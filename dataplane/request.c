/*
 * request.c - birth, refusal and end of a request.
 */
#include "dataplane/request.h"

#include <stdlib.h>

#include "common/clock.h"
#include "common/metrics.h"
#include "dataplane/listener/endpoint.h"
#include "dataplane/settings.h"
#include "dataplane/worker.h"

#define SPARE_MAX 256

static struct request *
allocate(const struct settings *settings)
{
	struct request *req = calloc(1, sizeof(*req));

	if (req == NULL)
		abort();
	arena_init(&req->arena, (size_t)settings->request_memory_bytes);
	arena_init(
	    &req->outbound_arena, (size_t)settings->request_memory_bytes);
	return req;
}

/* A spare one keeps nothing but the memory of its arenas. */
static struct request *
take_spare(struct worker *worker)
{
	struct request *req =
	    container_of(worker->spare.next, struct request, dirty);
	struct arena arena = req->arena;
	struct arena outbound_arena = req->outbound_arena;

	list_remove(&req->dirty);
	worker->spare_count--;
	*req = (struct request){ .arena = arena,
		.outbound_arena = outbound_arena };
	return req;
}

static void
give_back(struct request *req)
{
	struct worker *worker = req->worker;

	arena_reset(&req->outbound_arena);
	arena_reset(&req->arena);
	if (worker->spare_count < SPARE_MAX) {
		worker->spare_count++;
		list_append(&worker->spare, &req->dirty);
		return;
	}
	arena_done(&req->outbound_arena);
	arena_done(&req->arena);
	free(req);
}

void
request_free_spare(struct worker *worker)
{
	LIST_FOREACH (node, &worker->spare) {
		struct request *req = container_of(node, struct request, dirty);

		arena_done(&req->outbound_arena);
		arena_done(&req->arena);
		free(req);
	}
}

struct request *
request_new(struct worker *worker)
{
	const struct settings *settings = worker->settings;
	struct request *req = list_is_empty(&worker->spare)
	    ? allocate(settings)
	    : take_spare(worker);

	req->worker = worker;
	if (worker->snapshot != NULL)
		req->snapshot = snapshot_ref(worker->snapshot);
	buf_init(&req->out, (size_t)settings->answer_max_bytes * 2);
	buf_init(&req->attempt.error_body, 1);
	list_init(&req->dirty);
	req->id = id_make();
	id_format(req->id, "req", req->id_text);
	req->born_ns = clock_mono_ns();
	req->born_wall_us = clock_wall_us();
	req->refusal.retry_after_ms = -1;
	worker->inflight++;
	metric_add(METRIC_GATEWAY_INFLIGHT, 1);
	return req;
}

void
request_free(struct request *req)
{
	assert(req->attempt.call == NULL);
	assert(!req->ticket.open);

	loop_timer_clear(req->worker->loop, &req->timer);
	list_remove(&req->dirty);
	buf_done(&req->out);
	buf_done(&req->attempt.error_body);
	if (req->snapshot != NULL)
		snapshot_unref(req->snapshot);
	req->worker->inflight--;
	metric_add(METRIC_GATEWAY_INFLIGHT, -1);
	give_back(req);
}

struct request *
request_of(struct exchange *exchange)
{
	return container_of(exchange, struct request, exchange);
}

enum status
request_fail(
    struct request *req, enum status s, const char *param, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	req->refusal.status = s;
	req->refusal.param = str_from(param);
	req->refusal.message = str_vprintf(&req->arena, fmt, args);
	va_end(args);
	return s;
}

void
request_fail_code(struct request *req, const char *code)
{
	req->refusal.code = code;
}

void
request_subject(const struct request *req, struct record_subject *out)
{
	const struct plan_target *target = req->attempt.target;

	*out = (struct record_subject){
		.request_id = req->id,
		.wall_us = req->born_wall_us,
		.alias = req->facts.model,
		.dialect = req->endpoint->dialect->name,
	};
	if (req->key != NULL) {
		out->tenant_sid = req->key->tenant->sid;
		out->team_sid = req->key->team_sid;
		out->key_sid = req->key->sid;
	}
	if (req->plan.route != NULL)
		out->route_sid = req->plan.route->sid;
	if (target != NULL) {
		out->provider_sid = target->provider->sid;
		out->upstream_model = target->upstream_model;
	}
}

void
request_mark_dirty(struct request *req)
{
	if (list_is_empty(&req->dirty))
		list_append(&req->worker->dirty, &req->dirty);
}
