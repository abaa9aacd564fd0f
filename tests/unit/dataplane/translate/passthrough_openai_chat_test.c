/*
 * passthrough_openai_chat_test.c - chat completions for callers who speak them:
 * the same bytes, and what is known after them.
 */
#include "dataplane/translate/answer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/dataplane/translate/replay.h"

#define CHUNK(rest) "data: {\"id\":\"c\",\"choices\":[" rest "}\n\n"
#define DELTA(delta) \
	CHUNK("{\"index\":0,\"delta\":" delta ",\"finish_reason\":null}]")
#define FINISH CHUNK("{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]")
#define USAGE                                                     \
	"\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":3," \
	"\"prompt_tokens_details\":{\"cached_tokens\":4}}"
#define DONE "data: [DONE]\n\n"

static void
test_openai_stream(void **state)
{
	static const char stream[] = ": hello\n\n" DELTA(
	    "{\"role\":\"assistant\",\"content\":\"\",\"refusal\":null}")
	    DELTA("{\"content\":\"Hel\"}") DELTA("{\"content\":\"lo\"}")
		FINISH CHUNK("]," USAGE) DONE;
	struct answer_plan plan = plan_of(&openai, true);
	struct answer_state end = replay(&plan, stream, stream);

	assert_true(end.finished);
	assert_true(end.has_content);
	assert_int_equal(end.failure.class, FAILURE_NONE);
	assert_int_equal(end.output_bytes, 5);
	assert_int_equal(end.tokens.input, 9);
	assert_int_equal(end.tokens.cached, 4);
	assert_int_equal(end.tokens.output, 3);
	assert_true(end.tokens.reported);
}

static void
test_openai_first_content(void **state)
{
	static const struct {
		const char *event;
		bool is_content;
	} cases[] = {
		{ DELTA("{\"role\":\"assistant\",\"content\":\"\"}"), false },
		{ DELTA("{}"), false },
		{ DELTA("{\"content\":null,\"tool_calls\":[]}"), false },
		{ CHUNK("],\"prompt_filter_results\":[{\"x\":\"y\"}]"), false },
		{ ": comment\n\n", false },
		{ "data: not JSON\n\n", false },
		{ DELTA("{\"content\":\"x\"}"), true },
		{ DELTA("{\"content\":[{\"type\":\"thinking\",\"thinking\":"
			"[{\"type\":\"text\",\"text\":\"x\"}]}]}"),
		    true },
		{ DELTA("{\"content\":[{\"type\":\"text\",\"text\":\"\"}]}"),
		    false },
		{ DELTA("{\"reasoning_content\":\"x\"}"), true },
		{ DELTA("{\"reasoning\":\"x\"}"), true },
		{ DELTA("{\"reasoning_details\":[{\"text\":\"x\"}]}"), true },
		{ DELTA("{\"refusal\":\"x\"}"), true },
		{ DELTA("{\"audio\":{\"id\":\"1\",\"data\":\"x\"}}"), true },
		{ DELTA("{\"tool_calls\":[{\"index\":0,\"id\":\"1\",\"type\":"
			"\"function\",\"function\":{\"name\":\"f\","
			"\"arguments\":\"\"}}]}"),
		    true },
		{ CHUNK("{\"index\":1,\"delta\":{\"cont\\u0065nt\":\"x\"}}]"),
		    true },
	};
	struct answer_plan plan = plan_of(&openai, true);

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct run run;

		run_init(&run, &plan);
		feed(&run, str_from(cases[i].event), 1 << 20);
		assert_int_equal(
		    answer_state(run.answer)->has_content, cases[i].is_content);
		assert_out(&run, cases[i].event);
		run_done(&run);
	}
}

static void
test_openai_usage_is_stripped(void **state)
{
	static const char stream[] =
	    "data: {\"choices\":[],\"prompt_filter_results\":[],"
	    "\"usage\":null}\n\n"
	    "data: {\"usage\": null , \"choices\":[{\"index\":0,\"delta\":"
	    "{\"content\":\"\\\"usage\\\":null,\"}}]}\r\n\r\n"
	    "data: {\"id\":1,\"usage\":null,\"choices\":[{\"index\":0,"
	    "\"delta\":{},\"finish_reason\":\"stop\"}],\"x\":2}\n\n"
	    "data: {\"usage\":null}\n\n" CHUNK("]," USAGE) DONE;
	static const char expected[] =
	    "data: {\"choices\":[],\"prompt_filter_results\":[]}\n\n"
	    "data: { \"choices\":[{\"index\":0,\"delta\":"
	    "{\"content\":\"\\\"usage\\\":null,\"}}]}\r\n\r\n"
	    "data: {\"id\":1,\"choices\":[{\"index\":0,"
	    "\"delta\":{},\"finish_reason\":\"stop\"}],\"x\":2}\n\n"
	    "data: {}\n\n" DONE;
	struct answer_plan plan = plan_of(&openai, true);
	struct answer_state end;

	plan.strip_usage = true;
	end = replay(&plan, stream, expected);
	assert_int_equal(end.tokens.input, 9);
	assert_true(end.finished);
}

