/* resource_test.c - names of resources, and exit codes of their answers. */
#include "cli/resource.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "cli/exit.h"

static void
test_are_found_by_either_name(void **state)
{
	for (size_t i = 0; i < resource_count; i++) {
		assert_ptr_equal(
		    resource_find(resources[i].name), &resources[i]);
		assert_ptr_equal(
		    resource_find(resources[i].singular), &resources[i]);
		assert_non_null(resources[i].columns[0]);
	}
	assert_null(resource_find("budget"));
	assert_null(resource_find(""));
}

static void
test_answers_have_their_exit_codes(void **state)
{
	assert_int_equal(exit_of_http(201), EXIT_OK);
	assert_int_equal(exit_of_http(204), EXIT_OK);
	assert_int_equal(exit_of_http(400), EXIT_ERROR);
	assert_int_equal(exit_of_http(401), EXIT_DENIED);
	assert_int_equal(exit_of_http(403), EXIT_DENIED);
	assert_int_equal(exit_of_http(404), EXIT_NOT_FOUND);
	assert_int_equal(exit_of_http(409), EXIT_CONFLICT);
	assert_int_equal(exit_of_http(412), EXIT_CONFLICT);
	assert_int_equal(exit_of_http(500), EXIT_ERROR);
	assert_int_equal(exit_of_http(503), EXIT_UNAVAILABLE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_are_found_by_either_name),
		cmocka_unit_test(test_answers_have_their_exit_codes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
