/*
 * listen.h - listening TCP sockets from "host:port".
 */
#pragma once

#include <stddef.h>

#include "common/status.h"

/*
 * "127.0.0.1:8080", "[::1]:8080", ":8080" (every address).  The sockets are
 * non-blocking and close-on-exec; `count` of them share the port, one for
 * each thread that accepts.  E_INVALID: not an address; E_CONFLICT: taken,
 * also when the one who has it would share.
 */
enum status listen_open(
    const char *where, int backlog, size_t count, int *out_fds);
