/* daemon_test.c - files, locks, signals and limits of a daemon. */
#include "common/daemon.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/arena.h"

static struct arena arena;
static char directory[] = "/tmp/weir-daemon-test-XXXXXX";

static int
setup(void **state)
{
	arena_init(&arena, 0);
	return mkdtemp(directory) == NULL;
}

static int
teardown(void **state)
{
	arena_done(&arena);
	return rmdir(directory);
}

static const char *
path_of(const char *name)
{
	return str_cstr(&arena, str_printf(&arena, "%s/%s", directory, name));
}

static void
assert_content(const char *path, struct str expected)
{
	struct str content;

	assert_int_equal(daemon_read_file(&arena, path, 1 << 20, &content), OK);
	assert_true(str_eq(content, expected));
	assert_int_equal(content.ptr[content.len], '\0');
}

static void
test_write_then_read(void **state)
{
	const char *path = path_of("file");
	size_t size = 1 << 20;
	char *bytes = arena_alloc(&arena, size);
	struct stat info;

	assert_int_equal(daemon_write_file(path, STR("one"), 0640), OK);
	assert_content(path, STR("one"));
	assert_int_equal(stat(path, &info), 0);
	assert_int_equal(info.st_mode & 07777, 0640);

	memset(bytes, 'x', size);
	assert_int_equal(
	    daemon_write_file(path, str_make(bytes, size), 0600), OK);
	assert_content(path, str_make(bytes, size));
	assert_int_equal(stat(path, &info), 0);
	assert_int_equal(info.st_mode & 07777, 0600);
	assert_int_equal(daemon_write_file(path, STR(""), 0600), OK);
	assert_content(path, STR(""));
	unlink(path);
}

static size_t
count_entries(void)
{
	DIR *entries = opendir(directory);
	size_t count = 0;

	while (readdir(entries) != NULL)
		count++;
	closedir(entries);
	return count - 2;
}

static void
test_failed_write_leaves_nothing(void **state)
{
	const char *path = path_of("sub");

	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_not_equal(daemon_write_file(path, STR("x"), 0600), OK);
	assert_int_equal(count_entries(), 1);
	rmdir(path);
	assert_int_equal(
	    daemon_write_file(path_of("no/file"), STR("x"), 0600), E_NOT_FOUND);
	assert_int_equal(count_entries(), 0);
}

/* A crash between write and rename leaves this; it may be open to others. */
static void
test_leftover_of_a_crash_is_replaced(void **state)
{
	const char *path = path_of("file");
	const char *leftover = path_of("file.tmp");
	int fd = open(leftover, O_CREAT | O_WRONLY, 0666);

	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(daemon_write_file(path, STR("new"), 0600), OK);
	assert_content(path, STR("new"));
	assert_int_equal(count_entries(), 1);
	unlink(path);
}

static void
test_relative_path(void **state)
{
	char before[4096];

	assert_non_null(getcwd(before, sizeof(before)));
	assert_int_equal(chdir(directory), 0);
	assert_int_equal(daemon_write_file("here", STR("x"), 0600), OK);
	assert_content("here", STR("x"));
	unlink("here");
	assert_int_equal(chdir(before), 0);
}

static void
test_read_bounds(void **state)
{
	const char *path = path_of("file");
	struct str content = STR("untouched");

	assert_int_equal(daemon_write_file(path, STR("12345"), 0600), OK);
	assert_int_equal(daemon_read_file(&arena, path, 5, &content), OK);
	assert_int_equal(content.len, 5);
	content = STR("untouched");
	assert_int_equal(
	    daemon_read_file(&arena, path, 4, &content), E_TOO_LARGE);
	assert_int_equal(daemon_read_file(&arena, path_of("none"), 4, &content),
	    E_NOT_FOUND);
	assert_int_equal(
	    daemon_read_file(&arena, directory, 1 << 20, &content), E_INVALID);
	assert_int_equal(
	    daemon_read_file(&arena, path_of("file/x"), 4, &content),
	    E_INVALID);
	assert_true(str_eq(content, STR("untouched")));
	unlink(path);
}

