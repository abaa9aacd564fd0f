/* exchange_test.c - requests to bytes, with a clock of our own. */
#include "simulator/exchange.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/json.h"
#include "simulator/http.h"

static struct simulator sim;
static struct exchange ex;
static struct buf scratch;
static struct buf out;

static void
begin(const char *path, const char *body, int64_t now_ns)
{
	static struct http_request req;
	struct random random = { .state = 1 };

	req = (struct http_request){
		.method = STR("POST"),
		.path = str_from(path),
		.body = str_from(body),
		.headers = { { STR("authorization"), STR("Bearer k") },
		    { STR("anthropic-version"), STR("2023-06-01") } },
		.header_count = 2,
		.is_keep_alive = true,
	};
	buf_reset(&out);
	exchange_begin(&ex, &random, &req, now_ns);
}

static enum progress
run(int64_t now_ns, int64_t *out_due_ns)
{
	return exchange_run(&ex, now_ns, &scratch, &out, out_due_ns);
}

static bool
out_has(const char *text)
{
	return str_find(buf_str(&out), str_from(text)) >= 0;
}

static enum progress
run_chat(const char *directives, bool is_stream, int64_t *due_ns)
{
	char body[512];

	snprintf(body, sizeof(body),
	    "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":"
	    "\"echo: 0123456789ab [[sim %s]]\"}],\"stream\":%s}",
	    directives, is_stream ? "true" : "false");
	begin("/v1/chat/completions", body, 0);
	return run(0, due_ns);
}

static void
test_waits_for_its_latency(void **state)
{
	int64_t due;

	assert_int_equal(run_chat("latency=5", false, &due), PROGRESS_WAIT);
	assert_int_equal(due, 5 * NS_PER_MS);
	assert_int_equal(buf_len(&out), 0);
	assert_int_equal(run(due, &due), PROGRESS_DONE);
	assert_true(out_has("\"content\":\"0123456789ab\""));
}

static void
test_paces_a_stream(void **state)
{
	int64_t due;

	assert_int_equal(
	    run_chat("ttft=10 rate=100", true, &due), PROGRESS_WAIT);
	assert_true(out_has("\"role\":\"assistant\""));
	assert_false(out_has("\"content\":\"0123\""));
	assert_int_equal(due, 10 * NS_PER_MS);
	assert_int_equal(run(due, &due), PROGRESS_WAIT);
	assert_true(out_has("\"content\":\"0123\""));
	assert_int_equal(due, 20 * NS_PER_MS);
	assert_int_equal(run(due, &due), PROGRESS_WAIT);
	assert_int_equal(run(due, &due), PROGRESS_DONE);
	assert_true(out_has("[DONE]"));
	assert_true(str_has_suffix(buf_str(&out), STR("\r\n0\r\n\r\n")));
}

static void
test_mishaps_of_streams(void **state)
{
	int64_t due;

	assert_int_equal(run_chat("cut=after:2", true, &due), PROGRESS_CLOSE);
	assert_true(out_has("\"4567\""));
	assert_false(out_has("\"89ab\""));
	assert_false(str_has_suffix(buf_str(&out), STR("0\r\n\r\n")));
	assert_int_equal(run_chat("reset", true, &due), PROGRESS_RESET);
	assert_int_equal(buf_len(&out), 0);
	assert_int_equal(run_chat("reset=after:9", true, &due), PROGRESS_RESET);
	assert_true(out_has("\"89ab\""));
	assert_false(out_has("[DONE]"));
	assert_int_equal(run_chat("stall=after:1", true, &due), PROGRESS_STALL);
	assert_int_equal(
	    run_chat("error=midstream", true, &due), PROGRESS_DONE);
	assert_true(out_has("\"error\":{"));
	assert_false(out_has("[DONE]"));
	assert_int_equal(run_chat("garbage", true, &due), PROGRESS_DONE);
	assert_true(out_has("{\"garbage\": [1, 2,\n"));
	assert_true(out_has("[DONE]"));
}

static void
test_mishaps_of_whole_answers(void **state)
{
	int64_t due;

	assert_int_equal(run_chat("cut", false, &due), PROGRESS_CLOSE);
	assert_true(out_has("content-length: "));
	assert_false(out_has("fp_simulator"));
	assert_int_equal(run_chat("stall", false, &due), PROGRESS_STALL);
	assert_int_equal(buf_len(&out), 0);
	assert_int_equal(run_chat("error", false, &due), PROGRESS_DONE);
	assert_true(out_has("HTTP/1.1 500 "));
	assert_int_equal(run_chat("usage=none", false, &due), PROGRESS_DONE);
	assert_false(out_has("usage"));
	assert_int_equal(
	    run_chat("status=429 retry_after=7", false, &due), PROGRESS_DONE);
	assert_true(out_has("HTTP/1.1 429 "));
	assert_true(out_has("retry-after: 7\r\n"));
	assert_int_equal(run_chat("nonsense", false, &due), PROGRESS_DONE);
	assert_true(out_has("unknown script directive: nonsense"));
}

