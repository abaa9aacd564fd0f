/*
 * reply.c - the x-weir-* headers of contract and docs/api.md.
 */
#include "dataplane/listener/reply.h"

#include "common/clock.h"
#include "common/money.h"
#include "dataplane/request.h"

static void
add(struct header *headers, size_t *count, const char *name, const char *value)
{
	assert(*count < EXCHANGE_HEADERS_MAX);

	headers[(*count)++] = (struct header){ name, value };
}

static const char *
number(struct request *req, int64_t value)
{
	return str_printf(&req->arena, "%lld", (long long)value).ptr;
}

/* Time of ours: all that passed, less what the provider took. */
static int64_t
overhead_us(const struct request *req)
{
	int64_t now_ns = clock_mono_ns();
	int64_t waited_ns = req->upstream_ns;

	if (!req->attempt.ended)
		waited_ns += now_ns - req->attempt.start_ns;
	return i64_max(0, (now_ns - req->born_ns - waited_ns) / 1000);
}

static size_t
attempts_so_far(const struct request *req)
{
	return req->attempt_count + (req->attempt.ended ? 0 : 1);
}

static size_t
compose(struct request *req, struct header *headers)
{
	const struct attempt *attempt = &req->attempt;
	const struct plan_target *target = attempt->target;
	size_t count = 0;

	add(headers, &count, "Content-Type",
	    answer_content_type(attempt->answer));
	add(headers, &count, "x-weir-request-id", req->id_text);
	add(headers, &count, "x-weir-provider",
	    str_cstr(&req->arena, target->provider->slug));
	add(headers, &count, "x-weir-model",
	    str_cstr(&req->arena, target->upstream_model));
	add(headers, &count, "x-weir-attempts",
	    number(req, (int64_t)attempts_so_far(req)));
	add(headers, &count, "x-weir-route-reason", req->plan.reason);
	if (req->plan.route != NULL)
		add(headers, &count, "x-weir-route",
		    str_cstr(&req->arena, req->plan.route->slug));
	add(headers, &count, "x-weir-config-version",
	    number(req, (int64_t)snapshot_rev(req->snapshot)));
	if (attempt->outbound.dropped.len > 0)
		add(headers, &count, "x-weir-dropped-params",
		    str_cstr(&req->arena, attempt->outbound.dropped));
	add(headers, &count, "x-weir-overhead-us",
	    number(req, overhead_us(req)));
	return count;
}

void
reply_send(struct request *req, struct str body)
{
	struct header headers[EXCHANGE_HEADERS_MAX];
	size_t count = compose(req, headers);
	char *cost = arena_alloc(&req->arena, MONEY_TEXT_SIZE);

	add(headers, &count, "x-weir-cost-usd",
	    money_format_usd(req->cost_nano, cost));
	exchange_reply(&req->exchange, 200, headers, count, body);
}

void
reply_open_stream(struct request *req)
{
	struct header headers[EXCHANGE_HEADERS_MAX];
	size_t count = compose(req, headers);

	add(headers, &count, "Cache-Control", "no-cache");
	add(headers, &count, "X-Accel-Buffering", "no");
	exchange_stream_open(&req->exchange, 200, headers, count);
}
