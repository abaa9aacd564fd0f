/* script_test.c - directives and rules. */
#include "simulator/script.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/arena.h"
#include "common/buf.h"
#include "simulator/rules.h"

static void
test_reads_every_directive(void **state)
{
	struct script s;

	script_init(&s);
	assert_int_equal(
	    script_read(&s,
		STR("latency=200 ttft=100,rate=50 tokens=20 chunk=8 status=429 "
		    "retry_after=2 reasoning=7 cached=12 cache_write=3 "
		    "finish=length usage=none code=overloaded stall=after:2"),
		NULL),
	    OK);
	assert_int_equal(s.latency_ms, 200);
	assert_int_equal(s.ttft_ms, 100);
	assert_int_equal(s.rate, 50);
	assert_int_equal(s.tokens, 20);
	assert_int_equal(s.chunk_bytes, 8);
	assert_int_equal(s.status, 429);
	assert_int_equal(s.retry_after_s, 2);
	assert_int_equal(s.reasoning, 7);
	assert_int_equal(s.cached, 12);
	assert_int_equal(s.cache_write, 3);
	assert_int_equal(s.finish, FINISH_LENGTH);
	assert_true(s.has_no_usage);
	assert_string_equal(s.code, "overloaded");
	assert_int_equal(s.mishap, MISHAP_STALL);
	assert_int_equal(s.mishap_after, 2);
}

static void
test_later_texts_win_and_others_stay(void **state)
{
	struct script s;

	script_init(&s);
	assert_int_equal(script_read(&s, STR("status=500 rate=1"), NULL), OK);
	assert_int_equal(script_read(&s, STR("status=503"), NULL), OK);
	assert_int_equal(script_read(&s, STR("error=midstream"), NULL), OK);
	assert_int_equal(s.status, 503);
	assert_int_equal(s.rate, 1);
	assert_int_equal(s.tokens, -1);
	assert_int_equal(s.mishap, MISHAP_ERROR);
	assert_int_equal(s.mishap_after, 1);
	assert_int_equal(script_read(&s, STR("garbage"), NULL), OK);
	assert_int_equal(s.mishap_after, 0);
}

static void
test_names_the_directive_that_is_wrong(void **state)
{
	static const struct str bad[] = { STR("nonsense"), STR("rate"),
		STR("rate=-1"), STR("rate=x"), STR("cut=5"), STR("cut=after:x"),
		STR("finish=never"), STR("usage=all"), STR("code="),
		STR("latency=10000001") };
	struct script s;
	struct buf fault;

	buf_init(&fault, 1024);
	script_init(&s);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		buf_reset(&fault);
		assert_int_equal(script_read(&s, bad[i], &fault), E_INVALID);
		assert_true(str_find(buf_str(&fault), bad[i]) >= 0);
	}
	buf_done(&fault);
}

static void
test_is_taken_out_of_a_prompt(void **state)
{
	struct arena arena;
	struct str text;
	struct str script;

	arena_init(&arena, 0);
	script = script_extract(
	    &arena, STR("echo: hi\n[[sim rate=5 cut=after:1]]"), &text);
	assert_true(str_eq(script, STR("rate=5 cut=after:1")));
	assert_true(str_eq(text, STR("echo: hi")));
	script = script_extract(&arena, STR("no [[sim end"), &text);
	assert_true(str_is_empty(script));
	assert_true(str_eq(text, STR("no [[sim end")));
	arena_done(&arena);
}

static void
test_rules_run_out_in_order(void **state)
{
	struct rules rules;
	struct script script;
	struct arena arena;
	struct buf fault;

	arena_init(&arena, 0);
	buf_init(&fault, 1024);
	rules_init(&rules);
	assert_false(rules_apply(&rules, STR("m"), &script));
	assert_int_equal(
	    rules_replace(&rules, &arena,
		STR("[{\"model\":\"m\",\"times\":1,\"status\":500},"
		    "{\"garbage\":true,\"times\":2}]"),
		&fault),
	    OK);
	assert_true(rules_apply(&rules, STR("other"), &script));
	assert_int_equal(script.mishap, MISHAP_GARBAGE);
	assert_true(rules_apply(&rules, STR("m"), &script));
	assert_int_equal(script.status, 500);
	assert_true(rules_apply(&rules, STR("m"), &script));
	assert_int_equal(script.status, -1);
	assert_false(rules_apply(&rules, STR("m"), &script));

	/* A bad list changes nothing. */
	assert_int_equal(
	    rules_replace(&rules, &arena, STR("{\"status\":429}"), &fault), OK);
	assert_int_equal(
	    rules_replace(&rules, &arena, STR("{\"what\":1}"), &fault),
	    E_INVALID);
	assert_true(rules_apply(&rules, STR("m"), &script));
	rules_clear(&rules);
	assert_false(rules_apply(&rules, STR("m"), &script));
	rules_done(&rules);
	buf_done(&fault);
	arena_done(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reads_every_directive),
		cmocka_unit_test(test_later_texts_win_and_others_stay),
		cmocka_unit_test(test_names_the_directive_that_is_wrong),
		cmocka_unit_test(test_is_taken_out_of_a_prompt),
		cmocka_unit_test(test_rules_run_out_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