static void
test_model_may_carry_a_script(void **state)
{
	int64_t due;

	begin("/v1/chat/completions",
	    "{\"model\":\"m#status=503\",\"messages\":"
	    "[{\"role\":\"user\",\"content\":\"x\"}]}",
	    0);
	assert_int_equal(run(0, &due), PROGRESS_DONE);
	assert_true(out_has("HTTP/1.1 503 "));
}

/* Every line of events holds JSON, in every dialect, streamed or not. */
static void
test_all_dialects_write_json(void **state)
{
	static const struct {
		const char *path;
		const char *body;
	} cases[] = {
		{ "/v1/chat/completions",
		    "{\"model\":\"m\",\"n\":2,\"stream\":true,"
		    "\"stream_options\":{\"include_usage\":true},\"messages\":"
		    "[{\"role\":\"user\",\"content\":\"call f call f\"}],"
		    "\"tools\":[{\"type\":\"function\",\"function\":"
		    "{\"name\":\"f\"}}]}" },
		{ "/api/v3/chat/completions",
		    "{\"model\":\"m\",\"stream\":true,\"messages\":"
		    "[{\"role\":\"user\",\"content\":"
		    "\"x [[sim reasoning=2 tokens=3]]\"}]}" },
		{ "/v1/messages",
		    "{\"model\":\"m\",\"max_tokens\":9,\"stream\":true,"
		    "\"messages\":[{\"role\":\"user\",\"content\":"
		    "\"x [[sim reasoning=2]]\"}]}" },
		{ "/v1beta/models/m:streamGenerateContent",
		    "{\"contents\":{\"parts\":{\"text\":\"x\"}}}" },
		{ "/v1beta/models/m:generateContent",
		    "{\"contents\":{\"parts\":{\"text\":\"x\"}}}" },
	};
	int64_t due;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct str rest;
		struct str line;
		size_t seen = 0;

		begin(cases[i].path, cases[i].body, 0);
		assert_int_equal(run(0, &due), PROGRESS_DONE);
		assert_true(out_has("HTTP/1.1 200 "));
		rest = buf_str(&out);
		while (str_next(&rest, '\n', &line)) {
			json_t *value = NULL;

			if (!str_has_prefix(line, STR("data: {")))
				continue;
			line = str_trim(str_skip(line, 6));
			assert_int_equal(
			    json_parse(line, 32, &value, NULL), OK);
			json_decref(value);
			seen++;
		}
		assert_true(seen > 3 || i >= 3);
	}
}

static void
test_refuses_what_the_provider_refuses(void **state)
{
	static const struct {
		const char *path;
		const char *body;
		const char *says;
	} cases[] = {
		{ "/v1/chat/completions", "{", "could not parse" },
		{ "/v1/chat/completions", "{\"messages\":[]}", "model" },
		{ "/v1/chat/completions", "{\"model\":\"m\"}", "messages" },
		{ "/api/v3/chat/completions",
		    "{\"model\":\"m\",\"messages\":[{\"role\":\"developer\","
		    "\"content\":\"x\"}]}",
		    "InvalidParameter" },
		{ "/v1/messages",
		    "{\"model\":\"m\",\"messages\":[{\"role\":\"user\","
		    "\"content\":\"x\"}]}",
		    "max_tokens: Field required" },
		{ "/v1beta/models/m:generateContent",
		    "{\"contents\":[{\"role\":\"assistant\",\"parts\":[]}]}",
		    "Please use a valid role: user, model." },
		{ "/v1/embeddings", "{}", "Invalid URL (POST /v1/embeddings)" },
	};
	int64_t due;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		begin(cases[i].path, cases[i].body, 0);
		assert_int_equal(run(0, &due), PROGRESS_DONE);
		assert_false(out_has("HTTP/1.1 200 "));
		assert_true(out_has(cases[i].says));
	}
}

static int
setup(void **state)
{
	sim.settings = (struct simulator_settings){
		.seed = 1,
		.chunk_bytes = 4,
		.answer_tokens = 8,
	};
	rules_init(&sim.rules);
	sim.records = records_new(4);
	exchange_init(&ex, &sim);
	buf_init(&scratch, 1 << 20);
	buf_init(&out, 1 << 20);
	return 0;
}

static int
teardown(void **state)
{
	exchange_done(&ex, 0);
	records_free(sim.records);
	rules_done(&sim.rules);
	buf_done(&scratch);
	buf_done(&out);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_waits_for_its_latency),
		cmocka_unit_test(test_paces_a_stream),
		cmocka_unit_test(test_mishaps_of_streams),
		cmocka_unit_test(test_mishaps_of_whole_answers),
		cmocka_unit_test(test_model_may_carry_a_script),
		cmocka_unit_test(test_all_dialects_write_json),
		cmocka_unit_test(test_refuses_what_the_provider_refuses),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
