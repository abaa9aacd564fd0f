/* chat_test.c - what holds of a conversation in any dialect. */
#include "dataplane/translate/chat.h"

#include "tests/unit/dataplane/translate/convert.h"

static void
results_pair_with_the_latest_call(void **state)
{
	struct chat_part first = {
		.kind = PART_CALL, .id = STR("a"), .name = STR("old")
	};
	struct chat_part again = {
		.kind = PART_CALL, .id = STR("a"), .name = STR("new")
	};
	struct chat_part result = { .kind = PART_RESULT, .id = STR("a") };
	struct chat_message m3 = { .role = CHAT_USER, .parts = &result };
	struct chat_message m2 = {
		.role = CHAT_ASSISTANT, .parts = &again, .next = &m3
	};
	struct chat_message m1 = {
		.role = CHAT_ASSISTANT, .parts = &first, .next = &m2
	};
	struct chat chat = { .messages = &m1 };
	struct chat_part *fault = NULL;

	(void)state;
	assert_int_equal(chat_pair_results(&chat, &fault), OK);
	assert_str(result.name, "new");
	assert_ptr_equal(again.answer, &result);
	assert_null(first.answer);
}

static void
a_result_needs_a_call_of_its_own(void **state)
{
	struct chat_part second = { .kind = PART_RESULT, .id = STR("a") };
	struct chat_part result = {
		.kind = PART_RESULT, .id = STR("a"), .next = &second
	};
	struct chat_part call = { .kind = PART_CALL, .id = STR("a") };
	struct chat_message m2 = { .role = CHAT_USER, .parts = &result };
	struct chat_message m1 = {
		.role = CHAT_ASSISTANT, .parts = &call, .next = &m2
	};
	struct chat chat = { .messages = &m1 };
	struct chat_part *fault = NULL;

	(void)state;
	assert_int_equal(chat_pair_results(&chat, &fault), E_INVALID);
	assert_ptr_equal(fault, &second);

	chat.messages = &m2;
	assert_int_equal(chat_pair_results(&chat, &fault), E_INVALID);
	assert_ptr_equal(fault, &result);
}

static void
arguments_are_objects(void **state)
{
	static const struct {
		const char *json;
		const char *wanted;
	} cases[] = {
		{ "", "{}" },
		{ "  ", "{}" },
		{ "null", "{}" },
		{ " {\"a\": 1} ", "{\"a\": 1}" },
		{ "{\"a\":", "{\"invalid_json\":\"{\\\"a\\\":\"}" },
		{ "[1]", "{\"invalid_json\":\"[1]\"}" },
		{ "{} {}", "{\"invalid_json\":\"{} {}\"}" },
	};
	struct arena arena;

	(void)state;
	arena_init(&arena, 0);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct str seen =
		    chat_arguments(&arena, str_from(cases[i].json));

		assert_string_equal(str_cstr(&arena, seen), cases[i].wanted);
	}
	arena_done(&arena);
}

static void
efforts_and_budgets_agree(void **state)
{
	(void)state;
	assert_int_equal(chat_effort_parse(STR("xhigh")), EFFORT_XHIGH);
	assert_int_equal(chat_effort_parse(STR("huge")), EFFORT_UNSAID);
	assert_int_equal(chat_effort_parse(STR("")), EFFORT_UNSAID);
	assert_int_equal(chat_budget_effort(1), EFFORT_LOW);
	assert_int_equal(chat_budget_effort(2048), EFFORT_LOW);
	assert_int_equal(chat_budget_effort(2049), EFFORT_MEDIUM);
	assert_int_equal(chat_budget_effort(INT64_MAX), EFFORT_HIGH);
	assert_int_equal(chat_budget_effort(chat_effort_budget(EFFORT_MEDIUM)),
	    EFFORT_MEDIUM);
}

static void
foreign_options_are_not_found(void **state)
{
	struct chat_option mine = { .name = STR("seed"), .json = STR("1") };
	struct chat_option theirs = {
		.name = STR("top_k"), .foreign = true, .next = &mine
	};
	struct chat chat = { .options = &theirs };

	(void)state;
	assert_ptr_equal(chat_option_get(&chat, "seed"), &mine);
	assert_null(chat_option_get(&chat, "top_k"));
	assert_null(chat_option_get(&chat, "user"));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(results_pair_with_the_latest_call),
		cmocka_unit_test(a_result_needs_a_call_of_its_own),
		cmocka_unit_test(arguments_are_objects),
		cmocka_unit_test(efforts_and_budgets_agree),
		cmocka_unit_test(foreign_options_are_not_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
