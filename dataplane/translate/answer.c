/*
 * answer.c - chooses between keeping a provider's bytes and translating its
 * events, and drives either; see answer.h.
 */
#include "dataplane/translate/answer.h"

#include "common/arena.h"
#include "dataplane/translate/passthrough.h"
#include "dataplane/translate/scan.h"
#include "dataplane/translate/sse.h"
#include "dataplane/translate/stream.h"

struct answer {
	struct answer_plan plan;
	struct answer_state state;
	struct arena *arena;
	bool keeps_bytes;
	bool has_ended; /* nothing that follows means anything */

	struct sse sse;	  /* the provider streams */
	struct buf whole; /* it does not */

	struct passthrough passthrough;
	struct decoder decoder;
	struct encoder encoder;
};

static void
fail(struct answer *a, enum failure_class class, struct str message)
{
	a->state.failure = (struct failure){
		.class = class,
		.http_status = 200,
		.message = message,
		.retry_after_ms = -1,
	};
	a->state.finished = false;
}

static bool
has_failed(const struct answer *a)
{
	return a->state.failure.class != FAILURE_NONE;
}

/* ---- translating ---- */

static void
learn(struct answer *a, const struct chat_event *event)
{
	struct answer_state *state = &a->state;

	switch (event->kind) {
	case CHAT_EVENT_TEXT:
	case CHAT_EVENT_REASONING:
	case CHAT_EVENT_REFUSAL:
	case CHAT_EVENT_ARGUMENTS:
		state->output_bytes += (int64_t)event->text.len;
		state->has_content |= event->text.len > 0;
		break;
	case CHAT_EVENT_CALL:
		state->output_bytes += (int64_t)event->name.len;
		state->has_content = true;
		break;
	case CHAT_EVENT_USAGE:
		state->tokens = event->tokens;
		break;
	case CHAT_EVENT_FAILURE:
		state->failure = event->failure;
		if (state->failure.class == FAILURE_NONE)
			state->failure.class = FAILURE_SERVER;
		break;
	case CHAT_EVENT_END:
		state->finished = true;
		break;
	case CHAT_EVENT_START:
	case CHAT_EVENT_SIGNATURE:
	case CHAT_EVENT_FINISH:
		break;
	}
}

/* The decoder's sink. */
static void
on_event(void *answer, const struct chat_event *event)
{
	struct answer *a = answer;

	if (has_failed(a))
		return;
	learn(a, event);
	if (has_failed(a))
		return;
	if (a->plan.client_stream)
		a->plan.client->encode_event(&a->encoder, event);
	else
		encoder_collect(&a->encoder, event);
	if (a->encoder.failed)
		fail(a, FAILURE_SERVER,
		    str_printf(a->arena, "the answer exceeds %zu bytes",
			a->plan.whole_max_bytes));
}

static void
prepare_translation(struct answer *a)
{
	struct encoder_plan plan = {
		.model = a->plan.model,
		.request_id = a->plan.request_id,
		.include_usage = a->plan.include_usage,
		.max_bytes = a->plan.whole_max_bytes,
	};

	decoder_init(&a->decoder, a->arena, a->plan.quirks, on_event, a);
	encoder_init(&a->encoder, a->arena, &plan);
}

/* ---- both ---- */

static void
release(void *answer)
{
	struct answer *a = answer;

	sse_done(&a->sse);
	buf_done(&a->whole);
}

struct answer *
answer_new(struct arena *arena, const struct answer_plan *plan)
{
	struct answer *a = arena_alloc(arena, sizeof(*a));

	a->plan = *plan;
	a->arena = arena;
	a->state.failure.retry_after_ms = -1;
	a->keeps_bytes = plan->client->family == plan->upstream->family &&
	    plan->client_stream == plan->upstream_stream;
	sse_init(&a->sse, plan->event_max_bytes);
	buf_init(&a->whole, plan->whole_max_bytes);
	arena_defer(arena, release, a);
	if (a->keeps_bytes)
		passthrough_init(&a->passthrough, arena, &a->plan, &a->state);
	else
		prepare_translation(a);
	return a;
}

