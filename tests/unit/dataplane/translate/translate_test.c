/* translate_test.c - requests whose bytes are kept, and who is asked else. */
#include "dataplane/translate/translate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/arena.h"
#include "dataplane/translate/chat.h"
#include "dataplane/translate/tree.h"

static struct arena arena;

static enum status
fake_read(struct arena *a, const struct tree *body, struct chat *out,
    struct translate_fault *fault)
{
	if (tree_is_true(tree_get(body, "refuse"))) {
		fault->param = STR("refuse");
		return E_INVALID;
	}
	out->max_tokens = tree_int(tree_get(body, "max_tokens"), -1);
	return OK;
}

static enum status
fake_write(struct arena *a, const struct chat *chat, struct str model,
    uint32_t quirks, struct outbound *out, struct translate_fault *fault)
{
	out->body = str_printf(a, "%.*s %lld %u", STR_ARGS(model),
	    (long long)chat->max_tokens, quirks);
	return OK;
}

static const struct dialect openai = {
	.family = FAMILY_OPENAI_CHAT,
	.read_request = fake_read,
	.write_request = fake_write,
};
static const struct dialect anthropic = {
	.family = FAMILY_ANTHROPIC,
	.read_request = fake_read,
	.write_request = fake_write,
};

static int
tear_down(void **state)
{
	arena_done(&arena);
	return 0;
}

static struct outbound
translate(const struct dialect *client, const struct dialect *upstream,
    const char *body, uint32_t quirks)
{
	struct translate_fault fault;
	struct facts_fault facts_fault;
	struct outbound out;
	struct facts facts;

	assert_int_equal(
	    facts_read(client, &arena, str_from(body), &facts, &facts_fault),
	    OK);
	assert_int_equal(translate_request(&arena,
			     &(struct translate_input){
				 .client = client,
				 .upstream = upstream,
				 .quirks = quirks,
				 .body = str_from(body),
				 .facts = &facts,
				 .upstream_model = STR("up\"1"),
			     },
			     &out, &fault),
	    OK);
	return out;
}

static void
assert_str(struct str s, const char *expected)
{
	if (!str_eq(s, str_from(expected)))
		print_message("%.*s\n", STR_ARGS(s));
	assert_true(str_eq(s, str_from(expected)));
}

static void
test_model_is_exchanged(void **state)
{
	struct outbound out = translate(&openai, &openai,
	    " {\"unknown\" : [1.50, \"\\u00e9\"], \"model\" : \"m\" } ", 0);

	assert_str(out.body,
	    " {\"unknown\" : [1.50, \"\\u00e9\"], \"model\" : \"up\\\"1\" } ");
	assert_str(out.path, "/chat/completions");
	assert_str(out.dropped, "");
	assert_false(out.stream);
	assert_false(out.strip_usage);
}

static void
test_anthropic_is_kept(void **state)
{
	struct outbound out = translate(&anthropic, &anthropic,
	    "{\"model\":\"m\",\"stream\":true,\"max_tokens\":5}", 0);

	assert_str(out.body,
	    "{\"model\":\"up\\\"1\",\"stream\":true,\"max_tokens\":5}");
	assert_str(out.path, "/v1/messages");
	assert_true(out.stream);
	assert_false(out.strip_usage);
}

