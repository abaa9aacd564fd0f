/* provider_error_test.c - what providers' errors mean, and ours in shape. */
#include "dataplane/translate/failure_reading.h"

#include "tests/unit/dataplane/translate/convert.h"

static const struct {
	const char *kind;
	int http_status;
	const char *body;
	enum failure_class class;
	int64_t retry_after_ms;
} cases[] = {
	{ "openai", 429,
	    "{\"error\":{\"message\":\"Rate limit. Please try again in "
	    "1m2.5s.\",\"type\":\"tokens\",\"code\":\"rate_limit_exceeded\"}}",
	    FAILURE_RATE, 62500 },
	{ "openai", 429,
	    "{\"error\":{\"message\":\"quota\",\"code\":"
	    "\"insufficient_quota\"}}",
	    FAILURE_QUOTA, -1 },
	{ "openai", 429,
	    "{\"error\":{\"message\":\"Request too large for gpt-4o\","
	    "\"code\":\"rate_limit_exceeded\"}}",
	    FAILURE_CONTEXT, -1 },
	{ "openai", 400,
	    "{\"error\":{\"message\":\"m\",\"code\":"
	    "\"context_length_exceeded\"}}",
	    FAILURE_CONTEXT, -1 },
	{ "openai", 400, "{\"error\":{\"message\":\"no\",\"code\":null}}",
	    FAILURE_INVALID, -1 },
	{ "openai", 500, "<html>oops</html>", FAILURE_SERVER, -1 },
	{ "openai", 404, "", FAILURE_MODEL, -1 },
	{ "openai", 504, "upstream timed out", FAILURE_TIMEOUT, -1 },
	{ "deepseek", 402, "{\"error\":{\"message\":\"Insufficient Balance\"}}",
	    FAILURE_QUOTA, -1 },
	{ "xai", 400,
	    "{\"code\":\"invalid-argument\",\"error\":\"Incorrect API key "
	    "provided\"}",
	    FAILURE_AUTH, -1 },
	{ "groq", 413,
	    "{\"error\":{\"message\":\"Request too large\",\"code\":"
	    "\"rate_limit_exceeded\"}}",
	    FAILURE_CONTEXT, -1 },
	{ "mistral", 401, "{\"detail\":\"Unauthorized\"}", FAILURE_AUTH, -1 },
	{ "mistral", 422, "{\"detail\":[{\"loc\":[\"body\"],\"msg\":\"x\"}]}",
	    FAILURE_INVALID, -1 },
	{ "mistral", 429, "{\"message\":\"Requests rate limit exceeded\"}",
	    FAILURE_RATE, -1 },
	{ "mistral", 400, "{\"object\":\"error\",\"message\":{\"detail\":[1]}}",
	    FAILURE_INVALID, -1 },
	{ "ark", 429,
	    "{\"error\":{\"code\":\"ServerOverloaded\",\"type\":\"\"}}",
	    FAILURE_OVERLOADED, -1 },
	{ "ark", 429,
	    "{\"error\":{\"code\":\"RateLimitExceeded.EndpointTPMExceeded\"}}",
	    FAILURE_RATE, -1 },
	{ "ark", 403, "{\"error\":{\"code\":\"AccountOverdueError\"}}",
	    FAILURE_QUOTA, -1 },
	{ "ark", 400,
	    "{\"error\":{\"code\":\"InputTextSensitiveContentDetected\"}}",
	    FAILURE_CONTENT, -1 },
	{ "ark", 404,
	    "{\"error\":{\"code\":\"InvalidEndpointOrModel.NotFound\"}}",
	    FAILURE_MODEL, -1 },
	{ "openrouter", 429,
	    "{\"error\":{\"message\":\"Provider returned error\",\"code\":429,"
	    "\"metadata\":{\"raw\":\"slow down\"}}}",
	    FAILURE_RATE, -1 },
	{ "anthropic", 529,
	    "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\","
	    "\"message\":\"Overloaded\"}}",
	    FAILURE_OVERLOADED, -1 },
	{ "anthropic", 400,
	    "{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\","
	    "\"message\":\"prompt is too long: 9 tokens > 5 maximum\"}}",
	    FAILURE_CONTEXT, -1 },
	{ "anthropic", 400,
	    "{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\","
	    "\"message\":\"Your credit balance is too low\"}}",
	    FAILURE_QUOTA, -1 },
	{ "gemini", 400,
	    "{\"error\":{\"code\":400,\"message\":\"API key not valid.\","
	    "\"status\":\"INVALID_ARGUMENT\",\"details\":[{\"reason\":"
	    "\"API_KEY_INVALID\"}]}}",
	    FAILURE_AUTH, -1 },
	{ "gemini", 429,
	    "[{\"error\":{\"code\":429,\"message\":\"m\",\"status\":"
	    "\"RESOURCE_EXHAUSTED\",\"details\":[{\"retryDelay\":\"34.4s\"}]}}"
	    "]",
	    FAILURE_RATE, 34400 },
	{ "gemini", 429,
	    "{\"error\":{\"code\":429,\"message\":\"m\",\"status\":"
	    "\"RESOURCE_EXHAUSTED\",\"details\":[{\"violations\":[{\"quotaId\":"
	    "\"RequestsPerDayPerProject\"}]}]}}",
	    FAILURE_QUOTA, -1 },
	{ "gemini", 503,
	    "{\"error\":{\"code\":503,\"message\":\"m\",\"status\":"
	    "\"UNAVAILABLE\"}}",
	    FAILURE_OVERLOADED, -1 },
};

