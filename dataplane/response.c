/*
 * response.c - see response.h for the idea; headers are in reply.c.
 */
#include "dataplane/response.h"

#include "common/clock.h"
#include "common/log.h"
#include "common/metrics.h"
#include "dataplane/door.h"
#include "dataplane/listener/endpoint.h"
#include "dataplane/listener/refusal.h"
#include "dataplane/listener/reply.h"
#include "dataplane/patience.h"
#include "dataplane/pipeline.h"
#include "dataplane/request.h"
#include "dataplane/settings.h"
#include "dataplane/worker.h"

/* --- events: take note ------------------------------------------------------- */

static bool
is_served(const struct attempt *attempt)
{
	return attempt->head.http_status == 200;
}

static void
on_head(void *context, const struct upstream_head *head)
{
	struct request *req = context;

	req->attempt.head = *head;
	req->attempt.has_head = true;
	req->attempt.active_ns = clock_mono_ns();
}

static void
on_bytes(void *context, struct str bytes)
{
	struct request *req = context;
	struct attempt *attempt = &req->attempt;

	attempt->active_ns = clock_mono_ns();
	if (is_served(attempt) && !attempt->head.is_encoded)
		answer_feed(attempt->answer, bytes, &req->out);
	else
		buf_add(&attempt->error_body, bytes.ptr, bytes.len);
	request_mark_dirty(req);
}

static void
on_done(void *context, enum upstream_result result, const char *detail)
{
	struct request *req = context;
	struct attempt *attempt = &req->attempt;

	attempt->call = NULL;
	attempt->done = true;
	attempt->result = result;
	attempt->detail = detail;
	request_mark_dirty(req);
}

const struct upstream_events response_events = {
	.on_head = on_head,
	.on_bytes = on_bytes,
	.on_done = on_done,
};

/* --- an attempt ends ----------------------------------------------------------- */

static void
attempt_end(struct request *req, enum failure_class class)
{
	struct attempt *attempt = &req->attempt;
	int64_t took_ns = clock_mono_ns() - attempt->start_ns;

	patience_stop(req);
	if (attempt->call != NULL) {
		upstream_cancel(attempt->call);
		attempt->call = NULL;
	}
	attempt->done = true;
	attempt->ended = true;
	req->upstream_ns += took_ns;
	req->attempts[req->attempt_count++] = (struct record_attempt){
		.provider_sid = attempt->target->provider->sid,
		.upstream_model = attempt->target->upstream_model,
		.http_status = attempt->head.http_status,
		.failure = class,
		.duration_us = took_ns / 1000,
	};
	if (class != FAILURE_NONE)
		metric_add(METRIC_GATEWAY_UPSTREAM_FAILED, 1);
}

static void
pass_on(struct request *req)
{
	size_t limit = (size_t)req->worker->settings->output_pause_bytes;

	exchange_stream_write(&req->exchange, buf_str(&req->out));
	buf_reset(&req->out);
	if (req->attempt.call != NULL &&
	    exchange_unsent(&req->exchange) > limit)
		upstream_pause(req->attempt.call);
}

static bool
may_retry(const struct request *req, enum failure_class class)
{
	const struct plan *plan = &req->plan;

	if (req->committed || plan->next >= plan->count ||
	    req->attempt_count >= plan->attempts_max ||
	    clock_mono_ns() >= req->total_deadline_ns)
		return false;
	if (plan->retry_classes != 0)
		return (plan->retry_classes & (1u << class)) != 0;
	return failure_is_retryable(class);
}

static void
fail(struct request *req, const struct failure *failure)
{
	enum outcome outcome = failure->class == FAILURE_TIMEOUT
	    ? OUTCOME_TIMEOUT
	    : OUTCOME_UPSTREAM_ERROR;

	attempt_end(req, failure->class);
	if (may_retry(req, failure->class)) {
		log_info("target_failed", log_cstr("request_id", req->id_text),
		    log_str("provider", req->attempt.target->provider->slug),
		    log_cstr("class", failure_word(failure->class)),
		    log_int("http_status", failure->http_status));
		pipeline_rewind(req);
		return;
	}
	if (!req->committed) {
		refusal_send_failure(req, failure);
		return;
	}
	req->refusal.code = failure_word(failure->class);
	door_leave(req, outcome, 200);
	pass_on(req);
	refusal_write_event(req, failure);
	exchange_stream_end(&req->exchange);
}

static void
fail_with(struct request *req, enum failure_class class, const char *message)
{
	struct failure failure = {
		.class = class,
		.http_status = req->attempt.head.http_status,
		.message = str_from(message),
		.retry_after_ms = -1,
	};

	fail(req, &failure);
}

/* An HTTP status other than 200, its body read as far as we read such. */
static void
fail_status(struct request *req)
{
	struct attempt *attempt = &req->attempt;
	const struct dialect *dialect =
	    attempt->target->provider->kind->dialect;
	struct failure failure = { .retry_after_ms = -1 };

	dialect->read_error(&req->arena, attempt->head.http_status,
	    buf_str(&attempt->error_body), &failure);
	failure.http_status = attempt->head.http_status;
	if (failure.class == FAILURE_NONE)
		failure.class = FAILURE_SERVER;
	if (attempt->head.retry_after_ms >= 0)
		failure.retry_after_ms = attempt->head.retry_after_ms;
	fail(req, &failure);
}

