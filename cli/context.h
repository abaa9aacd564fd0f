/*
 * context.h - the control planes weirctl knows: name, URL, token.
 *
 * Kept in $XDG_CONFIG_HOME/weir/contexts.json (0600), because it holds
 * tokens; a file that others may read is refused.
 */
#pragma once

#include "cli/exit.h"
#include "cli/options.h"
#include "common/status.h"
#include "common/str.h"

struct arena;

struct context {
	struct str url;
	struct str token; /* may be empty */
};

/*
 * What the options, the environment and the contexts say, in this order.
 * E_NOT_FOUND when nothing names a URL, or a context that does not exist;
 * it is printed.
 */
enum status context_resolve(
    struct arena *, const struct options *, struct context *out);

/* context add NAME --url U [--token-file F] | list | use NAME */
enum exit_code context_command(struct arena *, const struct options *);
