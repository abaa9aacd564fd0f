/*
 * door.c - see door.h.
 */
#include "dataplane/door.h"

#include "common/clock.h"
#include "common/log.h"
#include "common/metrics.h"
#include "dataplane/listener/endpoint.h"
#include "dataplane/meter/price.h"
#include "dataplane/request.h"
#include "dataplane/usage/refusal_log.h"
#include "dataplane/worker.h"

#define BYTES_PER_TOKEN 4 /* of text, for estimates */

/* What the provider reported; else what was sent and seen, in bytes. */
static struct tokens
tokens_of(const struct request *req)
{
	const struct answer_state *state;
	struct tokens tokens;

	if (req->attempt.answer == NULL || !req->attempt.has_head ||
	    req->attempt.head.http_status != 200)
		return (struct tokens){ .reported = true };
	state = answer_state(req->attempt.answer);
	tokens = state->tokens;
	if (!tokens.reported) {
		tokens = (struct tokens){
			.input = req->facts.input_guess,
			.output = (state->output_bytes + BYTES_PER_TOKEN - 1) /
			    BYTES_PER_TOKEN,
		};
	}
	return tokens;
}

static void
price(struct request *req, struct record *record)
{
	struct price_question question = {
		.provider = req->attempt.target->provider,
		.tenant = req->key->tenant,
		.upstream_model = req->attempt.target->upstream_model,
		.tokens = record->tokens,
		.wall_us = req->born_wall_us,
	};
	struct price_answer answer =
	    price_tokens(req->snapshot, &req->arena, &question);

	record->cost_nano = answer.cost_nano;
	record->unpriced = answer.unpriced;
	record->price_count = answer.row_count;
	for (size_t i = 0; i < answer.row_count; i++)
		record->price_sids[i] = answer.row_sids[i];
	req->cost_nano = answer.cost_nano;
}

static void
add_attempts(const struct request *req, struct record *record)
{
	record->attempt_count =
	    size_min(req->attempt_count, RECORD_ATTEMPTS_MAX);
	for (size_t i = 0; i < record->attempt_count; i++)
		record->attempts[i] = req->attempts[i];
}

static void
add_labels(const struct request *req, struct record *record)
{
	for (size_t i = 0; i < req->label_count; i++) {
		record->label_names[i] = req->labels[i].name;
		record->label_values[i] = req->labels[i].value;
	}
	record->label_count = req->label_count;
}

static void
fill(struct request *req, struct record *record)
{
	int64_t now_ns = clock_mono_ns();

	request_subject(req, &record->subject);
	record->error_code = str_from(req->refusal.code);
	record->tokens = tokens_of(req);
	record->latency_us = (now_ns - req->born_ns) / 1000;
	record->upstream_us = req->upstream_ns / 1000;
	if (req->content_ns != 0)
		record->ttft_us = (req->content_ns - req->born_ns) / 1000;
	record->stream = req->facts.stream;
	record->route_reason = str_from(req->plan.reason);
	record->config_rev = snapshot_rev(req->snapshot);
	add_attempts(req, record);
	add_labels(req, record);
	if (req->attempt.target != NULL && req->key != NULL)
		price(req, record);
}

static enum metric
metric_of(enum outcome outcome)
{
	switch (outcome) {
	case OUTCOME_OK:
		return METRIC_GATEWAY_REQUESTS_OK;
	case OUTCOME_CLIENT_GONE:
		return METRIC_GATEWAY_REQUESTS_CLIENT_GONE;
	case OUTCOME_UPSTREAM_ERROR:
		return METRIC_GATEWAY_REQUESTS_UPSTREAM_ERROR;
	case OUTCOME_TIMEOUT:
		return METRIC_GATEWAY_REQUESTS_TIMEOUT;
	case OUTCOME_REFUSED_AUTH:
	case OUTCOME_REFUSED_BUDGET:
	case OUTCOME_REFUSED_LIMIT:
	case OUTCOME_REFUSED_POLICY:
		return METRIC_GATEWAY_REQUESTS_REFUSED;
	default:
		return METRIC_GATEWAY_REQUESTS_ERROR;
	}
}

static void
log_bad_end(const struct request *req, const struct record *record)
{
	log_info("request_failed", log_cstr("request_id", req->id_text),
	    log_int("outcome", record->outcome),
	    log_int("http_status", record->http_status),
	    log_str("code", record->error_code),
	    log_str("model", record->subject.alias),
	    log_int("attempts", (int64_t)record->attempt_count),
	    log_int("latency_us", record->latency_us));
}

void
door_leave(struct request *req, enum outcome outcome, int http_status)
{
	struct record record = {
		.outcome = outcome,
		.http_status = http_status,
	};

	assert(!req->left);

	req->left = true;
	metric_add(metric_of(outcome), 1);
	if (req->snapshot == NULL || req->endpoint == NULL ||
	    !req->endpoint->metered)
		return;
	fill(req, &record);
	if (req->ticket.open)
		spool_end(req->worker->spool, &req->ticket, &record);
	else
		refusal_log_add(req->worker->refusals, &record);
	if (outcome != OUTCOME_OK && outcome != OUTCOME_REFUSED_AUTH)
		log_bad_end(req, &record);
}
