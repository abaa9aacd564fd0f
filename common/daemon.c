/*
 * daemon.c - see daemon.h.
 */
#include "common/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/arena.h"
#include "common/base.h"

/*
 * 1 in builds with AddressSanitizer, see CMakeLists.txt: its leak check stops
 * the program by ptrace(2) and then looks at its memory.
 */
#ifndef WEIR_TRACEABLE
#define WEIR_TRACEABLE 0
#endif

static void
require(bool holds)
{
	if (!holds)
		abort();
}

static void
fd_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static sigset_t
ending_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	return set;
}

void
daemon_init(void)
{
	sigset_t set = ending_signals();
	struct rlimit limit;

	require(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
	require(pthread_sigmask(SIG_BLOCK, &set, NULL) == 0);

	require(getrlimit(RLIMIT_NOFILE, &limit) == 0);
	limit.rlim_cur = limit.rlim_max;
	require(setrlimit(RLIMIT_NOFILE, &limit) == 0);

	limit = (struct rlimit){ 0 };
	require(setrlimit(RLIMIT_CORE, &limit) == 0);
	if (!WEIR_TRACEABLE)
		require(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0);
}

int
daemon_wait_signal(void)
{
	sigset_t set = ending_signals();
	int received;

	require(sigwait(&set, &received) == 0);
	return received;
}

static enum status
status_from_errno(int error)
{
	switch (error) {
	case ENOENT:
		return E_NOT_FOUND;
	case EACCES:
	case EPERM:
	case EROFS:
		return E_FORBIDDEN;
	case EWOULDBLOCK:
		return E_CONFLICT;
	case EISDIR:
	case ENOTDIR:
	case ENAMETOOLONG:
	case ELOOP:
		return E_INVALID;
	default:
		return E_UNAVAILABLE; /* disk full, broken, out of files */
	}
}

enum status
daemon_lock_directory(const char *path, int *out_fd)
{
	CLEANUP(fd_close)
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) != 0)
		return status_from_errno(errno);
	*out_fd = fd;
	fd = -1;
	return OK;
}

/* Reads until `size` bytes are there or the file ends. */
static enum status
read_up_to(int fd, char *out, size_t size, size_t *out_len)
{
	size_t len = 0;

	while (len < size) {
		ssize_t count = read(fd, out + len, size - len);

		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			return status_from_errno(errno);
		if (count == 0)
			break;
		len += (size_t)count;
	}
	*out_len = len;
	return OK;
}

static enum status
read_open_file(struct arena *arena, int fd, size_t max_bytes, struct str *out)
{
	struct stat info;
	size_t size;
	size_t len = 0;
	char *bytes;
	enum status s;

	if (fstat(fd, &info) != 0)
		return status_from_errno(errno);
	if (info.st_size > 0 && (uint64_t)info.st_size > max_bytes)
		return E_TOO_LARGE;
	/* Pipes and the files of /proc do not tell their size. */
	size = info.st_size > 0 ? (size_t)info.st_size : max_bytes;

	/* One more byte, to see that it ends here, and to end it in NUL. */
	bytes = arena_alloc(arena, size + 1);
	s = read_up_to(fd, bytes, size + 1, &len);
	if (s != OK)
		return s;
	if (len > size)
		return size == max_bytes ? E_TOO_LARGE : E_UNAVAILABLE;
	*out = str_make(bytes, len);
	return OK;
}

enum status
daemon_read_file(
    struct arena *arena, const char *path, size_t max_bytes, struct str *out)
{
	CLEANUP(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return status_from_errno(errno);
	return read_open_file(arena, fd, max_bytes, out);
}

enum status
daemon_read_secret(
    struct arena *arena, const char *path, size_t max_bytes, struct str *out)
{
	CLEANUP(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat info;

	if (fd < 0 || fstat(fd, &info) != 0)
		return status_from_errno(errno);
	if ((info.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		return E_FORBIDDEN;
	return read_open_file(arena, fd, max_bytes, out);
}

static enum status
write_all(int fd, struct str content)
{
	while (content.len > 0) {
		ssize_t count = write(fd, content.ptr, content.len);

		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			return status_from_errno(errno);
		content = str_skip(content, (size_t)count);
	}
	return OK;
}

/* A new file with this content, on the disk when this returns OK. */
static enum status
write_new_file(const char *path, struct str content, int mode)
{
	CLEANUP(fd_close)
	int fd = open(
	    path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	enum status s;

	if (fd < 0)
		return status_from_errno(errno);
	s = write_all(fd, content);
	if (s != OK)
		return s;
	if (fchmod(fd, (mode_t)mode) != 0 || fsync(fd) != 0)
		return status_from_errno(errno);
	return OK;
}

static enum status
sync_directory_of(struct arena *scratch, const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t len = slash == NULL ? 0 : (size_t)(slash - path) + 1;
	const char *directory =
	    len == 0 ? "." : str_cstr(scratch, str_make(path, len));
	CLEANUP(fd_close)
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || fsync(fd) != 0)
		return status_from_errno(errno);
	return OK;
}

enum status
daemon_write_file(const char *path, struct str content, int mode)
{
	CLEANUP(arena_done) struct arena scratch;
	const char *beside;
	enum status s;

	arena_init(&scratch, 0);
	beside = str_cstr(&scratch, str_printf(&scratch, "%s.tmp", path));

	/* What a crash left behind: never open, its mode may be another. */
	unlink(beside);
	s = write_new_file(beside, content, mode);
	if (s == OK && rename(beside, path) != 0)
		s = status_from_errno(errno);
	if (s != OK) {
		unlink(beside);
		return s;
	}
	return sync_directory_of(&scratch, path);
}
