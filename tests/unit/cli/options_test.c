/* options_test.c - global options among a command's own arguments. */
#include "cli/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define ARGS_MAX 16

static const char *kept[ARGS_MAX];

static void
test_take_what_is_global_and_keep_the_rest(void **state)
{
	char *argv[] = { "weirctl", "--url", "http://x", "list", "-o", "json",
		"keys", "--token", "t", "--team_id", "tm_1" };
	struct options options;

	assert_int_equal(
	    options_read(&options, ARRAY_LEN(argv), argv, kept), OK);
	assert_string_equal(options.url, "http://x");
	assert_string_equal(options.token, "t");
	assert_null(options.context);
	assert_int_equal(options.output, OUTPUT_JSON);
	assert_int_equal(options.count, 4);
	assert_string_equal(options.args[0], "list");
	assert_string_equal(options.args[1], "keys");
	assert_string_equal(options_value(&options, "--team_id"), "tm_1");
	assert_null(options_value(&options, "tm_1"));
	assert_true(options_has(&options, "keys"));
	assert_false(options_has(&options, "--url"));
}

static void
test_refuse_missing_values_and_unknown_outputs(void **state)
{
	char *missing[] = { "weirctl", "list", "--url" };
	char *unknown[] = { "weirctl", "-o", "yaml" };
	struct options options;

	assert_int_equal(options_read(&options, 3, missing, kept), E_INVALID);
	assert_int_equal(options_read(&options, 3, unknown, kept), E_INVALID);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_take_what_is_global_and_keep_the_rest),
		cmocka_unit_test(
		    test_refuse_missing_values_and_unknown_outputs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
