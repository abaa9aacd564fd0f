/*
 * options.h - the command line: global options, and what is left.
 *
 * Global options may stand anywhere; everything else keeps its order and is
 * the command's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/status.h"
#include "common/str.h"

enum output {
	OUTPUT_TABLE,
	OUTPUT_JSON,
	OUTPUT_NAME, /* one id a line */
};

struct options {
	const char *url; /* NULL: not given */
	const char *token;
	const char *token_file;
	const char *context;
	enum output output;
	const char **args; /* the command and its arguments */
	size_t count;
};

/*
 * `args` has room for argc pointers.  E_INVALID prints what is wrong.
 */
enum status options_read(
    struct options *, int argc, char **argv, const char **args);

/* The value of --name among the arguments; NULL when it is not there. */
const char *options_value(const struct options *, const char *name);

/* Whether the flag --name is among the arguments. */
bool options_has(const struct options *, const char *name);
