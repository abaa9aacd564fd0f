/* pg.c - see pg.h. */
#include "tests/unit/controlplane/pg.h"

#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <libpq-fe.h>

#define ARGUMENTS_MAX 32
#define VERSIONS_DIRECTORY "/usr/lib/postgresql"
#define PATH_SIZE 256
#define READY_TRIES 1000 /* of 10 ms */

struct pg {
	char directory[PATH_SIZE];
	char binaries[PATH_SIZE];
	char data[2 * PATH_SIZE];
	char url[2 * PATH_SIZE];
	pid_t pid;
};

static void
die(const char *what)
{
	fprintf(stderr, "pg: %s: %s\n", what, strerror(errno));
	abort();
}

/* The directory of the newest server that is installed. */
static void
find_binaries(char out[PATH_SIZE])
{
	DIR *directory = opendir(VERSIONS_DIRECTORY);
	struct dirent *entry;
	int newest = 0;

	while (directory && (entry = readdir(directory))) {
		int version = atoi(entry->d_name);

		if (version > newest)
			newest = version;
	}
	if (directory)
		closedir(directory);
	snprintf(out, PATH_SIZE, VERSIONS_DIRECTORY "/%d/bin", newest);
	if (access(out, X_OK) != 0)
		die(out);
}

/* Who the server runs as, when the test is root; NULL otherwise. */
static const struct passwd *
find_user(void)
{
	if (geteuid() != 0)
		return NULL;
	const struct passwd *user = getpwnam("postgres");
	return user ? user : getpwnam("nobody");
}

static pid_t
run(struct pg *pg, const char *program, const char *const *arguments)
{
	char path[2 * PATH_SIZE];
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (pid > 0)
		return pid;
	const struct passwd *user = find_user();
	if (user &&
	    (setgroups(0, NULL) != 0 || setgid(user->pw_gid) != 0 ||
		setuid(user->pw_uid) != 0))
		die("setuid");
	/* The server goes when the test goes, however that ends. */
	prctl(PR_SET_PDEATHSIG, SIGQUIT);
	if (chdir(pg->directory) != 0 || !freopen("log", "a", stdout) ||
	    !freopen("log", "a", stderr))
		die(pg->directory);
	snprintf(path, sizeof(path), "%s/%s", pg->binaries, program);

	/* The server's programs find each other by the path in argv[0]. */
	const char *argv[ARGUMENTS_MAX] = { path };
	for (size_t i = 1; arguments[i] != NULL && i + 1 < ARGUMENTS_MAX; i++)
		argv[i] = arguments[i];
	execv(path, (char *const *)argv);
	die(path);
	return -1;
}

static void
wait_until_ready(struct pg *pg)
{
	const struct timespec pause = { .tv_nsec = 10000000 };

	for (int i = 0; i < READY_TRIES; i++) {
		PGPing state = PQping(pg->url);

		if (state == PQPING_OK)
			return;
		if (waitpid(pg->pid, NULL, WNOHANG) == pg->pid)
			break;
		nanosleep(&pause, NULL);
	}
	die("the server did not start; see its log");
}

void
pg_resume(struct pg *pg)
{
	const char *const arguments[] = { "postgres", "-D", pg->data, "-k",
		pg->directory, "-c", "listen_addresses=", "-c", "fsync=off",
		"-c", "full_page_writes=off", "-c", "shared_buffers=16MB", "-c",
		"max_connections=40", "-c", "log_statement=none", NULL };

	pg->pid = run(pg, "postgres", arguments);
	wait_until_ready(pg);
}

struct pg *
pg_start(void)
{
	struct pg *pg = calloc(1, sizeof(*pg));

	if (!pg)
		abort();
	find_binaries(pg->binaries);
	strcpy(pg->directory, "/tmp/weir-pg-XXXXXX");
	if (!mkdtemp(pg->directory))
		die("mkdtemp");
	const struct passwd *user = find_user();
	if (user && chown(pg->directory, user->pw_uid, user->pw_gid) != 0)
		die("chown");
	snprintf(pg->data, sizeof(pg->data), "%s/data", pg->directory);
	snprintf(pg->url, sizeof(pg->url), "host=%s user=weir dbname=postgres",
	    pg->directory);

	const char *const arguments[] = { "initdb", "-D", pg->data, "-U",
		"weir", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync",
		NULL };
	int state;
	pid_t pid = run(pg, "initdb", arguments);
	if (waitpid(pid, &state, 0) != pid || state != 0)
		die("initdb failed; see its log");
	pg_resume(pg);
	return pg;
}

void
pg_kill(struct pg *pg)
{
	kill(pg->pid, SIGQUIT);
	waitpid(pg->pid, NULL, 0);
}

static int
remove_entry(
    const char *path, const struct stat *stat, int kind, struct FTW *place)
{
	return remove(path);
}

void
pg_stop(struct pg *pg)
{
	pg_kill(pg);
	nftw(pg->directory, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	free(pg);
}

const char *
pg_url(const struct pg *pg)
{
	return pg->url;
}