static void
test_usage_is_asked_for(void **state)
{
	static const struct {
		const char *body;
		const char *expected;
	} cases[] = {
		{ "{\"model\":\"m\",\"stream\":true}",
		    "{\"model\":\"up\\\"1\",\"stream_options\":"
		    "{\"include_usage\":true},\"stream\":true}" },
		{ "{\"stream\":true,\"model\":\"m\"}",
		    "{\"stream\":true,\"model\":\"up\\\"1\","
		    "\"stream_options\":{\"include_usage\":true}}" },
		{ "{\"stream\":true,\"stream_options\":{},\"model\":\"m\"}",
		    "{\"stream\":true,\"stream_options\":"
		    "{\"include_usage\":true},\"model\":\"up\\\"1\"}" },
		{ "{\"stream\":true,\"stream_options\":null,"
		  "\"model\":\"m\"}",
		    "{\"stream\":true,\"stream_options\":"
		    "{\"include_usage\":true},\"model\":\"up\\\"1\"}" },
		{ "{\"model\":\"m\",\"stream\":true,\"stream_options\": "
		  "{ \"x\":1 }}",
		    "{\"model\":\"up\\\"1\",\"stream\":true,"
		    "\"stream_options\": {\"include_usage\":true, \"x\":1 "
		    "}}" },
		{ "{\"model\":\"m\",\"stream\":true,\"stream_options\":"
		  "{\"x\":1,\"include_usage\": false}}",
		    "{\"model\":\"up\\\"1\",\"stream\":true,"
		    "\"stream_options\":{\"x\":1,\"include_usage\": true}}" },
		{ "{\"model\":\"m\",\"stream\":true,\"stream_options\":"
		  "{\"include\\u005fusage\":null}}",
		    "{\"model\":\"up\\\"1\",\"stream\":true,"
		    "\"stream_options\":{\"include\\u005fusage\":true}}" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct outbound out =
		    translate(&openai, &openai, cases[i].body, 0);

		assert_str(out.body, cases[i].expected);
		assert_true(out.strip_usage);
		assert_true(out.stream);
	}
}

static void
test_usage_is_not_asked_for(void **state)
{
	struct outbound out = translate(&openai, &openai,
	    "{\"model\":\"m\",\"stream\":true,"
	    "\"stream_options\":{\"include_usage\":true}}",
	    0);

	assert_false(out.strip_usage);
	assert_str(out.body,
	    "{\"model\":\"up\\\"1\",\"stream\":true,"
	    "\"stream_options\":{\"include_usage\":true}}");

	out = translate(&openai, &openai, "{\"model\":\"m\",\"stream\":true}",
	    QUIRK_NO_STREAM_OPTIONS);
	assert_false(out.strip_usage);
	assert_str(out.body, "{\"model\":\"up\\\"1\",\"stream\":true}");
}

static void
test_developers_become_system(void **state)
{
	static const char body[] =
	    "{\"messages\":[{\"role\":\"developer\",\"content\":"
	    "\"\\\"developer\\\"\"},{\"role\":\"user\",\"content\":"
	    "\"developer\"},{\"role\" : \"developer\"}],\"model\":\"m\"}";

	assert_str(
	    translate(&openai, &openai, body, QUIRK_NO_DEVELOPER_ROLE).body,
	    "{\"messages\":[{\"role\":\"system\",\"content\":"
	    "\"\\\"developer\\\"\"},{\"role\":\"user\",\"content\":"
	    "\"developer\"},{\"role\" : \"system\"}],\"model\":\"up\\\"1\"}");
	assert_str(
	    translate(&openai, &openai,
		"{\"messages\":[{\"role\":\"developer\"}],\"model\":\"m\"}", 0)
		.body,
	    "{\"messages\":[{\"role\":\"developer\"}],"
	    "\"model\":\"up\\\"1\"}");
}

static void
test_other_family(void **state)
{
	struct outbound out = translate(&openai, &anthropic,
	    "{\"model\":\"m\",\"max_tokens\":7}", QUIRK_REASONING_EXTRA);

	assert_str(out.body, "up\"1 7 8");
}

static void
test_other_family_refuses(void **state)
{
	static const struct {
		const char *body;
		const char *param;
	} cases[] = {
		{ "{\"refuse\":true}", "refuse" },
		{ "{\"a\":{\"b\":1,\"b\":2}}", "" },
	};
	struct facts facts = { .max_output = -1 };

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct translate_input in = {
			.client = &openai,
			.upstream = &anthropic,
			.body = str_from(cases[i].body),
			.facts = &facts,
		};
		struct translate_fault fault;
		struct outbound out;

		assert_int_equal(
		    translate_request(&arena, &in, &out, &fault), E_INVALID);
		assert_str(fault.param, cases[i].param);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_model_is_exchanged, tear_down),
		cmocka_unit_test_teardown(test_anthropic_is_kept, tear_down),
		cmocka_unit_test_teardown(test_usage_is_asked_for, tear_down),
		cmocka_unit_test_teardown(
		    test_usage_is_not_asked_for, tear_down),
		cmocka_unit_test_teardown(
		    test_developers_become_system, tear_down),
		cmocka_unit_test_teardown(test_other_family, tear_down),
		cmocka_unit_test_teardown(test_other_family_refuses, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
