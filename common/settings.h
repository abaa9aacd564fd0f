/*
 * settings.h - what an operator may set, as one table per program.
 *
 * A setting is given as --some-name VALUE (or --some-name=VALUE) or as
 * WEIR_SOME_NAME in the environment; the flag wins.  Each has a type, a
 * default, bounds and a sentence, and --help prints them.  Everything is
 * checked here, before anything starts.
 */
#pragma once

#include <stdint.h>

#include "common/buf.h"
#include "common/status.h"
#include "common/str.h"

enum setting_kind {
	SETTING_TEXT, /* const char * */
	SETTING_INT,  /* int64_t, between min and max */
	SETTING_FLAG, /* bool; --name alone, or --name=true|false */
};

struct setting {
	const char *name; /* "link-url" */
	enum setting_kind kind;
	size_t offset;	      /* of the field in the struct */
	const char *fallback; /* the default, as text; or NULL */
	int64_t min;
	int64_t max;
	const char *help; /* one sentence, with the unit */
};

/*
 * Fills *out_settings (the struct the offsets point into).  Texts point into
 * argv, the environment or the table.  On E_INVALID `fault` has one line per
 * faulty setting: which and why, never the value.  Arguments that are no
 * settings are moved to the front of argv, and *argc becomes their number;
 * argv[0] is the first of them, and all that follow "--" are.
 */
enum status settings_load(const struct setting *table, size_t count, int *argc,
    char **argv, void *out_settings, struct buf *fault);

/* What --help prints. */
void settings_help(const struct setting *table, size_t count, struct buf *);
