/* usage_test.c - the arithmetic of token counts. */
#include "dataplane/translate/usage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/arena.h"
#include "dataplane/translate/dialect.h"
#include "dataplane/translate/tree.h"

static const struct tree *
parse(struct arena *arena, const char *json)
{
	struct tree *root;

	assert_int_equal(tree_parse(arena, str_from(json), &root, NULL), OK);
	return root;
}

static struct tokens
openai(const char *json, uint32_t quirks)
{
	struct tokens tokens = { .input = 0 };
	struct arena arena;

	arena_init(&arena, 0);
	usage_read_openai(parse(&arena, json), quirks, &tokens);
	arena_done(&arena);
	return tokens;
}

static void
anthropic(const char *json, struct tokens *tokens)
{
	struct arena arena;

	arena_init(&arena, 0);
	usage_read_anthropic(parse(&arena, json), tokens);
	arena_done(&arena);
}

static void
assert_tokens(struct tokens tokens, struct tokens expected)
{
	assert_int_equal(tokens.input, expected.input);
	assert_int_equal(tokens.cached, expected.cached);
	assert_int_equal(tokens.cache_write_5m, expected.cache_write_5m);
	assert_int_equal(tokens.cache_write_1h, expected.cache_write_1h);
	assert_int_equal(tokens.output, expected.output);
	assert_int_equal(tokens.reasoning, expected.reasoning);
	assert_int_equal(tokens.reported, expected.reported);
}

static void
test_openai(void **state)
{
	assert_tokens(openai("{\"prompt_tokens\":100,\"completion_tokens\":50,"
			     "\"prompt_tokens_details\":{\"cached_tokens\":60,"
			     "\"cache_write_tokens\":10},"
			     "\"completion_tokens_details\":"
			     "{\"reasoning_tokens\":20}}",
			  0),
	    (struct tokens){ .input = 100,
		.cached = 60,
		.cache_write_5m = 10,
		.output = 50,
		.reasoning = 20,
		.reported = true });
}

static void
test_deepseek_cache(void **state)
{
	assert_tokens(openai("{\"prompt_tokens\":100,\"completion_tokens\":5,"
			     "\"prompt_cache_hit_tokens\":64,"
			     "\"prompt_cache_miss_tokens\":36}",
			  0),
	    (struct tokens){
		.input = 100, .cached = 64, .output = 5, .reported = true });
}

static void
test_reasoning_beside_output(void **state)
{
	static const char usage[] =
	    "{\"prompt_tokens\":10,\"completion_tokens\":5,"
	    "\"completion_tokens_details\":{\"reasoning_tokens\":200}}";

	assert_tokens(openai(usage, QUIRK_REASONING_EXTRA),
	    (struct tokens){ .input = 10,
		.output = 205,
		.reasoning = 200,
		.reported = true });
	/* Elsewhere reasoning is a part, and no part exceeds the whole. */
	assert_tokens(openai(usage, 0),
	    (struct tokens){
		.input = 10, .output = 5, .reasoning = 5, .reported = true });
}

static void
test_openai_without_counts(void **state)
{
	static const char *const cases[] = { "{}", "null", "[]",
		"{\"prompt_tokens\":null}", "{\"prompt_tokens\":-5}",
		"{\"prompt_tokens\":\"7\"}",
		"{\"prompt_tokens\":99999999999999999}" };

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_false(openai(cases[i], 0).reported);
	assert_int_equal(openai("{\"prompt_tokens\":7,"
				"\"prompt_tokens_details\":null}",
			     0)
			     .input,
	    7);
}

static void
test_anthropic_stream(void **state)
{
	struct tokens tokens = { .input = 0 };

	anthropic("{\"input_tokens\":10,\"cache_read_input_tokens\":100,"
		  "\"cache_creation_input_tokens\":50,\"cache_creation\":{"
		  "\"ephemeral_5m_input_tokens\":20,"
		  "\"ephemeral_1h_input_tokens\":30},\"output_tokens\":3}",
	    &tokens);
	assert_tokens(tokens,
	    (struct tokens){ .input = 160,
		.cached = 100,
		.cache_write_5m = 20,
		.cache_write_1h = 30,
		.output = 3,
		.reported = true });

	/* The end of the stream repeats the output alone, … */
	anthropic("{\"output_tokens\":77}", &tokens);
	assert_int_equal(tokens.input, 160);
	assert_int_equal(tokens.output, 77);

	/* … or everything, grown by what tools read. */
	anthropic("{\"input_tokens\":900,\"cache_read_input_tokens\":100,"
		  "\"cache_creation_input_tokens\":50,\"output_tokens\":80,"
		  "\"output_tokens_details\":{\"thinking_tokens\":30}}",
	    &tokens);
	assert_tokens(tokens,
	    (struct tokens){ .input = 1050,
		.cached = 100,
		.cache_write_5m = 20,
		.cache_write_1h = 30,
		.output = 80,
		.reasoning = 30,
		.reported = true });
}

static void
test_anthropic_writes(void **state)
{
	struct tokens tokens = { .input = 0 };

	anthropic("{\"input_tokens\":1,\"cache_creation_input_tokens\":40,"
		  "\"output_tokens\":1}",
	    &tokens);
	assert_int_equal(tokens.cache_write_5m, 40);
	assert_int_equal(tokens.cache_write_1h, 0);
	assert_int_equal(tokens.input, 41);

	tokens = (struct tokens){ .input = 0 };
	anthropic("{\"input_tokens\":1,\"cache_creation_input_tokens\":40,"
		  "\"cache_creation\":{\"ephemeral_1h_input_tokens\":40}}",
	    &tokens);
	assert_int_equal(tokens.cache_write_5m, 0);
	assert_int_equal(tokens.cache_write_1h, 40);
}

static void
test_anthropic_without_usage(void **state)
{
	struct tokens tokens = { .output = 9 };

	anthropic("null", &tokens);
	usage_read_anthropic(NULL, &tokens);
	assert_int_equal(tokens.output, 9);
	assert_false(tokens.reported);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_openai),
		cmocka_unit_test(test_deepseek_cache),
		cmocka_unit_test(test_reasoning_beside_output),
		cmocka_unit_test(test_openai_without_counts),
		cmocka_unit_test(test_anthropic_stream),
		cmocka_unit_test(test_anthropic_writes),
		cmocka_unit_test(test_anthropic_without_usage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