/* Some providers report it beside choices, asked or not: it stays. */
static void
test_openai_usage_beside_choices(void **state)
{
	static const char stream[] = DELTA("{\"content\":\"x\"}") CHUNK(
	    "{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]," USAGE)
	    DONE;
	struct answer_plan plan = plan_of(&openai, true);

	plan.strip_usage = true;
	assert_int_equal(replay(&plan, stream, stream).tokens.output, 3);
}

static void
test_openai_usage_elsewhere(void **state)
{
	static const char groq[] = DELTA("{\"content\":\"x\"}")
	    CHUNK("{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}],"
		  "\"x_groq\":{\"id\":\"r\"," USAGE "}") DONE;
	static const char every_chunk[] =
	    CHUNK("{\"index\":0,\"delta\":{\"content\":\"x\"}}],"
		  "\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":1}")
		CHUNK("{\"index\":0,\"delta\":{},"
		      "\"finish_reason\":\"stop\"}]," USAGE);
	struct answer_plan plan = plan_of(&openai, true);

	assert_int_equal(replay(&plan, groq, groq).tokens.output, 3);
	assert_int_equal(
	    replay(&plan, every_chunk, every_chunk).tokens.output, 3);
}

static void
test_openai_ends(void **state)
{
	static const struct {
		const char *stream;
		enum failure_class class;
	} cases[] = {
		{ DELTA("{\"content\":\"x\"}") FINISH, FAILURE_NONE },
		{ DELTA("{\"content\":\"x\"}") FINISH FINISH, FAILURE_NONE },
		{ DELTA("{\"content\":\"x\"}") FINISH CHUNK("]," USAGE),
		    FAILURE_NONE },
		{ DELTA("{\"content\":\"x\"}") DONE, FAILURE_NONE },
		{ DELTA("{\"content\":\"x\"}"), FAILURE_CUT },
		{ DELTA("{\"content\":\"x\"}") CHUNK(
		      "{\"index\":0,\"delta\":{},\"finish_reason\":\"\"}]"),
		    FAILURE_CUT },
		{ CHUNK("{\"index\":0,\"delta\":{\"content\":\"x\"}},"
			"{\"index\":1,\"delta\":{\"content\":\"y\"}}]") FINISH,
		    FAILURE_CUT },
		{ FINISH CHUNK("{\"index\":1,\"delta\":{\"content\":"
			       "\"y\"}}]"),
		    FAILURE_CUT },
		{ FINISH CHUNK("{\"index\":1,\"delta\":{},"
			       "\"finish_reason\":\"length\"}]"),
		    FAILURE_NONE },
		{ "", FAILURE_CUT },
		{ ": ping\n\n", FAILURE_CUT },
	};
	struct answer_plan plan = plan_of(&openai, true);

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct answer_state end =
		    replay(&plan, cases[i].stream, cases[i].stream);

		assert_int_equal(end.failure.class, cases[i].class);
		assert_int_equal(end.finished, cases[i].class == FAILURE_NONE);
	}
}

static void
test_last_blank_line_missing(void **state)
{
	struct answer_plan plan = plan_of(&openai, true);
	struct answer_state end;

	end = replay(&plan, DELTA("{\"content\":\"x\"}") "data: [DONE]",
	    DELTA("{\"content\":\"x\"}") DONE);
	assert_true(end.finished);
	/* Half an event is not shown to the caller. */
	end = replay(&plan,
	    DELTA("{\"content\":\"x\"}") "data: {\"choices\":[{\"ind",
	    DELTA("{\"content\":\"x\"}"));
	assert_int_equal(end.failure.class, FAILURE_CUT);
}

static void
test_cut_says_how_far(void **state)
{
	struct answer_plan plan = plan_of(&openai, true);
	struct run run;

	run_init(&run, &plan);
	feed(&run, STR(DELTA("{\"content\":\"four\"}")), 1 << 20);
	answer_end(run.answer, &run.out);
	assert_true(str_eq(answer_state(run.answer)->failure.message,
	    STR("the answer was cut off after 4 bytes of content")));
	run_done(&run);
}

