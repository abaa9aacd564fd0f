/*
 * answer_test.c - answers that are translated: who is called, in what order,
 * with streams on either side.  The dialects are made up.
 */
#include "dataplane/translate/answer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/arena.h"
#include "dataplane/translate/stream.h"

/* The made-up provider says "text:…", "usage", "fail", "stop" and "end". */
static void
fake_decode(struct decoder *d, struct str data)
{
	struct failure failure = { .class = FAILURE_OVERLOADED };

	if (str_has_prefix(data, STR("text:")))
		decoder_text(d, CHAT_EVENT_TEXT, 0, str_skip(data, 5));
	else if (str_eq(data, STR("usage")))
		decoder_usage(
		    d, &(struct tokens){ .output = 7, .reported = true });
	else if (str_eq(data, STR("fail")))
		decoder_fail(d, &failure);
	else if (str_eq(data, STR("stop")))
		d->may_end = true;
	else if (str_eq(data, STR("end")))
		decoder_terminate(d);
}

static void
fake_decode_event(struct decoder *d, struct str name, struct str data)
{
	fake_decode(d, data);
}

/* A whole answer is such words with commas between. */
static void
fake_decode_whole(struct decoder *d, struct str body)
{
	struct str word;

	while (str_next(&body, ',', &word))
		fake_decode(d, word);
}

static void
fake_encode_event(struct encoder *e, const struct chat_event *event)
{
	if (event->kind == CHAT_EVENT_TEXT)
		buf_add_str(e->out, event->text);
	if (event->kind == CHAT_EVENT_END)
		buf_add_char(e->out, '.');
}

static void
fake_encode_whole(struct encoder *e)
{
	buf_add_char(e->out, '<');
	buf_add_str(e->out, buf_str(&e->choices->parts->text));
	buf_add_char(e->out, '>');
}

static const struct dialect client = {
	.family = FAMILY_OPENAI_CHAT,
	.encode_event = fake_encode_event,
	.encode_whole = fake_encode_whole,
};
static const struct dialect upstream = {
	.family = FAMILY_ANTHROPIC,
	.decode_event = fake_decode_event,
	.decode_whole = fake_decode_whole,
};

struct run {
	struct arena arena;
	struct buf out;
	struct answer *answer;
};

static void
run_init(struct run *run, bool client_stream, bool upstream_stream)
{
	arena_init(&run->arena, 0);
	buf_init(&run->out, 1 << 16);
	run->answer = answer_new(&run->arena,
	    &(struct answer_plan){
		.client = &client,
		.upstream = &upstream,
		.client_stream = client_stream,
		.upstream_stream = upstream_stream,
		.event_max_bytes = 256,
		.whole_max_bytes = 256,
	    });
}

static void
run_feed(struct run *run, const char *bytes)
{
	answer_feed(run->answer, str_from(bytes), &run->out);
}

static void
run_done(struct run *run)
{
	buf_done(&run->out);
	arena_done(&run->arena);
}

static void
assert_out(const struct run *run, const char *expected)
{
	assert_true(str_eq(buf_str(&run->out), str_from(expected)));
}

static enum failure_class
class_of(const struct run *run)
{
	return answer_state(run->answer)->failure.class;
}

static void
test_stream_to_stream(void **state)
{
	struct run run;

	run_init(&run, true, true);
	assert_string_equal(
	    answer_content_type(run.answer), "text/event-stream");
	run_feed(&run, ": ping\n\ndata: text:\n\n");
	assert_false(answer_state(run.answer)->has_content);
	run_feed(&run, "data: text:Hel\n\ndata: te");
	assert_true(answer_state(run.answer)->has_content);
	assert_out(&run, "Hel");
	run_feed(&run, "xt:lo\n\ndata: usage\n\n");
	assert_false(answer_state(run.answer)->finished);
	run_feed(&run, "data: end\n\n");
	assert_true(answer_state(run.answer)->finished);
	answer_end(run.answer, &run.out);
	assert_out(&run, "Hello.");
	assert_int_equal(answer_state(run.answer)->output_bytes, 5);
	assert_int_equal(answer_state(run.answer)->tokens.output, 7);
	assert_int_equal(class_of(&run), FAILURE_NONE);
	run_done(&run);
}

static void
test_stream_to_whole(void **state)
{
	struct run run;

	run_init(&run, false, true);
	assert_string_equal(
	    answer_content_type(run.answer), "application/json");
	run_feed(&run, "data: text:Hel\n\ndata: text:lo\n\ndata: end\n\n");
	assert_out(&run, "");
	answer_end(run.answer, &run.out);
	assert_out(&run, "<Hello>");
	run_done(&run);
}

static void
test_whole_to_either(void **state)
{
	struct run run;

	for (int stream = 0; stream <= 1; stream++) {
		run_init(&run, stream == 1, false);
		run_feed(&run, "text:Hel,te");
		run_feed(&run, "xt:lo,usage,end");
		assert_out(&run, "");
		answer_end(run.answer, &run.out);
		assert_out(&run, stream == 1 ? "Hello." : "<Hello>");
		assert_true(answer_state(run.answer)->finished);
		run_done(&run);
	}
}

static void
test_end_of_bytes(void **state)
{
	struct run run;

	/* Every choice was complete: a proper end in this dialect. */
	run_init(&run, true, true);
	run_feed(&run, "data: text:a\n\ndata: stop\n\n");
	answer_end(run.answer, &run.out);
	assert_out(&run, "a.");
	assert_int_equal(class_of(&run), FAILURE_NONE);
	run_done(&run);

	run_init(&run, true, true);
	run_feed(&run, "data: text:a\n\n");
	answer_end(run.answer, &run.out);
	assert_out(&run, "a");
	assert_int_equal(class_of(&run), FAILURE_CUT);
	run_done(&run);

	run_init(&run, false, true);
	run_feed(&run, "data: text:a\n\n");
	answer_end(run.answer, &run.out);
	assert_out(&run, "");
	assert_int_equal(class_of(&run), FAILURE_CUT);
	run_done(&run);

	run_init(&run, true, true);
	answer_end(run.answer, &run.out);
	assert_true(str_eq(answer_state(run.answer)->failure.message,
	    STR("the answer ended before any content")));
	run_done(&run);
}

static void
test_failure_in_stream(void **state)
{
	struct run run;

	run_init(&run, true, true);
	run_feed(&run, "data: text:a\n\ndata: fail\n\ndata: text:b\n\n");
	run_feed(&run, "data: text:c\n\ndata: end\n\n");
	answer_end(run.answer, &run.out);
	assert_out(&run, "a");
	assert_int_equal(class_of(&run), FAILURE_OVERLOADED);
	assert_false(answer_state(run.answer)->finished);
	run_done(&run);
}

static void
test_answer_too_long_to_collect(void **state)
{
	static const char piece[] =
	    "data: text:0123456789012345678901234567890123456789\n\n";
	struct run run;

	run_init(&run, false, true);
	for (int i = 0; i < 10; i++)
		run_feed(&run, piece);
	assert_int_equal(class_of(&run), FAILURE_SERVER);
	answer_end(run.answer, &run.out);
	assert_out(&run, "");
	run_done(&run);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stream_to_stream),
		cmocka_unit_test(test_stream_to_whole),
		cmocka_unit_test(test_whole_to_either),
		cmocka_unit_test(test_end_of_bytes),
		cmocka_unit_test(test_failure_in_stream),
		cmocka_unit_test(test_answer_too_long_to_collect),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