/* Files that do not tell their size end at the bound, or before. */
static void
test_read_without_a_size(void **state)
{
	struct str content;

	assert_int_equal(
	    daemon_read_file(&arena, "/proc/self/status", 1 << 16, &content),
	    OK);
	assert_true(str_has_prefix(content, STR("Name:")));
	assert_int_equal(
	    daemon_read_file(&arena, "/proc/self/status", 10, &content),
	    E_TOO_LARGE);
	assert_int_equal(
	    daemon_read_file(&arena, "/dev/null", 10, &content), OK);
	assert_int_equal(content.len, 0);
	assert_int_equal(
	    daemon_read_file(&arena, "/dev/zero", 10, &content), E_TOO_LARGE);
}

static void
test_secrets_are_private(void **state)
{
	static const int open_modes[] = { 0640, 0604, 0660, 0601, 0644 };
	const char *path = path_of("secret");
	struct str content;

	assert_int_equal(daemon_write_file(path, STR("key"), 0600), OK);
	assert_int_equal(daemon_read_secret(&arena, path, 100, &content), OK);
	assert_true(str_eq(content, STR("key")));
	assert_int_equal(chmod(path, 0400), 0);
	assert_int_equal(daemon_read_secret(&arena, path, 100, &content), OK);
	for (size_t i = 0; i < ARRAY_LEN(open_modes); i++) {
		assert_int_equal(chmod(path, (mode_t)open_modes[i]), 0);
		assert_int_equal(
		    daemon_read_secret(&arena, path, 100, &content),
		    E_FORBIDDEN);
	}
	assert_int_equal(
	    daemon_read_secret(&arena, path_of("none"), 100, &content),
	    E_NOT_FOUND);
	unlink(path);
}

static void
test_directory_is_held_once(void **state)
{
	int fd = -1;
	int other = -1;

	assert_int_equal(daemon_lock_directory(directory, &fd), OK);
	assert_int_equal(daemon_lock_directory(directory, &other), E_CONFLICT);
	assert_int_equal(other, -1);
	close(fd);
	assert_int_equal(daemon_lock_directory(directory, &other), OK);
	close(other);
	assert_int_equal(
	    daemon_lock_directory(path_of("none"), &other), E_NOT_FOUND);
}

/* In a process of its own: what daemon_init() does cannot be undone. */
static int
run_as_daemon(void)
{
	struct rlimit limit = { 64, 64 };
	sigset_t pending;

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = 64;
	setrlimit(RLIMIT_NOFILE, &limit);
	daemon_init();

	getrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_cur != limit.rlim_max)
		return 1;
	getrlimit(RLIMIT_CORE, &limit);
	if (limit.rlim_max != 0)
		return 2;
	raise(SIGPIPE);
	raise(SIGTERM);
	sigpending(&pending);
	if (!sigismember(&pending, SIGTERM))
		return 3;
	if (daemon_wait_signal() != SIGTERM)
		return 4;
	raise(SIGINT);
	if (daemon_wait_signal() != SIGINT)
		return 5;
	return 0;
}

static void
test_daemon_init(void **state)
{
	int result;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0)
		_exit(run_as_daemon());
	assert_int_equal(waitpid(child, &result, 0), child);
	assert_true(WIFEXITED(result));
	assert_int_equal(WEXITSTATUS(result), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_write_then_read),
		cmocka_unit_test(test_failed_write_leaves_nothing),
		cmocka_unit_test(test_leftover_of_a_crash_is_replaced),
		cmocka_unit_test(test_relative_path),
		cmocka_unit_test(test_read_bounds),
		cmocka_unit_test(test_read_without_a_size),
		cmocka_unit_test(test_secrets_are_private),
		cmocka_unit_test(test_directory_is_held_once),
		cmocka_unit_test(test_daemon_init),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
