/* log_test.c - one line per event, whole or not at all. */
#include "common/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/json.h"
#include "common/metrics.h"

#define WRITERS 4
#define LINES_EACH 2000

/* Standard error goes to the write end of a pair while a test runs. */
static int saved_fd;
static int read_fd;

static void
capture(int write_fd)
{
	saved_fd = dup(STDERR_FILENO);
	assert_true(saved_fd >= 0);
	assert_true(dup2(write_fd, STDERR_FILENO) >= 0);
	close(write_fd);
	metric_set(METRIC_PROCESS_LOG_DROPPED, 0);
}

static void
capture_by_pipe(void)
{
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	read_fd = ends[0];
	capture(ends[1]);
}

static void
release(void)
{
	assert_true(dup2(saved_fd, STDERR_FILENO) >= 0);
	close(saved_fd);
}

static int
setup(void **state)
{
	log_init("weir-test", LOG_DEBUG);
	clock_pin_wall(1764000000123456);
	capture_by_pipe();
	return 0;
}

static int
teardown(void **state)
{
	release();
	close(read_fd);
	clock_pin_wall(0);
	return 0;
}

/* All that was written so far. */
static struct str
written(void)
{
	static char bytes[64 << 10];
	ssize_t count;

	fcntl(read_fd, F_SETFL, O_NONBLOCK);
	count = read(read_fd, bytes, sizeof(bytes));
	return str_make(bytes, count > 0 ? (size_t)count : 0);
}

static void
assert_written(const char *expected)
{
	struct str text = written();

	if (!str_eq(text, str_from(expected)))
		fail_msg("%.*s is not %s", STR_ARGS(text), expected);
}

static void
test_line(void **state)
{
	log_warn("upstream_failed", log_str("target", STR("a\"b")),
	    log_int("status", 503), log_cstr("reason", "slow"),
	    log_status(E_TIMEOUT));
	assert_written("{\"ts\":\"2025-11-24T16:00:00.123456Z\","
		       "\"level\":\"warn\",\"program\":\"weir-test\","
		       "\"event\":\"upstream_failed\",\"target\":\"a\\\"b\","
		       "\"status\":503,\"reason\":\"slow\","
		       "\"status\":\"E_TIMEOUT\"}\n");
	log_debug("bare");
	assert_written("{\"ts\":\"2025-11-24T16:00:00.123456Z\","
		       "\"level\":\"debug\",\"program\":\"weir-test\","
		       "\"event\":\"bare\"}\n");
}

static void
test_levels(void **state)
{
	enum log_level level = LOG_DEBUG;

	log_init("weir-test", LOG_WARN);
	log_debug("no");
	log_info("no");
	assert_int_equal(written().len, 0);
	log_warn("yes");
	log_error("yes");
	assert_true(str_find(written(), STR("\"level\":\"error\"")) > 0);

	assert_int_equal(log_level_parse(STR("error"), &level), OK);
	assert_int_equal(level, LOG_ERROR);
	assert_int_equal(log_level_parse(STR("loud"), &level), E_INVALID);
	assert_int_equal(log_level_parse(STR("warn"), &level), OK);
	assert_int_equal(level, LOG_WARN);
}

static void
assert_one_valid_line(struct str text, bool is_truncated)
{
	CLEANUP(json_release) json_t *root = NULL;

	assert_true(text.len <= PIPE_BUF);
	assert_int_equal(text.ptr[text.len - 1], '\n');
	assert_int_equal(str_find_char(text, '\n'), text.len - 1);
	assert_int_equal(json_parse(text, 1, &root, NULL), OK);
	assert_int_equal(
	    json_object_get(root, "truncated") != NULL, is_truncated);
}

static void
test_long_texts_are_cut(void **state)
{
	static char bytes[9000];
	struct str text = str_make(bytes, sizeof(bytes));

	memset(bytes, 'x', sizeof(bytes));
	log_info("long", log_str("a", text), log_int("b", 1));
	assert_one_valid_line(written(), true);

	memset(bytes, 1, sizeof(bytes)); /* six bytes each */
	log_info("long", log_str("a", text), log_int("b", 1));
	assert_one_valid_line(written(), true);

	memset(bytes, 'x', sizeof(bytes));
	text.len = 1024;
	log_info("many", log_str("a", text), log_str("b", text),
	    log_str("c", text), log_str("d", text), log_int("e", 1));
	assert_one_valid_line(written(), true);

	log_info("fits", log_str("a", text), log_int("b", 1));
	assert_one_valid_line(written(), false);
}