static void
fail_connection(struct request *req)
{
	switch (req->attempt.result) {
	case UPSTREAM_REFUSED_ADDRESS:
		fail_with(req, FAILURE_CONNECT,
		    "the provider's address is in a private network, which "
		    "this provider does not allow");
		return;
	case UPSTREAM_TIMED_OUT:
		fail_with(req, FAILURE_TIMEOUT,
		    "the provider could not be reached in time");
		return;
	case UPSTREAM_NO_CONNECTION:
		fail_with(
		    req, FAILURE_CONNECT, "the provider could not be reached");
		return;
	case UPSTREAM_COMPLETE:
	case UPSTREAM_BROKEN:
		break;
	}
	fail_with(req, req->attempt.has_head ? FAILURE_CUT : FAILURE_CONNECT,
	    "the provider closed the connection before its answer was "
	    "complete");
}

/* --- settle: decide -------------------------------------------------------------- */

/* What the client sent need not be kept once no other target can be asked. */
static void
release_sent(struct request *req)
{
	struct attempt *attempt = &req->attempt;

	if (attempt->call != NULL && !upstream_has_sent(attempt->call))
		return;
	req->facts.model = str_copy(&req->arena, req->facts.model);
	req->attempt.outbound.body = (struct str){ 0 };
	buf_release(&req->exchange.body);
}

static void
commit(struct request *req)
{
	req->committed = true;
	req->content_ns = clock_mono_ns();
	reply_open_stream(req);
	release_sent(req);
}

static void
finish_stream(struct request *req)
{
	attempt_end(req, FAILURE_NONE);
	door_leave(req, OUTCOME_OK, 200);
	if (!req->committed)
		commit(req);
	pass_on(req);
	exchange_stream_end(&req->exchange);
}

static void
finish_whole(struct request *req)
{
	req->content_ns = clock_mono_ns();
	attempt_end(req, FAILURE_NONE);
	door_leave(req, OUTCOME_OK, 200);
	reply_send(req, buf_str(&req->out));
}

static void
finish(struct request *req)
{
	struct attempt *attempt = &req->attempt;
	const struct answer_state *state;

	if (!attempt->has_head || !is_served(attempt)) {
		if (attempt->has_head)
			fail_status(req);
		else
			fail_connection(req);
		return;
	}
	answer_end(attempt->answer, &req->out);
	state = answer_state(attempt->answer);
	if (state->failure.class != FAILURE_NONE)
		fail(req, &state->failure);
	else if (!req->facts.stream && attempt->result != UPSTREAM_COMPLETE)
		fail_connection(req);
	else if (buf_has_failed(&req->out))
		fail_with(req, FAILURE_SERVER, "the answer is too large");
	else if (req->facts.stream)
		finish_stream(req);
	else
		finish_whole(req);
}

static bool
is_held_too_long(const struct request *req)
{
	return req->facts.stream && !req->committed &&
	    buf_len(&req->out) >
	    (size_t)req->worker->settings->answer_held_max_bytes;
}

void
response_settle(struct request *req)
{
	struct attempt *attempt = &req->attempt;
	const struct answer_state *state;

	if (req->left || req->exchange.gone)
		return;
	state = answer_state(attempt->answer);
	if (attempt->has_head && attempt->head.is_encoded &&
	    is_served(attempt)) {
		fail_with(req, FAILURE_SERVER,
		    "the provider sent a compressed answer, which was not "
		    "asked for");
		return;
	}
	if (state->failure.class != FAILURE_NONE) {
		fail(req, &state->failure);
		return;
	}
	if (attempt->done) {
		finish(req);
		return;
	}
	if (req->facts.stream && !req->committed && state->has_content)
		commit(req);
	if (req->committed && buf_len(&req->out) > 0)
		pass_on(req);
	else if (is_held_too_long(req))
		fail_with(req, FAILURE_SERVER,
		    "the provider sent too much before its first content");
}

void
response_time_out(struct request *req, const char *what)
{
	struct failure failure = {
		.class = FAILURE_TIMEOUT,
		.http_status = req->attempt.head.http_status,
		.message = str_printf(
		    &req->arena, "the provider was too slow: %s in time", what),
		.retry_after_ms = -1,
	};

	if (!req->left && !req->exchange.gone)
		fail(req, &failure);
}

void
response_client_gone(struct request *req)
{
	if (req->left)
		return;
	if (req->attempt.call != NULL)
		metric_add(METRIC_GATEWAY_UPSTREAM_CANCELLED, 1);
	if (req->attempt.target != NULL && !req->attempt.done)
		attempt_end(req, FAILURE_NONE);
	door_leave(req, OUTCOME_CLIENT_GONE, req->committed ? 200 : 0);
}

void
response_drained(struct request *req)
{
	if (!req->left && req->attempt.call != NULL)
		upstream_resume(req->attempt.call);
}
