/* facts_test.c - what a request is about. */
#include "dataplane/translate/facts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/arena.h"
#include "dataplane/translate/dialect.h"

static const struct dialect openai = { .family = FAMILY_OPENAI_CHAT };
static const struct dialect anthropic = { .family = FAMILY_ANTHROPIC };

static struct arena arena;

static int
tear_down(void **state)
{
	arena_done(&arena);
	return 0;
}

static struct facts
read_ok(const struct dialect *client, const char *body)
{
	struct facts_fault fault;
	struct facts facts;

	assert_int_equal(
	    facts_read(client, &arena, str_from(body), &facts, &fault), OK);
	return facts;
}

static void
assert_str(struct str s, const char *expected)
{
	assert_true(str_eq(s, str_from(expected)));
}

static void
test_openai(void **state)
{
	struct facts facts = read_ok(&openai,
	    "{\"model\":\"gpt-5\",\"stream\":true,\"n\":3,"
	    "\"stream_options\" : {\"include_usage\":true},"
	    "\"max_tokens\":10,\"max_completion_tokens\":20,"
	    "\"tools\":[{}],\"unknown\":{\"model\":1}}");

	assert_str(facts.model, "gpt-5");
	assert_str(facts.model_raw, "\"gpt-5\"");
	assert_true(facts.stream);
	assert_true(facts.include_usage);
	assert_str(facts.stream_options,
	    "\"stream_options\" : {\"include_usage\":true}");
	assert_int_equal(facts.choices, 3);
	assert_int_equal(facts.max_output, 20);
	assert_true(facts.has_tools);
}

static void
test_what_is_not_said(void **state)
{
	static const char *const bodies[] = {
		"{\"model\":\"m\"}",
		"{\"model\":\"m\",\"stream\":null,\"n\":null,\"tools\":null,"
		"\"max_tokens\":null,\"stream_options\":null}",
		"{\"model\":\"m\",\"stream\":false,\"tools\":[ ],"
		"\"max_tokens\":-1,\"max_completion_tokens\":0,"
		"\"stream_options\":{\"include_usage\":null}}",
	};

	for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
		struct facts facts = read_ok(&openai, bodies[i]);

		assert_false(facts.stream);
		assert_false(facts.include_usage);
		assert_false(facts.has_tools);
		assert_int_equal(facts.max_output, -1);
		assert_int_equal(facts.choices, 1);
	}
	assert_str(read_ok(&openai, bodies[0]).stream_options, "");
	assert_str(read_ok(&openai, bodies[1]).stream_options,
	    "\"stream_options\":null");
}

static void
test_anthropic(void **state)
{
	struct facts facts = read_ok(&anthropic,
	    "{\"max_tokens\":100,\"model\":\"claude\",\"stream\":true,"
	    "\"n\":\"not read\",\"tools\":[1]}");

	assert_str(facts.model, "claude");
	assert_true(facts.stream);
	assert_int_equal(facts.max_output, 100);
	assert_int_equal(facts.choices, 1);
	assert_true(facts.has_tools);
}

static void
test_escaped_model(void **state)
{
	struct facts facts =
	    read_ok(&openai, "{\"mod\\u0065l\":\"gpt\\u002d5\\/x\"}");

	assert_str(facts.model, "gpt-5/x");
	assert_str(facts.model_raw, "\"gpt\\u002d5\\/x\"");
}

static void
test_input_guess(void **state)
{
	assert_int_equal(read_ok(&openai, "{\"model\":\"m\"}").input_guess, 4);
	assert_int_equal(
	    read_ok(&openai, "{\"model\":\"m\"}   ").input_guess, 4);
	assert_int_equal(
	    read_ok(&openai, "{\"model\":\"m\"}    ").input_guess, 5);
}

static void
test_faults(void **state)
{
	static const struct {
		const char *body;
		const char *param;
		const char *message;
	} cases[] = {
		{ "{}", "model",
		    "model is missing: name one of GET /v1/models" },
		{ "{\"model\":null}", "model",
		    "model is missing: name one of GET /v1/models" },
		{ "{\"model\":\"\"}", "model",
		    "model must not be empty: name one of GET /v1/models" },
		{ "{\"model\":5}", "model", "model must be a string" },
		{ "{\"model\":\"m\",\"stream\":\"true\"}", "stream",
		    "stream must be true or false" },
		{ "{\"model\":\"m\",\"stream\":1}", "stream",
		    "stream must be true or false" },
		{ "{\"model\":\"m\",\"n\":0}", "n",
		    "n must be a whole number from 1 to 128" },
		{ "{\"model\":\"m\",\"n\":1.5}", "n",
		    "n must be a whole number from 1 to 128" },
		{ "{\"model\":\"m\",\"max_tokens\":-2}", "max_tokens",
		    "max_tokens must be a whole number of tokens" },
		{ "{\"model\":\"m\",\"max_tokens\":2147483648}", "max_tokens",
		    "max_tokens must be a whole number of tokens" },
		{ "{\"model\":\"m\",\"max_completion_tokens\":\"9\"}",
		    "max_completion_tokens",
		    "max_completion_tokens must be a whole number of "
		    "tokens" },
		{ "{\"model\":\"m\",\"tools\":{}}", "tools",
		    "tools must be a list" },
		{ "{\"model\":\"m\",\"tools\":1}", "tools",
		    "tools must be a list" },
		{ "{\"model\":\"m\",\"stream_options\":[]}", "stream_options",
		    "stream_options must be an object" },
		{ "{\"model\":\"m\",\"stream_options\":"
		  "{\"include_usage\":1}}",
		    "stream_options.include_usage",
		    "stream_options.include_usage must be true or false" },
		{ "{\"model\":\"m\",\"stream_options\":"
		  "{\"include_usage\":true,\"include_usage\":false}}",
		    "stream_options",
		    "stream_options holds include_usage twice" },
		{ "{\"model\":\"a\",\"model\":\"b\"}", "",
		    "the body is not a valid JSON object: member appears "
		    "twice at byte 13" },
		{ "{\"model\":\"a\"", "",
		    "the body is not a valid JSON object: unexpected end at "
		    "byte 12" },
		{ "", "",
		    "the body is not a valid JSON object: unexpected end at "
		    "byte 0" },
	};
	struct facts_fault fault;
	struct facts facts;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_int_equal(facts_read(&openai, &arena,
				     str_from(cases[i].body), &facts, &fault),
		    E_INVALID);
		assert_str(fault.param, cases[i].param);
		assert_str(fault.message, cases[i].message);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_openai, tear_down),
		cmocka_unit_test_teardown(test_what_is_not_said, tear_down),
		cmocka_unit_test_teardown(test_anthropic, tear_down),
		cmocka_unit_test_teardown(test_escaped_model, tear_down),
		cmocka_unit_test_teardown(test_input_guess, tear_down),
		cmocka_unit_test_teardown(test_faults, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