/* The reader is stuck: lines are dropped, counted, and nobody waits. */
static void
assert_never_waits(void)
{
	static char bytes[1000];
	struct str text = str_make(bytes, sizeof(bytes));
	uint64_t total = 2000;
	size_t arrived = 0;

	memset(bytes, 'x', sizeof(bytes));
	alarm(20);
	for (uint64_t i = 0; i < total; i++)
		log_info("flood", log_str("x", text));
	alarm(0);
	assert_true(log_dropped() > 0);
	assert_true(log_dropped() < total);

	for (;;) {
		struct str part = written();
		struct str line;

		if (part.len == 0)
			break;
		while (str_next(&part, '\n', &line))
			arrived += str_has_suffix(line, STR("}"));
	}
	assert_int_equal(arrived + log_dropped(), total);
	log_info("again");
	assert_one_valid_line(written(), false);
}

static void
test_stuck_pipe(void **state)
{
	assert_never_waits();
}

static void
test_stuck_socket(void **state)
{
	int ends[2];

	release();
	close(read_fd);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	read_fd = ends[0];
	capture(ends[1]);
	for (int i = 0; i < 2000; i++)
		log_info("flood", log_int("i", i));
	assert_true(log_dropped() > 0);
}

static void
test_closed_reader(void **state)
{
	signal(SIGPIPE, SIG_IGN);
	close(read_fd);
	read_fd = open("/dev/null", O_RDONLY);
	log_info("nobody");
	assert_int_equal(log_dropped(), 1);
}

static void
test_flags_of_standard_error_stay(void **state)
{
	int before = fcntl(STDERR_FILENO, F_GETFL);

	log_info("x");
	assert_int_equal(fcntl(STDERR_FILENO, F_GETFL), before);
	assert_int_equal(before & O_NONBLOCK, 0);
}

static void *
write_lines(void *arg)
{
	for (int i = 0; i < LINES_EACH; i++)
		log_info("thread", log_int("i", i), log_cstr("name", arg));
	return NULL;
}

/* Counts the lines of the pipe until its writers are gone. */
static void *
read_lines(void *arg)
{
	size_t *count = arg;
	FILE *pipe = fdopen(dup(read_fd), "r");
	char line[PIPE_BUF + 1];

	while (fgets(line, sizeof(line), pipe) != NULL) {
		CLEANUP(json_release) json_t *root = NULL;

		assert_int_equal(
		    json_parse(str_from(line), 1, &root, NULL), OK);
		++*count;
	}
	fclose(pipe);
	return NULL;
}

static void
test_lines_of_threads_stay_whole(void **state)
{
	pthread_t writers[WRITERS];
	pthread_t reader;
	size_t count = 0;

	pthread_create(&reader, NULL, read_lines, &count);
	for (size_t i = 0; i < WRITERS; i++)
		pthread_create(&writers[i], NULL, write_lines, "writer");
	for (size_t i = 0; i < WRITERS; i++)
		pthread_join(writers[i], NULL);
	dup2(saved_fd, STDERR_FILENO); /* the last write end closes */
	pthread_join(reader, NULL);
	assert_int_equal(count + log_dropped(), WRITERS * LINES_EACH);
}

#define WITH_CAPTURE(test) \
	cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_CAPTURE(test_line),
		WITH_CAPTURE(test_levels),
		WITH_CAPTURE(test_long_texts_are_cut),
		WITH_CAPTURE(test_stuck_pipe),
		WITH_CAPTURE(test_stuck_socket),
		WITH_CAPTURE(test_closed_reader),
		WITH_CAPTURE(test_flags_of_standard_error_stay),
		WITH_CAPTURE(test_lines_of_threads_stay_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