static void
errors_have_their_class(void **state)
{
	struct arena arena;

	(void)state;
	arena_init(&arena, 0);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct failure failure;

		provider_kind_find(str_from(cases[i].kind))
		    ->dialect->read_error(&arena, cases[i].http_status,
			str_from(cases[i].body), &failure);
		if (failure.class != cases[i].class)
			fail_msg("%s: %s is not %s", cases[i].body,
			    failure_word(failure.class),
			    failure_word(cases[i].class));
		assert_int_equal(failure.http_status, cases[i].http_status);
		assert_int_equal(
		    failure.retry_after_ms, cases[i].retry_after_ms);
	}
	arena_done(&arena);
}

static void
the_providers_words_are_kept(void **state)
{
	struct failure failure;
	struct arena arena;

	(void)state;
	arena_init(&arena, 0);
	dialect_openai_chat.read_error(
	    &arena, 422, STR("{\"detail\":[{\"msg\":\"x\"}]}"), &failure);
	assert_str(failure.message, "[{\"msg\":\"x\"}]");
	dialect_openai_chat.read_error(
	    &arena, 502, STR("bad gateway\n"), &failure);
	assert_str(failure.message, "bad gateway");
	dialect_openai_chat.read_error(&arena, 502, STR("<html>"), &failure);
	assert_str(failure.message, "");
	arena_done(&arena);
}

static void
delays_are_read(void **state)
{
	(void)state;
	assert_int_equal(failure_read_delay_ms(STR("34.4s")), 34400);
	assert_int_equal(failure_read_delay_ms(STR("34.074824224s")), 34074);
	assert_int_equal(failure_read_delay_ms(STR("1m30s.")), 90000);
	assert_int_equal(failure_read_delay_ms(STR("20ms")), 20);
	assert_int_equal(failure_read_delay_ms(STR("2h")), 7200000);
	assert_int_equal(failure_read_delay_ms(STR("5")), -1);
	assert_int_equal(failure_read_delay_ms(STR("soon")), -1);
	assert_int_equal(failure_read_delay_ms(STR("")), -1);
}

static void
our_errors_have_their_shape(void **state)
{
	struct dialect_error error = {
		.http_status = 400,
		.word = "invalid_request",
		.param = STR("messages[1]"),
		.message = STR("is \"wrong\""),
		.request_id = STR("req_1"),
	};
	struct buf out;

	(void)state;
	buf_init(&out, 4096);
	dialect_openai_chat.write_error(&out, &error);
	assert_str(buf_str(&out),
	    "{\"error\":{\"message\":\"is \\\"wrong\\\"\",\"type\":"
	    "\"invalid_request_error\",\"param\":\"messages[1]\",\"code\":"
	    "\"invalid_request\",\"request_id\":\"req_1\"}}");
	buf_reset(&out);
	error.in_stream = true;
	error.http_status = 503;
	dialect_anthropic.write_error(&out, &error);
	assert_str(buf_str(&out),
	    "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":"
	    "\"overloaded_error\",\"message\":\"messages[1]: is "
	    "\\\"wrong\\\"\"},\"request_id\":\"req_1\"}\n\n");
	buf_done(&out);
}

static void
kinds_are_found(void **state)
{
	(void)state;
	assert_null(provider_kind_find(STR("")));
	assert_null(provider_kind_find(STR("Openai")));
	assert_ptr_equal(
	    provider_kind_find(STR("ark"))->dialect, &dialect_openai_chat);
	assert_true(
	    provider_kind_find(STR("ark"))->quirks & QUIRK_NO_DEVELOPER_ROLE);
	assert_string_equal(
	    provider_kind_find(STR("gemini"))->auth_header, "x-goog-api-key");
	assert_string_equal(
	    provider_kind_find(STR("anthropic"))->extra_headers[0],
	    "anthropic-version: 2023-06-01");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(errors_have_their_class),
		cmocka_unit_test(the_providers_words_are_kept),
		cmocka_unit_test(delays_are_read),
		cmocka_unit_test(our_errors_have_their_shape),
		cmocka_unit_test(kinds_are_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
