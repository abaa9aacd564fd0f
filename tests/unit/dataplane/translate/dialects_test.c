/*
 * dialects_test.c - corners of the dialects; what is usual stands in
 * tests/golden.
 */
#include "tests/unit/dataplane/translate/convert.h"

#define USER "{\"role\":\"user\",\"content\":\"hi\"}"

/* ---- requests ---- */

static const struct {
	const struct dialect *client;
	const char *kind;
	const char *body;
	const char *param;
} refusals[] = {
	{ &dialect_openai_chat, "anthropic",
	    "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":["
	    "{\"type\":\"hologram\"}]}]}",
	    "messages[0].content[0]" },
	{ &dialect_openai_chat, "anthropic",
	    "{\"model\":\"m\",\"messages\":[{\"role\":\"wizard\"}]}",
	    "messages[0].role" },
	{ &dialect_openai_chat, "anthropic",
	    "{\"model\":\"m\",\"messages\":[]}", "messages" },
	{ &dialect_openai_chat, "anthropic",
	    "{\"model\":\"m\",\"messages\":[" USER "],\"n\":2}", "n" },
	{ &dialect_openai_chat, "anthropic",
	    "{\"model\":\"m\",\"messages\":[" USER
	    "],\"tools\":[{\"type\":\"custom\",\"custom\":{}}]}",
	    "tools[0]" },
	{ &dialect_openai_chat, "gemini",
	    "{\"model\":\"m\",\"messages\":[" USER
	    "],\"tool_choice\":\"perhaps\"}",
	    "tool_choice" },
	{ &dialect_openai_chat, "gemini",
	    "{\"model\":\"m\",\"messages\":[" USER
	    "],\"reasoning_effort\":\"a lot\"}",
	    "reasoning_effort" },
	{ &dialect_openai_chat, "gemini",
	    "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":["
	    "{\"type\":\"image_url\",\"image_url\":{\"url\":\"ftp://a\"}}]}]}",
	    "messages[0].content[0]" },
	{ &dialect_openai_chat, "gemini",
	    "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":"
	    "\"\"}]}",
	    "messages" },
	{ &dialect_anthropic, "openai",
	    "{\"model\":\"m\",\"max_tokens\":9,\"messages\":[" USER
	    "],\"tool_choice\":{\"type\":\"tool\"}}",
	    "tool_choice" },
	{ &dialect_anthropic, "openai",
	    "{\"model\":\"m\",\"max_tokens\":9,\"messages\":[{\"role\":"
	    "\"user\",\"content\":[{\"type\":\"document\",\"source\":{\"type\":"
	    "\"url\",\"url\":\"https://a/b.pdf\"}}]}]}",
	    "messages[0].content[0]" },
	{ &dialect_anthropic, "gemini",
	    "{\"model\":\"m\",\"max_tokens\":9,\"messages\":[{\"role\":"
	    "\"user\",\"content\":[{\"type\":\"image\",\"source\":{\"type\":"
	    "\"file\",\"file_id\":\"f\"}}]}]}",
	    "messages[0].content[0]" },
};

static void
refusals_name_what_is_wrong(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
		struct conversion c;

		conversion_init(&c);
		convert(&c, refusals[i].client, refusals[i].kind, "gemini-2.5",
		    refusals[i].body);
		assert_int_equal(c.status, E_INVALID);
		assert_string_equal(
		    str_cstr(&c.arena, c.fault.param), refusals[i].param);
		assert_true(c.fault.message.len > 0);
		conversion_done(&c);
	}
}

static void
model_names_stay_in_their_segment(void **state)
{
	static const char *const bad[] = { "a/b", "..", "a?b", "a#b", "" };
	struct conversion c;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		conversion_init(&c);
		convert(&c, &dialect_openai_chat, "gemini", bad[i],
		    "{\"model\":\"m\",\"messages\":[" USER "]}");
		assert_int_equal(c.status, E_INVALID);
		assert_str(c.fault.param, "model");
		conversion_done(&c);
	}
	conversion_init(&c);
	convert(&c, &dialect_openai_chat, "gemini", "models/a b:c",
	    "{\"model\":\"m\",\"stream\":true,\"messages\":[" USER "]}");
	assert_int_equal(c.status, OK);
	assert_str(c.outbound.path,
	    "/v1beta/models/a%20b%3Ac:streamGenerateContent?alt=sse");
	conversion_done(&c);
}

