/* settings_test.c - flags, environment, defaults, and what is said of them. */
#include "common/settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

struct options {
	const char *link_url;
	const char *key_file;
	int64_t workers;
	bool verbose;
};

static const struct setting table[] = {
	{ "link-url", SETTING_TEXT, offsetof(struct options, link_url),
	    "tcp://127.0.0.1:7601", 0, 0, "Where the control plane listens." },
	{ "key-file", SETTING_TEXT, offsetof(struct options, key_file), NULL, 0,
	    0, "The key." },
	{ "workers", SETTING_INT, offsetof(struct options, workers), "2", 1, 64,
	    "Worker threads." },
	{ "verbose", SETTING_FLAG, offsetof(struct options, verbose), "false",
	    0, 0, "Say more." },
};

static struct buf fault;
static struct options options;
static char *arguments[16];
static int rest;

static int
setup(void **state)
{
	unsetenv("WEIR_LINK_URL");
	unsetenv("WEIR_KEY_FILE");
	unsetenv("WEIR_WORKERS");
	unsetenv("WEIR_VERBOSE");
	buf_init(&fault, 4096);
	memset(&options, 0xee, sizeof(options));
	return 0;
}

static int
teardown(void **state)
{
	buf_done(&fault);
	return 0;
}

/* Loads from the words of a line. */
static enum status
load(const char *line)
{
	static char words[512];

	rest = 0;
	strcpy(words, line);
	for (char *word = strtok(words, " "); word != NULL;
	     word = strtok(NULL, " "))
		arguments[rest++] = word;
	arguments[rest] = NULL;
	return settings_load(
	    table, ARRAY_LEN(table), &rest, arguments, &options, &fault);
}

static void
assert_fault(const char *line, const char *text)
{
	struct options before = options;

	buf_reset(&fault);
	assert_int_equal(load(line), E_INVALID);
	if (!str_eq(buf_str(&fault), str_from(text)))
		fail_msg("%.*s is not %s", STR_ARGS(buf_str(&fault)), text);
	assert_memory_equal(&options, &before, sizeof(before));
}

static void
test_defaults(void **state)
{
	assert_int_equal(load("weir"), OK);
	assert_string_equal(options.link_url, "tcp://127.0.0.1:7601");
	assert_null(options.key_file);
	assert_int_equal(options.workers, 2);
	assert_false(options.verbose);
	assert_int_equal(rest, 1);
	assert_string_equal(arguments[0], "weir");
}

static void
test_flags_of_both_forms(void **state)
{
	assert_int_equal(load("weir --link-url a --workers=64 --verbose "
			      "--key-file="),
	    OK);
	assert_string_equal(options.link_url, "a");
	assert_string_equal(options.key_file, "");
	assert_int_equal(options.workers, 64);
	assert_true(options.verbose);
	assert_int_equal(load("--workers 1 --workers 3 --verbose=false"), OK);
	assert_int_equal(options.workers, 3);
	assert_false(options.verbose);
	assert_int_equal(rest, 0);
}

static void
test_environment_and_who_wins(void **state)
{
	setenv("WEIR_LINK_URL", "from-environment", 1);
	setenv("WEIR_WORKERS", "7", 1);
	setenv("WEIR_VERBOSE", "true", 1);
	assert_int_equal(load("weir --workers 8"), OK);
	assert_string_equal(options.link_url, "from-environment");
	assert_int_equal(options.workers, 8);
	assert_true(options.verbose);
	assert_int_equal(load("weir --verbose=false"), OK);
	assert_int_equal(options.workers, 7);
	assert_false(options.verbose);
}

static void
test_rest_keeps_its_order(void **state)
{
	assert_int_equal(load("weirctl keys --verbose list -x --workers 3 - "
			      "-- --not-a-flag --"),
	    OK);
	assert_int_equal(rest, 7);
	assert_string_equal(arguments[0], "weirctl");
	assert_string_equal(arguments[1], "keys");
	assert_string_equal(arguments[2], "list");
	assert_string_equal(arguments[3], "-x");
	assert_string_equal(arguments[4], "-");
	assert_string_equal(arguments[5], "--not-a-flag");
	assert_string_equal(arguments[6], "--");
}

static void
test_bounds_and_kinds(void **state)
{
	static const char range[] =
	    "--workers: must be a whole number from 1 to 64";

	assert_fault("--workers 0", range);
	assert_fault("--workers 65", range);
	assert_fault("--workers=", range);
	assert_fault("--workers 3x", range);
	assert_fault("--workers 99999999999999999999", range);
	assert_fault("--verbose=yes", "--verbose: must be true or false");
	setenv("WEIR_WORKERS", "many", 1);
	assert_fault("weir",
	    "WEIR_WORKERS: must be a whole number from 1 to "
	    "64");
	assert_int_equal(load("weir --workers 5"), OK);
}

static void
test_unknown_flags_name_the_closest(void **state)
{
	assert_fault("--wrokers 3",
	    "--wrokers: no such setting; did you mean "
	    "--workers?");
	assert_fault("--link_url=x",
	    "--link_url: no such setting; did you "
	    "mean --link-url?");
	assert_fault("--entirely-else",
	    "--entirely-else: no such setting; "
	    "--help lists them");
	assert_fault("--workers", "--workers: a value must follow");
}

static void
test_all_faults_at_once(void **state)
{
	assert_fault("--workers 0 --verbos --verbose=1",
	    "--verbos: no such setting; did you mean --verbose?\n"
	    "--workers: must be a whole number from 1 to 64\n"
	    "--verbose: must be true or false");
}

static void
test_help_lists_everything(void **state)
{
	settings_help(table, ARRAY_LEN(table), &fault);
	assert_true(str_eq(buf_str(&fault),
	    STR("  --link-url TEXT\n"
		"      Where the control plane listens.\n"
		"      WEIR_LINK_URL, default tcp://127.0.0.1:7601\n"
		"  --key-file TEXT\n"
		"      The key.\n"
		"      WEIR_KEY_FILE\n"
		"  --workers N\n"
		"      Worker threads.\n"
		"      WEIR_WORKERS, 1 to 64, default 2\n"
		"  --verbose\n"
		"      Say more.\n"
		"      WEIR_VERBOSE, default false\n")));
}

#define WITH_SETUP(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_SETUP(test_defaults),
		WITH_SETUP(test_flags_of_both_forms),
		WITH_SETUP(test_environment_and_who_wins),
		WITH_SETUP(test_rest_keeps_its_order),
		WITH_SETUP(test_bounds_and_kinds),
		WITH_SETUP(test_unknown_flags_name_the_closest),
		WITH_SETUP(test_all_faults_at_once),
		WITH_SETUP(test_help_lists_everything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
