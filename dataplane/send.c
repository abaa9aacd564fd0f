/*
 * send.c - from target to bytes on their way, with the intent written first.
 */
#include "dataplane/send.h"

#include <string.h>
#include <strings.h>

#include "common/clock.h"
#include "common/log.h"
#include "dataplane/listener/endpoint.h"
#include "dataplane/patience.h"
#include "dataplane/request.h"
#include "dataplane/response.h"
#include "dataplane/settings.h"
#include "dataplane/translate/translate.h"
#include "dataplane/worker.h"

#define ERROR_BODY_MAX (64u << 10)

/* Headers of a client that its own dialect's provider wants to see. */
static const char *const carried_headers[] = {
	"anthropic-version",
	"anthropic-beta",
	"openai-beta",
	"idempotency-key",
	"traceparent",
	"tracestate",
};

static void
attempt_begin(struct request *req, const struct plan_target *target)
{
	struct attempt *attempt = &req->attempt;

	buf_done(&attempt->error_body);
	*attempt = (struct attempt){ .target = target };
	buf_init(&attempt->error_body, ERROR_BODY_MAX);
	arena_reset(&req->outbound_arena);
	buf_reset(&req->out);
}

static void
answer_begin(struct request *req, const struct provider_kind *kind)
{
	const struct settings *settings = req->worker->settings;
	struct attempt *attempt = &req->attempt;
	struct answer_plan plan = {
		.client = req->endpoint->dialect,
		.upstream = kind->dialect,
		.quirks = kind->quirks,
		.client_stream = req->facts.stream,
		.upstream_stream = attempt->outbound.stream,
		.include_usage = req->facts.include_usage,
		.strip_usage = attempt->outbound.strip_usage,
		.model = attempt->target->upstream_model,
		.request_id = str_from(req->id_text),
		.event_max_bytes = (size_t)settings->sse_event_max_bytes,
		.whole_max_bytes = (size_t)settings->answer_max_bytes,
	};

	attempt->answer = answer_new(&req->arena, &plan);
}

enum status
translate_stage(struct request *req)
{
	const struct plan_target *target = &req->plan.targets[req->plan.next];
	const struct provider_kind *kind = target->provider->kind;
	struct translate_input input = {
		.client = req->endpoint->dialect,
		.upstream = kind->dialect,
		.quirks = kind->quirks,
		.body = buf_str(&req->exchange.body),
		.facts = &req->facts,
		.upstream_model = target->upstream_model,
	};
	struct translate_fault fault = { 0 };
	enum status s;

	assert(req->plan.next < req->plan.count);
	req->plan.next++;
	attempt_begin(req, target);
	s = translate_request(
	    &req->outbound_arena, &input, &req->attempt.outbound, &fault);
	if (s == OK && arena_has_failed(&req->outbound_arena)) {
		s = E_TOO_LARGE;
		fault.message = STR("the request needs too much memory");
	}
	if (s != OK) {
		s = request_fail(req, s, NULL, "%.*s", STR_ARGS(fault.message));
		req->refusal.param = str_copy(&req->arena, fault.param);
		return s;
	}
	answer_begin(req, kind);
	return OK;
}

/* --- send ---------------------------------------------------------------------- */

static const struct snapshot_credential *
choose_credential(
    struct worker *worker, const struct snapshot_provider *provider)
{
	uint64_t total = 0;
	uint64_t ticket;

	for (size_t i = 0; i < provider->credential_count; i++)
		total += provider->credentials[i].weight;
	if (total == 0)
		return provider->credential_count > 0
		    ? &provider->credentials[0]
		    : NULL;
	ticket = worker_random(worker) % total;
	for (size_t i = 0; i < provider->credential_count; i++) {
		if (ticket < provider->credentials[i].weight)
			return &provider->credentials[i];
		ticket -= provider->credentials[i].weight;
	}
	return NULL;
}

static void
add_header(struct upstream_request *out, const char *line)
{
	if (out->header_count < UPSTREAM_HEADERS_MAX)
		out->headers[out->header_count++] = line;
}

/* name: up to its end or its colon. */
static bool
has_header(const struct upstream_request *request, const char *name)
{
	size_t len = strcspn(name, ":");

	for (size_t i = 0; i < request->header_count; i++)
		if (strncasecmp(request->headers[i], name, len) == 0 &&
		    request->headers[i][len] == ':')
			return true;
	return false;
}

static void
carry_headers(struct request *req, struct upstream_request *out)
{
	for (size_t i = 0; i < ARRAY_LEN(carried_headers); i++) {
		const char *value =
		    exchange_header(&req->exchange, carried_headers[i]);

		if (value != NULL && !has_header(out, carried_headers[i]))
			add_header(out,
			    str_printf(&req->outbound_arena, "%s: %s",
				carried_headers[i], value)
				.ptr);
	}
}

/* What the kind always wants, unless provider or client said otherwise. */
static void
add_missing(struct upstream_request *out, const char *const *lines)
{
	for (; lines != NULL && *lines != NULL; lines++)
		if (!has_header(out, *lines))
			add_header(out, *lines);
}

/* Built from scratch: nothing of the client's framing or identity goes on. */
static void
compose(struct request *req, const struct snapshot_credential *credential,
    struct upstream_request *out)
{
	const struct snapshot_provider *provider =
	    req->attempt.target->provider;
	const struct provider_kind *kind = provider->kind;

	*out = (struct upstream_request){
		.url = str_printf(&req->outbound_arena, "%s%.*s",
		    provider->base_url, STR_ARGS(req->attempt.outbound.path))
			   .ptr,
		.body = req->attempt.outbound.body,
		.connect_timeout_ms = patience_connect_ms(req),
		.allow_private_network = provider->allow_private_network,
	};
	add_header(out, "Content-Type: application/json");
	add_header(out, "Accept-Encoding: identity");
	if (credential != NULL)
		add_header(out, credential->header);
	for (size_t i = 0; i < provider->header_count; i++)
		add_header(out, provider->headers[i]);
	if (kind->dialect->family == req->endpoint->dialect->family)
		carry_headers(req, out);
	add_missing(out, kind->extra_headers);
}

static enum status
write_intent(struct request *req)
{
	struct record_intent intent = {
		.input_guess = req->facts.input_guess,
	};

	if (req->ticket.open)
		return OK; /* a further attempt of the same request */
	request_subject(req, &intent.subject);
	return spool_begin(req->worker->spool, &intent, &req->ticket);
}

enum status
send_stage(struct request *req)
{
	struct attempt *attempt = &req->attempt;
	const struct snapshot_credential *credential =
	    choose_credential(req->worker, attempt->target->provider);
	struct upstream_request request;

	if (write_intent(req) != OK)
		return request_fail(req, E_UNAVAILABLE, NULL,
		    "usage cannot be recorded at this moment");
	compose(req, credential, &request);
	attempt->start_ns = clock_mono_ns();
	attempt->active_ns = attempt->start_ns;
	attempt->call = upstream_start(
	    req->worker->upstream, &request, &response_events, req);
	patience_start(req);
	return PENDING;
}
