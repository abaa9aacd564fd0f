/*
 * exit.h - what weirctl's exit status says; scripts rely on it.
 */
#pragma once

enum exit_code {
	EXIT_OK = 0,
	EXIT_ERROR = 1,
	EXIT_DRIFT = 2, /* something would change */
	EXIT_DENIED = 3,
	EXIT_NOT_FOUND = 4,
	EXIT_CONFLICT = 5,
	EXIT_USAGE = 6,
	EXIT_UNAVAILABLE = 7,
};

/* What an HTTP status of the admin API becomes. */
enum exit_code exit_of_http(long status);