static void
test_openai_errors(void **state)
{
	static const struct {
		const char *event;
		enum failure_class class;
	} cases[] = {
		{ "data: {\"error\":{\"message\":\"slow\",\"code\":429}}\n\n",
		    FAILURE_RATE },
		{ "event: error\ndata: {\"error\":{\"status_code\":400}}\n\n",
		    FAILURE_SERVER },
		{ "event: error\ndata: oops\n\n", FAILURE_SERVER },
		{ "data: {\"error\":\"text\",\"choices\":[]}\n\n",
		    FAILURE_SERVER },
	};
	struct answer_plan plan = plan_of(&openai, true);

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct run run;

		run_init(&run, &plan);
		feed(&run, STR(DELTA("{\"content\":\"x\"}")), 1 << 20);
		feed(&run, str_from(cases[i].event), 1 << 20);
		feed(&run, STR(DELTA("{\"content\":\"late\"}") DONE), 1);
		answer_end(run.answer, &run.out);
		assert_out(&run, DELTA("{\"content\":\"x\"}"));
		assert_int_equal(
		    answer_state(run.answer)->failure.class, cases[i].class);
		assert_int_equal(
		    answer_state(run.answer)->failure.http_status, 200);
		assert_true(answer_state(run.answer)->failure.message.len > 0);
		run_done(&run);
	}
	replay(&plan, DELTA("{\"content\":\"x\"}") "data: {\"error\":null}\n\n",
	    DELTA("{\"content\":\"x\"}") "data: {\"error\":null}\n\n");
}

/* What was used before an error is paid for. */
static void
test_openai_error_with_usage(void **state)
{
	struct answer_plan plan = plan_of(&openai, true);
	struct answer_state end = replay(&plan,
	    DELTA("{\"content\":\"x\"}") FINISH
	    "data: {\"error\":{\"code\":429}," USAGE "}\n\n" DONE,
	    DELTA("{\"content\":\"x\"}") FINISH);

	assert_int_equal(end.failure.class, FAILURE_RATE);
	assert_int_equal(end.tokens.output, 3);
	assert_false(end.finished);
}

static void
test_openai_whole(void **state)
{
	static const char body[] =
	    " {\"id\":\"c\",\"choices\":[{\"index\":0,\"message\":{\"role\":"
	    "\"assistant\",\"content\":\"Hi\"},\"finish_reason\":\"stop\"}]"
	    "," USAGE ",\"odd\":1.50}\n";
	struct answer_plan plan = plan_of(&openai, false);
	struct answer_state end = replay(&plan, body, body);

	assert_true(end.finished);
	assert_true(end.has_content);
	assert_int_equal(end.output_bytes, 2);
	assert_int_equal(end.tokens.input, 9);
}

static void
test_whole_that_makes_no_sense(void **state)
{
	static const char *const bodies[] = { "", "<html>", "{}", "[]",
		"{\"choices\":[]}", "{\"choices\":{}}", "{\"choices\":[{}]",
		"{\"choices\":[{}]}x", "{\"error\":{\"message\":\"no\"}}" };
	struct answer_plan plan = plan_of(&openai, false);

	for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
		struct answer_state end = replay(&plan, bodies[i], "");

		assert_int_equal(end.failure.class, FAILURE_SERVER);
		assert_false(end.finished);
	}
}

static void
test_bounds(void **state)
{
	static char bytes[8192];
	struct answer_plan plan = plan_of(&openai, false);
	struct run run;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = ' ';
	run_init(&run, &plan);
	feed(&run, str_make(bytes, sizeof(bytes)), 1000);
	assert_int_equal(
	    answer_state(run.answer)->failure.class, FAILURE_SERVER);
	run_done(&run);

	plan = plan_of(&openai, true);
	run_init(&run, &plan);
	feed(&run, str_make(bytes, sizeof(bytes)), 1000);
	assert_int_equal(
	    answer_state(run.answer)->failure.class, FAILURE_SERVER);
	answer_end(run.answer, &run.out);
	assert_out(&run, "");
	run_done(&run);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_openai_stream),
		cmocka_unit_test(test_openai_first_content),
		cmocka_unit_test(test_openai_usage_is_stripped),
		cmocka_unit_test(test_openai_usage_beside_choices),
		cmocka_unit_test(test_openai_usage_elsewhere),
		cmocka_unit_test(test_openai_ends),
		cmocka_unit_test(test_last_blank_line_missing),
		cmocka_unit_test(test_cut_says_how_far),
		cmocka_unit_test(test_openai_errors),
		cmocka_unit_test(test_openai_error_with_usage),
		cmocka_unit_test(test_openai_whole),
		cmocka_unit_test(test_whole_that_makes_no_sense),
		cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