static void
thinking_follows_the_model(void **state)
{
	static const struct {
		const char *kind;
		const char *model;
		const char *wanted; /* NULL: dropped */
	} models[] = {
		{ "anthropic", "claude-opus-4-6",
		    "\"thinking\":{\"type\":\"adaptive\"},\"output_config\":{"
		    "\"effort\":\"high\"}" },
		{ "anthropic", "claude-sonnet-4-5",
		    "\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":"
		    "16384}" },
		{ "anthropic", "claude-3-5-haiku-latest", NULL },
		{ "gemini", "gemini-3-pro", "\"thinkingLevel\":\"high\"" },
		{ "gemini", "gemini-2.5-pro", "\"thinkingBudget\":16384" },
		{ "gemini", "gemini-2.0-flash", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(models); i++) {
		struct conversion c;

		conversion_init(&c);
		convert(&c, &dialect_openai_chat, models[i].kind,
		    models[i].model,
		    "{\"model\":\"m\",\"reasoning_effort\":\"high\","
		    "\"messages\":[" USER "]}");
		assert_int_equal(c.status, OK);
		if (models[i].wanted != NULL)
			assert_body_has(&c, models[i].wanted);
		else
			assert_str(c.outbound.dropped, "reasoning_effort");
		conversion_done(&c);
	}
}

static void
a_small_limit_leaves_no_room_to_think(void **state)
{
	struct conversion c;

	(void)state;
	conversion_init(&c);
	convert(&c, &dialect_openai_chat, "anthropic", "claude-sonnet-4-5",
	    "{\"model\":\"m\",\"reasoning_effort\":\"high\",\"max_tokens\":"
	    "2000,\"messages\":[" USER "]}");
	assert_body_lacks(&c, "thinking");
	assert_str(c.outbound.dropped, "reasoning_effort");
	conversion_done(&c);
}

static void
a_choice_of_some_tools_is_fewer_tools(void **state)
{
	struct conversion c;

	(void)state;
	conversion_init(&c);
	convert(&c, &dialect_openai_chat, "anthropic", "claude-sonnet-4-5",
	    "{\"model\":\"m\",\"messages\":[" USER "],\"tools\":["
	    "{\"type\":\"function\",\"function\":{\"name\":\"a\"}},"
	    "{\"type\":\"function\",\"function\":{\"name\":\"b\"}}],"
	    "\"tool_choice\":{\"type\":\"allowed_tools\",\"allowed_tools\":{"
	    "\"mode\":\"required\",\"tools\":[{\"type\":\"function\","
	    "\"function\":{\"name\":\"b\"}}]}}}");
	assert_int_equal(c.status, OK);
	assert_body_lacks(&c, "\"name\":\"a\"");
	assert_body_has(&c, "\"name\":\"b\"");
	assert_body_has(&c, "\"tool_choice\":{\"type\":\"any\"}");
	conversion_done(&c);
}

static void
newer_gemini_models_are_told_of_unsigned_calls(void **state)
{
	static const char body[] =
	    "{\"model\":\"m\",\"messages\":[" USER ",{\"role\":\"assistant\","
	    "\"tool_calls\":[{\"id\":\"a\",\"function\":{\"name\":\"f\","
	    "\"arguments\":\"{}\"}},{\"id\":\"b\",\"function\":{\"name\":"
	    "\"f\",\"arguments\":\"{}\"}}]}]}";
	struct conversion c;

	(void)state;
	conversion_init(&c);
	convert(&c, &dialect_openai_chat, "gemini", "gemini-3-flash", body);
	assert_body_has(&c,
	    "\"parts\":[{\"functionCall\":{\"name\":\"f\",\"args\":{}},"
	    "\"thoughtSignature\":\"skip_thought_signature_validator\"},"
	    "{\"functionCall\":{\"name\":\"f\",\"args\":{}}}]");
	convert(&c, &dialect_openai_chat, "gemini", "gemini-2.5-pro", body);
	assert_body_lacks(&c, "thoughtSignature");
	conversion_done(&c);
}

static void
what_cannot_be_carried_is_named(void **state)
{
	struct conversion c;

	(void)state;
	conversion_init(&c);
	convert(&c, &dialect_openai_chat, "anthropic", "claude-sonnet-4-5",
	    "{\"model\":\"m\",\"messages\":[" USER "],\"logprobs\":true,"
	    "\"stop\":null,\"seed\":null,\"something_new\":{\"a\":1}}");
	assert_str(c.outbound.dropped, "logprobs,something_new");
	conversion_done(&c);
}

/* ---- answers ---- */

static void
parallel_calls_of_one_index_stay_apart(void **state)
{
	struct conversion c;

	(void)state;
	conversion_init(&c);
	reply(&c, &dialect_anthropic, "openai", true,
	    "data: {\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":["
	    "{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"f\","
	    "\"arguments\":\" {\\\"x\\\":1}\"}}]}}]}\n\n"
	    "data: {\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":["
	    "{\"index\":0,\"id\":\"b\",\"function\":{\"name\":\"f\","
	    "\"arguments\":\"{\\\"x\\\":2}\"}}]},\"finish_reason\":\"stop\"}]}"
	    "\n\ndata: [DONE]\n\n");
	assert_true(c.state.finished);
	assert_out_has(&c, "\"partial_json\":\"{\\\"x\\\":1}\"");
	assert_out_has(&c, "\"partial_json\":\"{\\\"x\\\":2}\"");
	assert_out_has(&c,
	    "\"index\":1,\"content_block\":{\"type\":"
	    "\"tool_use\",\"id\":\"b\"");
	assert_out_has(&c, "\"stop_reason\":\"tool_use\"");
	conversion_done(&c);
}

static void
a_stream_without_done_ends_with_its_reason(void **state)
{
	struct conversion c;

	(void)state;
	conversion_init(&c);
	reply(&c, &dialect_anthropic, "perplexity", true,
	    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"},"
	    "\"message\":{\"content\":\"a\"},\"finish_reason\":\"stop\"}]}"
	    "\n\n");
	assert_true(c.state.finished);
	assert_int_equal(c.state.output_bytes, 1);
	assert_out_has(&c, "event: message_stop");
	conversion_done(&c);
}

static void
an_empty_answer_is_a_failure(void **state)
{
	static const struct {
		const char *kind;
		bool stream;
		const char *body;
	} answers[] = {
		{ "openai", true, "data: [DONE]\n\n" },
		{ "openai", false, "{\"choices\":[]}" },
		{ "openai", false, "[]" },
		{ "openai", false, "not JSON" },
		{ "openai", false, "" },
		{ "gemini", false, "{\"candidates\":[]}" },
		{ "gemini", false,
		    "{\"candidates\":[{\"finishReason\":"
		    "\"MALFORMED_FUNCTION_CALL\"}]}" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
		struct conversion c;

		conversion_init(&c);
		reply(&c, &dialect_anthropic, answers[i].kind,
		    answers[i].stream, answers[i].body);
		assert_int_equal(c.state.failure.class, FAILURE_SERVER);
		assert_false(c.state.finished);
		assert_int_equal(buf_len(&c.out), 0);
		conversion_done(&c);
	}
}

static void
an_anthropic_stream_needs_its_last_event(void **state)
{
	struct conversion c;

	(void)state;
	conversion_init(&c);
	reply(&c, &dialect_openai_chat, "anthropic", true,
	    "data: {\"type\":\"message_start\",\"message\":{\"id\":\"a\"}}\n\n"
	    "data: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{"
	    "\"type\":\"text_delta\",\"text\":\"x\"}}\n\n"
	    "data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":"
	    "\"end_turn\"}}\n\n");
	assert_int_equal(c.state.failure.class, FAILURE_CUT);
	assert_false(c.state.finished);
	assert_out_lacks(&c, "[DONE]");
	conversion_done(&c);
}

static void
several_candidates_stay_apart(void **state)
{
	struct conversion c;

	(void)state;
	conversion_init(&c);
	reply(&c, &dialect_openai_chat, "gemini", false,
	    "{\"candidates\":[{\"index\":0,\"content\":{\"parts\":[{\"text\":"
	    "\"a\"}]},\"finishReason\":\"STOP\"},{\"index\":1,\"content\":{"
	    "\"parts\":[{\"text\":\"b\"}]},\"finishReason\":2}]}");
	assert_out_has(&c,
	    "{\"index\":0,\"message\":{\"role\":\"assistant\","
	    "\"content\":\"a\"");
	assert_out_has(&c,
	    "{\"index\":1,\"message\":{\"role\":\"assistant\","
	    "\"content\":\"b\"");
	assert_out_has(&c, "\"finish_reason\":\"length\"");
	conversion_done(&c);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(refusals_name_what_is_wrong),
		cmocka_unit_test(model_names_stay_in_their_segment),
		cmocka_unit_test(thinking_follows_the_model),
		cmocka_unit_test(a_small_limit_leaves_no_room_to_think),
		cmocka_unit_test(a_choice_of_some_tools_is_fewer_tools),
		cmocka_unit_test(
		    newer_gemini_models_are_told_of_unsigned_calls),
		cmocka_unit_test(what_cannot_be_carried_is_named),
		cmocka_unit_test(parallel_calls_of_one_index_stay_apart),
		cmocka_unit_test(a_stream_without_done_ends_with_its_reason),
		cmocka_unit_test(an_empty_answer_is_a_failure),
		cmocka_unit_test(an_anthropic_stream_needs_its_last_event),
		cmocka_unit_test(several_candidates_stay_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
