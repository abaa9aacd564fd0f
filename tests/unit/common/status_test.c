/* status_test.c - every status has its columns. */
#include "common/status.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

static void
test_columns(void **state)
{
	assert_string_equal(status_name(OK), "OK");
	assert_string_equal(status_word(OK), "ok");
	assert_int_equal(status_http(OK), 200);
	assert_string_equal(status_name(E_NOT_FOUND), "E_NOT_FOUND");
	assert_string_equal(status_word(E_NOT_FOUND), "not_found");
	assert_int_equal(status_http(E_NOT_FOUND), 404);
	assert_int_equal(status_http(PENDING), 0);
}

static void
test_retry(void **state)
{
	assert_true(status_is_retryable(E_UNAVAILABLE));
	assert_true(status_is_retryable(E_RATE_LIMITED));
	assert_false(status_is_retryable(OK));
	assert_false(status_is_retryable(E_BUDGET));
	assert_false(status_is_retryable(E_INVALID));
}

static void
test_every_error_is_complete(void **state)
{
	for (int i = E_INVALID; i < STATUS_COUNT; i++) {
		enum status status = (enum status)i;

		assert_int_equal(strncmp(status_name(status), "E_", 2), 0);
		assert_true(strlen(status_word(status)) > 0);
		assert_in_range(status_http(status), 400, 599);
	}
}

static void
test_words_are_distinct(void **state)
{
	for (int i = 0; i < STATUS_COUNT; i++) {
		for (int j = 0; j < i; j++)
			assert_string_not_equal(status_word((enum status)i),
			    status_word((enum status)j));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_columns),
		cmocka_unit_test(test_retry),
		cmocka_unit_test(test_every_error_is_complete),
		cmocka_unit_test(test_words_are_distinct),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