static void
take_event(struct answer *a, const struct sse_event *event, struct buf *out)
{
	if (a->keeps_bytes)
		passthrough_event(&a->passthrough, event, out);
	else if (event->has_data)
		a->plan.upstream->decode_event(
		    &a->decoder, event->name, event->data);
}

static void
feed_stream(struct answer *a, struct str bytes, struct buf *out)
{
	struct sse_event event;
	enum status status = sse_feed(&a->sse, bytes);

	while (status == OK && !has_failed(a) && sse_next(&a->sse, &event))
		take_event(a, &event, out);
	if (!has_failed(a) && sse_has_failed(&a->sse))
		fail(a, FAILURE_SERVER,
		    str_printf(a->arena,
			"an event of the answer exceeds %zu bytes",
			a->plan.event_max_bytes));
}

static void
feed_whole(struct answer *a, struct str bytes)
{
	buf_add_str(&a->whole, bytes);
	if (buf_has_failed(&a->whole))
		fail(a, FAILURE_SERVER,
		    str_printf(a->arena, "the answer exceeds %zu bytes",
			a->plan.whole_max_bytes));
}

void
answer_feed(struct answer *a, struct str bytes, struct buf *out)
{
	assert(!a->has_ended);
	if (has_failed(a) || bytes.len == 0)
		return;
	a->encoder.out = out;
	if (a->plan.upstream_stream)
		feed_stream(a, bytes, out);
	else
		feed_whole(a, bytes);
}

/* ---- the end ---- */

/* Whole enough to be an event that lacks its blank line only? */
static bool
is_complete(struct str data)
{
	data = str_trim(data);
	return str_eq(data, STR("[DONE]")) || scan_value(data, NULL) == OK;
}

/*
 * Some providers end without the last blank line.  An event that was cut
 * inside its data is left out, so that what the client got stays well-formed.
 */
static void
end_stream(struct answer *a, struct buf *out)
{
	struct sse_event event;

	if (sse_rest(&a->sse).len == 0 || sse_feed(&a->sse, STR("\n\n")) != OK)
		return;
	if (sse_next(&a->sse, &event) && is_complete(event.data))
		take_event(a, &event, out);
}

static void
end_whole(struct answer *a, struct buf *out)
{
	struct str body = buf_str(&a->whole);

	if (a->keeps_bytes)
		passthrough_whole(&a->passthrough, body, out);
	else
		a->plan.upstream->decode_whole(&a->decoder, body);
}

static void
end_translation(struct answer *a)
{
	decoder_end(&a->decoder);
	if (!has_failed(a) && a->state.finished && !a->plan.client_stream)
		a->plan.client->encode_whole(&a->encoder);
}

static void
fail_cut(struct answer *a)
{
	if (a->state.output_bytes == 0)
		fail(
		    a, FAILURE_CUT, STR("the answer ended before any content"));
	else
		fail(a, FAILURE_CUT,
		    str_printf(a->arena,
			"the answer was cut off after %lld bytes of content",
			(long long)a->state.output_bytes));
}

void
answer_end(struct answer *a, struct buf *out)
{
	assert(!a->has_ended);
	a->has_ended = true;
	if (has_failed(a))
		return;
	a->encoder.out = out;
	if (a->plan.upstream_stream)
		end_stream(a, out);
	else
		end_whole(a, out);
	if (!a->keeps_bytes && !has_failed(a))
		end_translation(a);
	if (!has_failed(a) && !a->state.finished)
		fail_cut(a);
}

const struct answer_state *
answer_state(const struct answer *a)
{
	return &a->state;
}

const char *
answer_content_type(const struct answer *a)
{
	return a->plan.client_stream ? "text/event-stream" : "application/json";
}
