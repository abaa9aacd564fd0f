/*
 * replay.h - feeds an answer of the caller's own family, cut into pieces of
 * several sizes; for the tests of passthrough.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/arena.h"
#include "dataplane/translate/answer.h"

static void
fake_read_error(
    struct arena *arena, int http_status, struct str body, struct failure *out)
{
	*out = (struct failure){
		.class = str_find(body, STR("429")) > 0 ? FAILURE_RATE
							: FAILURE_NONE,
		.http_status = http_status,
		.message = body,
		.retry_after_ms = -1,
	};
}

/* Each test uses one of them. */
[[maybe_unused]] static const struct dialect openai = {
	.family = FAMILY_OPENAI_CHAT,
	.read_error = fake_read_error,
};
[[maybe_unused]] static const struct dialect anthropic = {
	.family = FAMILY_ANTHROPIC,
	.read_error = fake_read_error,
};

struct run {
	struct arena arena;
	struct buf out;
	struct answer *answer;
};

static struct answer_plan
plan_of(const struct dialect *dialect, bool stream)
{
	return (struct answer_plan){
		.client = dialect,
		.upstream = dialect,
		.client_stream = stream,
		.upstream_stream = stream,
		.event_max_bytes = 4096,
		.whole_max_bytes = 4096,
	};
}

static void
run_init(struct run *run, const struct answer_plan *plan)
{
	arena_init(&run->arena, 0);
	buf_init(&run->out, 1 << 16);
	run->answer = answer_new(&run->arena, plan);
}

static void
run_done(struct run *run)
{
	buf_done(&run->out);
	arena_done(&run->arena);
}

static void
feed(struct run *run, struct str bytes, size_t step)
{
	while (bytes.len > 0) {
		answer_feed(run->answer, str_head(bytes, step), &run->out);
		bytes = str_skip(bytes, step);
	}
}

static void
assert_out(const struct run *run, const char *expected)
{
	if (!str_eq(buf_str(&run->out), str_from(expected)))
		print_message("%.*s\n", STR_ARGS(buf_str(&run->out)));
	assert_true(str_eq(buf_str(&run->out), str_from(expected)));
}

/* The stream's output and final state, the same however it was cut. */
static struct answer_state
replay(const struct answer_plan *plan, const char *stream, const char *expected)
{
	static const size_t steps[] = { 1, 7, 64, 1 << 20 };
	struct answer_state state;

	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		struct run run;

		run_init(&run, plan);
		feed(&run, str_from(stream), steps[i]);
		answer_end(run.answer, &run.out);
		assert_out(&run, expected);
		state = *answer_state(run.answer);
		/* Its text dies with the arena. */
		state.failure.message = STR("");
		run_done(&run);
	}
	return state;
}
