/* answer_test.c - what is answered, and that it adds up. */
#include "simulator/answer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "common/arena.h"
#include "common/buf.h"
#include "simulator/dialect.h"
#include "simulator/example.h"
#include "simulator/stream.h"

static struct arena arena;

static const struct answer_settings settings = {
	.seed = 1,
	.tokens = 10,
	.chunk_bytes = 4,
};

static void
build(struct answer *out, struct ask *ask, const char *prompt,
    const char *directives)
{
	struct script script;

	ask->user_text = str_from(prompt);
	ask_add_text(ask, ask->user_text);
	script_init(&script);
	assert_int_equal(script_read(&script, str_from(directives), NULL), OK);
	answer_build(out, &arena, ask, &script, &settings);
}

static struct ask
plain_ask(void)
{
	return (struct ask){ .model = STR("m"), .choices = 1 };
}

static void
test_same_question_same_answer(void **state)
{
	struct ask ask1 = plain_ask();
	struct ask ask2 = plain_ask();
	struct ask ask3 = plain_ask();
	struct answer a, b, c;

	build(&a, &ask1, "one", "");
	build(&b, &ask2, "one", "");
	build(&c, &ask3, "two", "");
	assert_true(str_eq(a.parts[0].text, b.parts[0].text));
	assert_false(str_eq(a.parts[0].text, c.parts[0].text));
	assert_int_equal(a.usage.output, 10);
	assert_int_equal(a.parts[0].text.len, 40);
	assert_int_equal(a.usage.input, 1);
}

static void
test_usage_adds_up(void **state)
{
	struct ask ask = plain_ask();
	struct answer a;

	ask.choices = 3;
	build(&a, &ask, "12345678", "tokens=5 reasoning=7 cached=12");
	assert_int_equal(a.usage.input, 12); /* at least what was cached */
	assert_int_equal(a.usage.cached, 12);
	assert_int_equal(a.usage.reasoning, 7);
	assert_int_equal(a.usage.output, 12);
	assert_int_equal(answer_output_tokens(&a), 36);
}

static void
test_echo_is_cut_between_characters(void **state)
{
	struct ask ask = plain_ask();
	struct answer a;

	ask.max_tokens = 1;
	build(&a, &ask, "echo: ab\u20ac\u20ac", "");
	assert_true(str_eq(a.parts[0].text, STR("ab")));
	assert_int_equal(a.finish, FINISH_LENGTH);
}

static void
test_calls_the_tools_that_are_named(void **state)
{
	struct ask ask = plain_ask();
	struct answer a;

	ask_add_tool(&ask, &arena, STR("add"),
	    STR("{\"required\":[\"n\"],\"properties\":"
		"{\"n\":{\"type\":\"integer\",\"minimum\":3}}}"));
	ask_add_tool(&ask, &arena, STR("get"), STR(""));
	build(&a, &ask, "call get and call add, then call nothing", "");
	assert_int_equal(a.part_count, 2);
	assert_true(str_eq(a.parts[0].name, STR("get")));
	assert_true(str_eq(a.parts[0].text, STR("{}")));
	assert_true(str_eq(a.parts[1].text, STR("{\"n\":3}")));
	assert_int_equal(a.finish, FINISH_TOOLS);

	ask.tool_mode = TOOLS_NONE;
	build(&a, &ask, "call get", "");
	assert_false(answer_has_calls(&a));
	ask.tool_mode = TOOLS_ANY;
	build(&a, &ask, "no name", "");
	assert_true(str_eq(a.parts[0].name, STR("add")));
	ask.tool_mode = TOOLS_NAMED;
	ask.tool_name = STR("get");
	build(&a, &ask, "call add", "");
	assert_int_equal(a.part_count, 1);
	assert_true(str_eq(a.parts[0].name, STR("get")));
	ask.ends_with_tool_result = true;
	ask.tool_result = STR("42");
	build(&a, &ask, "call add", "");
	assert_true(str_eq(a.parts[0].text, STR("The tool answered: 42")));
}

static void
assert_example(const char *schema, const char *expected)
{
	struct str json = example_write(&arena, str_from(schema));

	assert_true(str_eq(json, str_from(expected)));
}

static void
test_examples_fit_their_schemas(void **state)
{
	assert_example("", "{}");
	assert_example("{\"type\":\"OBJECT\"}", "{}");
	assert_example("{\"enum\":[\"b\",\"c\"]}", "\"b\"");
	assert_example("{\"type\":[\"integer\",\"null\"]}", "1");
	assert_example("{\"type\":\"array\",\"minItems\":2,"
		       "\"items\":{\"type\":\"boolean\"}}",
	    "[true,true]");
	assert_example("{\"anyOf\":[{\"const\":7},{\"type\":\"null\"}]}", "7");
	assert_example("{\"$defs\":{\"P\":{\"type\":\"null\"}},\"type\":"
		       "\"object\",\"required\":[\"p\"],\"properties\":"
		       "{\"p\":{\"$ref\":\"#/$defs/P\"}}}",
	    "{\"p\":null}");
	/* A schema that holds itself ends somewhere. */
	assert_true(example_write(&arena,
			STR("{\"$ref\":\"#/a\",\"a\":{\"type\":"
			    "\"object\",\"required\":[\"x\"],"
			    "\"properties\":{\"x\":{\"$ref\":"
			    "\"#/a\"}}}}"))
			.len > 10);
}

/* The pieces of every part, joined, are the part; tokens add up. */
static void
test_streams_tell_the_whole_answer(void **state)
{
	struct ask ask = plain_ask();
	struct moment m;
	struct stream stream;
	struct answer a;
	struct buf text;
	int64_t shown = 0;
	size_t lasts = 0;

	ask_add_tool(&ask, &arena, STR("get"), STR("{\"enum\":[\"abcdefg\"]}"));
	build(&a, &ask, "call get call get", "reasoning=3");
	buf_init(&text, 4096);
	stream_init(&stream);
	while (stream_next(&stream, &dialect_openai, &a, &m)) {
		if (m.kind != MOMENT_PIECE)
			continue;
		if (m.part->kind == PART_CALL)
			buf_add_str(&text, m.piece);
		shown = m.tokens_shown;
		lasts += m.is_last;
	}
	assert_true(str_eq(buf_str(&text), STR("\"abcdefg\"\"abcdefg\"")));
	assert_int_equal(shown + a.usage.reasoning, a.usage.output);
	assert_int_equal(lasts, 1);
	assert_false(stream_next(&stream, &dialect_openai, &a, &m));
	buf_done(&text);
}

static int
setup(void **state)
{
	arena_init(&arena, 0);
	return 0;
}

static int
teardown(void **state)
{
	arena_done(&arena);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_question_same_answer),
		cmocka_unit_test(test_usage_adds_up),
		cmocka_unit_test(test_echo_is_cut_between_characters),
		cmocka_unit_test(test_calls_the_tools_that_are_named),
		cmocka_unit_test(test_examples_fit_their_schemas),
		cmocka_unit_test(test_streams_tell_the_whole_answer),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
