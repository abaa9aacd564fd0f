/*
 * daemon.h - what every long-running program does around its main loop.
 */
#pragma once

#include <stdbool.h>

#include "common/status.h"
#include "common/str.h"

/*
 * Ignores SIGPIPE, blocks SIGTERM and SIGINT for daemon_wait_signal(), raises
 * the descriptor limit to its hard limit, forbids core dumps and tracing
 * (secrets live in memory).  Call before any thread starts.
 */
void daemon_init(void);

/* Waits for SIGTERM or SIGINT; returns the signal. */
int daemon_wait_signal(void);

/* Holds the directory for this process alone; E_CONFLICT when it is held. */
enum status daemon_lock_directory(const char *path, int *out_fd);

/*
 * Reads a small file, at most max_bytes; a NUL follows the content, which
 * *out does not count.  E_NOT_FOUND, E_TOO_LARGE.
 */
struct arena;
enum status daemon_read_file(
    struct arena *, const char *path, size_t max_bytes, struct str *out);

/* Like daemon_read_file(), and E_FORBIDDEN when group or others may read. */
enum status daemon_read_secret(
    struct arena *, const char *path, size_t max_bytes, struct str *out);

/* Writes beside, syncs, renames: readers see the old or the new whole. */
enum status daemon_write_file(const char *path, struct str content, int mode);
