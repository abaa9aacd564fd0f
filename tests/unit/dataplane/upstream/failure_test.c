/* failure_test.c - the table of what may go wrong with a provider. */
#include "dataplane/upstream/failure.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void
test_words(void **state)
{
	for (int i = FAILURE_NONE + 1; i < FAILURE_COUNT; i++) {
		enum failure_class class = (enum failure_class)i;

		assert_int_equal(
		    failure_parse(str_from(failure_word(class))), class);
		assert_int_not_equal(failure_status(class), OK);
	}
	assert_string_equal(failure_word(FAILURE_RATE), "rate");
	assert_int_equal(failure_parse(STR("Rate")), FAILURE_NONE);
	assert_int_equal(failure_parse(STR("")), FAILURE_NONE);
	assert_int_equal(failure_status(FAILURE_NONE), OK);
}

static void
test_what_another_target_may_cure(void **state)
{
	assert_true(failure_is_retryable(FAILURE_OVERLOADED));
	assert_true(failure_is_retryable(FAILURE_AUTH));
	assert_true(failure_is_retryable(FAILURE_CUT));
	assert_false(failure_is_retryable(FAILURE_INVALID));
	assert_false(failure_is_retryable(FAILURE_CONTEXT));
	assert_false(failure_is_retryable(FAILURE_NONE));
}

static void
test_what_the_caller_hears(void **state)
{
	assert_int_equal(failure_status(FAILURE_RATE), E_RATE_LIMITED);
	assert_int_equal(failure_status(FAILURE_TIMEOUT), E_TIMEOUT);
	assert_int_equal(failure_status(FAILURE_CUT), E_UPSTREAM);
	assert_int_equal(failure_status(FAILURE_INVALID), E_INVALID);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_what_another_target_may_cure),
		cmocka_unit_test(test_what_the_caller_hears),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
