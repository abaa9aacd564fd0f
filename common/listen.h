/*
 * listen.h - a listening TCP socket from "host:port".
 */
#pragma once

#include "common/status.h"

/*
 * "127.0.0.1:8080", "[::1]:8080", ":8080" (every address).  The socket is
 * non-blocking, close-on-exec, and shares its port with others of the same
 * process (SO_REUSEPORT).  E_INVALID: not an address; E_CONFLICT: taken.
 */
enum status listen_open(const char *where, int backlog, int *out_fd);
