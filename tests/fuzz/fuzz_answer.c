/*
 * fuzz_answer.c - a provider that sends anything: every pair of dialects,
 * streamed or not, in pieces.  An answer ends finished or failed, never both
 * and never neither, and says nothing more after a failure.
 *
 * The first two bytes of the input say who talks to whom, and how.
 */
#include <stdlib.h>

#include "common/arena.h"
#include "dataplane/translate/answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

enum {
	EVENT_MAX_BYTES = 4096,
	WHOLE_MAX_BYTES = 16384,
	OUT_MAX_BYTES = 64 << 20,
};

static void
check(bool holds)
{
	if (!holds)
		abort();
}

static struct answer_plan
plan_of(uint8_t who, uint8_t how)
{
	static const struct dialect *const clients[] = { &dialect_openai_chat,
		&dialect_anthropic };
	static const struct dialect *const upstreams[] = { &dialect_openai_chat,
		&dialect_anthropic, &dialect_gemini };

	return (struct answer_plan){
		.client = clients[who % ARRAY_LEN(clients)],
		.upstream = upstreams[who / 2 % ARRAY_LEN(upstreams)],
		.quirks = (who & 0x80) != 0 ? QUIRK_REASONING_EXTRA : 0,
		.client_stream = (how & 1) != 0,
		.upstream_stream = (how & 2) != 0,
		.include_usage = (how & 4) != 0,
		.strip_usage = (how & 8) != 0,
		.model = STR("model"),
		.request_id = STR("req_0123456789abcdefghjkmnpqrs"),
		.event_max_bytes = EVENT_MAX_BYTES,
		.whole_max_bytes = WHOLE_MAX_BYTES,
	};
}

static bool
keeps_bytes(const struct answer_plan *plan)
{
	return plan->client == plan->upstream &&
	    plan->client_stream == plan->upstream_stream;
}

static void
feed(struct answer *answer, struct str bytes, size_t step, struct buf *out)
{
	while (bytes.len > 0) {
		size_t before = buf_len(out);
		bool has_failed =
		    answer_state(answer)->failure.class != FAILURE_NONE;

		answer_feed(answer, str_head(bytes, step), out);
		check(!has_failed || buf_len(out) == before);
		bytes = str_skip(bytes, step);
	}
}

static void
check_end(const struct answer_plan *plan, const struct answer *answer,
    struct str bytes, struct str out)
{
	const struct answer_state *state = answer_state(answer);
	bool has_failed = state->failure.class != FAILURE_NONE;

	check(state->finished != has_failed);
	check(state->tokens.input >= 0 && state->tokens.output >= 0);
	check(state->tokens.cached <= state->tokens.input);
	check(state->tokens.reasoning <= state->tokens.output);
	check(state->output_bytes >= 0);
	/* Kept bytes are a prefix, but for a blank line that was missing. */
	if (keeps_bytes(plan) && !plan->strip_usage)
		check(str_has_prefix(
		    bytes, str_head(out, size_min(out.len, bytes.len))));
	if (!plan->client_stream && has_failed)
		check(out.len == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct answer_plan plan;
	struct answer *answer;
	struct arena arena;
	struct str sent;
	struct buf out;

	if (size < 2)
		return 0;
	plan = plan_of(bytes[0], bytes[1]);
	sent = str_make(bytes + 2, size - 2);
	arena_init(&arena, 0);
	buf_init(&out, OUT_MAX_BYTES);
	answer = answer_new(&arena, &plan);
	feed(answer, sent, (size_t)(bytes[1] >> 4) * 16 + 1, &out);
	answer_end(answer, &out);
	check_end(&plan, answer, sent, buf_str(&out));
	buf_done(&out);
	arena_done(&arena);
	return 0;
}
