/*
 * refusal.c - see refusal.h.
 */
#include "dataplane/listener/refusal.h"

#include "dataplane/door.h"
#include "dataplane/listener/endpoint.h"
#include "dataplane/listener/listener.h"
#include "dataplane/request.h"

#define CREDENTIAL_REFUSED                                                  \
	"the provider refused the gateway's credential; its operator must " \
	"look at it"

static enum outcome
outcome_of(enum status s)
{
	switch (s) {
	case E_UNAUTHENTICATED:
		return OUTCOME_REFUSED_AUTH;
	case E_BUDGET:
		return OUTCOME_REFUSED_BUDGET;
	case E_RATE_LIMITED:
		return OUTCOME_REFUSED_LIMIT;
	case E_UPSTREAM:
		return OUTCOME_UPSTREAM_ERROR;
	case E_TIMEOUT:
		return OUTCOME_TIMEOUT;
	case E_INTERNAL:
	case E_UNAVAILABLE:
		return OUTCOME_ERROR;
	default:
		return OUTCOME_REFUSED_POLICY;
	}
}

static const struct dialect *
dialect_of(const struct request *req)
{
	if (req->endpoint != NULL)
		return req->endpoint->dialect;
	return endpoint_dialect(req->exchange.path);
}

static void
answer(struct request *req, int http_status, struct str body)
{
	struct header headers[] = {
		{ "Content-Type", "application/json" },
		{ "x-weir-request-id", req->id_text },
		{ "x-weir-attempts",
		    str_printf(&req->arena, "%zu", req->attempt_count).ptr },
		{ "retry-after", NULL },
	};
	size_t count = ARRAY_LEN(headers) - 1;

	if (req->refusal.retry_after_ms >= 0) {
		int64_t seconds = (req->refusal.retry_after_ms + 999) / 1000;

		headers[count++].value =
		    str_printf(&req->arena, "%lld", (long long)seconds).ptr;
	}
	exchange_reply(
	    &req->exchange, (unsigned)http_status, headers, count, body);
}

static void
answer_error(struct request *req, int http_status)
{
	struct dialect_error error = {
		.http_status = http_status,
		.word = req->refusal.code,
		.param = req->refusal.param,
		.message = req->refusal.message,
		.request_id = str_from(req->id_text),
	};

	buf_reset(&req->out);
	dialect_of(req)->write_error(&req->out, &error);
	answer(req, http_status, buf_str(&req->out));
}

void
refusal_send(struct request *req, enum status s)
{
	struct refusal *refusal = &req->refusal;

	assert(s != OK && s != PENDING);

	if (refusal->code == NULL)
		refusal->code = status_word(s);
	if (refusal->message.len == 0)
		refusal->message = str_from(status_word(s));
	door_leave(req, outcome_of(s), status_http(s));
	answer_error(req, status_http(s));
}

/* --- a provider's refusal --------------------------------------------------------- */

/* Is the request at fault, or at least the caller's rate? */
static bool is_callers(enum failure_class class)
{
	return class == FAILURE_INVALID || class == FAILURE_CONTEXT ||
	    class == FAILURE_CONTENT || class == FAILURE_RATE;
}

static int
http_status_of(const struct failure *failure)
{
	int code = failure->http_status;

	if (is_callers(failure->class) && code >= 400 && code < 500)
		return code;
	return status_http(failure_status(failure->class));
}

/* The provider's own words fit when the caller speaks its dialect. */
static bool
may_pass_body(const struct request *req, const struct failure *failure)
{
	const struct attempt *attempt = &req->attempt;

	return is_callers(failure->class) && attempt->has_head &&
	    attempt->head.http_status == http_status_of(failure) &&
	    attempt->target->provider->kind->dialect->family ==
	    dialect_of(req)->family &&
	    scan_value(buf_str(&attempt->error_body), NULL) == OK;
}

static void
set_refusal(struct request *req, const struct failure *failure)
{
	struct refusal *refusal = &req->refusal;

	refusal->retry_after_ms = failure->retry_after_ms;
	refusal->code = is_callers(failure->class) && failure->code.len > 0
	    ? str_cstr(&req->arena, failure->code)
	    : failure_word(failure->class);
	refusal->message = failure->class == FAILURE_AUTH
	    ? STR(CREDENTIAL_REFUSED)
	    : str_copy(&req->arena, failure->message);
	if (refusal->message.len == 0)
		refusal->message = STR("the provider could not serve this");
}

void
refusal_send_failure(struct request *req, const struct failure *failure)
{
	int http_status = http_status_of(failure);

	set_refusal(req, failure);
	door_leave(req,
	    failure->class == FAILURE_TIMEOUT ? OUTCOME_TIMEOUT
					      : OUTCOME_UPSTREAM_ERROR,
	    http_status);
	if (may_pass_body(req, failure))
		answer(req, http_status, buf_str(&req->attempt.error_body));
	else
		answer_error(req, http_status);
}

void
refusal_write_event(struct request *req, const struct failure *failure)
{
	struct dialect_error error;

	set_refusal(req, failure);
	error = (struct dialect_error){
		.http_status = http_status_of(failure),
		.word = req->refusal.code,
		.message = req->refusal.message,
		.request_id = str_from(req->id_text),
		.in_stream = true,
	};
	buf_reset(&req->out);
	dialect_of(req)->write_error(&req->out, &error);
	exchange_stream_write(&req->exchange, buf_str(&req->out));
	buf_reset(&req->out);
}
