/*
 * passthrough_anthropic_test.c - Messages for callers who speak them: the same
 * bytes, and what is known after them.
 */
#include "dataplane/translate/answer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/dataplane/translate/replay.h"

#define EVENT(type, rest) \
	"event: " type "\ndata: {\"type\":\"" type "\"" rest "}\n\n"
#define MESSAGE_START                                               \
	EVENT("message_start",                                      \
	    ",\"message\":{\"id\":\"m\",\"content\":[],\"usage\":{" \
	    "\"input_tokens\":10,\"cache_read_input_tokens\":5,"    \
	    "\"output_tokens\":1}}")
#define MESSAGE_END                                      \
	EVENT("message_delta",                           \
	    ",\"delta\":{\"stop_reason\":\"end_turn\"}," \
	    "\"usage\":{\"output_tokens\":42}")          \
	EVENT("message_stop", "")
#define BLOCK_START(block) \
	EVENT("content_block_start", ",\"index\":0,\"content_block\":" block)
#define BLOCK_DELTA(delta) \
	EVENT("content_block_delta", ",\"index\":0,\"delta\":" delta)

static void
test_anthropic_stream(void **state)
{
	static const char stream[] =
	    MESSAGE_START BLOCK_START("{\"type\":\"text\",\"text\":\"\"}")
		EVENT("ping", "")
		    BLOCK_DELTA("{\"type\":\"text_delta\",\"text\":\"Hello\"}")
			EVENT("content_block_stop", ",\"index\":0") MESSAGE_END;
	struct answer_plan plan = plan_of(&anthropic, true);
	struct answer_state end = replay(&plan, stream, stream);

	assert_true(end.finished);
	assert_int_equal(end.output_bytes, 5);
	assert_int_equal(end.tokens.input, 15);
	assert_int_equal(end.tokens.cached, 5);
	assert_int_equal(end.tokens.output, 42);
}

static void
test_anthropic_first_content(void **state)
{
	static const struct {
		const char *event;
		bool is_content;
	} cases[] = {
		{ MESSAGE_START, false },
		{ EVENT("ping", ""), false },
		{ BLOCK_START("{\"type\":\"text\",\"text\":\"\"}"), false },
		{ BLOCK_START("{\"type\":\"thinking\",\"thinking\":\"\","
			      "\"signature\":\"s\"}"),
		    false },
		{ BLOCK_START("{\"type\":\"tool_use\",\"id\":\"t\","
			      "\"name\":\"f\",\"input\":{}}"),
		    true },
		{ BLOCK_START("{\"type\":\"redacted_thinking\","
			      "\"data\":\"x\"}"),
		    true },
		{ BLOCK_DELTA("{\"type\":\"text_delta\",\"text\":\"\"}"),
		    false },
		{ BLOCK_DELTA("{\"type\":\"text_delta\",\"text\":\"x\"}"),
		    true },
		{ BLOCK_DELTA("{\"type\":\"input_json_delta\","
			      "\"partial_json\":\"\"}"),
		    false },
		{ BLOCK_DELTA("{\"type\":\"thinking_delta\","
			      "\"thinking\":\"x\"}"),
		    true },
	};
	struct answer_plan plan = plan_of(&anthropic, true);

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct run run;

		run_init(&run, &plan);
		feed(&run, str_from(cases[i].event), 1 << 20);
		assert_int_equal(
		    answer_state(run.answer)->has_content, cases[i].is_content);
		run_done(&run);
	}
}

static void
test_anthropic_ends(void **state)
{
	static const char cut[] = MESSAGE_START BLOCK_DELTA(
	    "{\"type\":\"text_delta\",\"text\":\"x\"}");
	static const char unnamed[] = "data: {\"type\":\"message_stop\"}\n\n";
	struct answer_plan plan = plan_of(&anthropic, true);
	struct answer_state end = replay(&plan, cut, cut);

	assert_int_equal(end.failure.class, FAILURE_CUT);
	assert_int_equal(end.tokens.input, 15);
	assert_true(replay(&plan, unnamed, unnamed).finished);
	end = replay(&plan,
	    MESSAGE_START EVENT("error",
		",\"error\":{\"type\":\"overloaded_error\"}") MESSAGE_END,
	    MESSAGE_START);
	assert_int_equal(end.failure.class, FAILURE_SERVER);
}

static void
test_anthropic_whole(void **state)
{
	static const char body[] =
	    "{\"type\":\"message\",\"content\":[{\"type\":\"text\",\"text\":"
	    "\"Hey\"}],\"usage\":{\"input_tokens\":3,\"output_tokens\":4}}";
	struct answer_plan plan = plan_of(&anthropic, false);
	struct answer_state end = replay(&plan, body, body);

	assert_true(end.finished);
	assert_int_equal(end.output_bytes, 3);
	assert_int_equal(end.tokens.output, 4);
	end = replay(&plan,
	    "{\"type\":\"error\",\"error\":{\"type\":\"api_error\"}}", "");
	assert_int_equal(end.failure.class, FAILURE_SERVER);
	end = replay(&plan, "{\"type\":\"message\"}", "");
	assert_int_equal(end.failure.class, FAILURE_SERVER);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_anthropic_stream),
		cmocka_unit_test(test_anthropic_first_content),
		cmocka_unit_test(test_anthropic_ends),
		cmocka_unit_test(test_anthropic_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
