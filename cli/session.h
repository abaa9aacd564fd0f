/*
 * session.h - what every command is given.
 */
#pragma once

#include "cli/client.h"
#include "cli/options.h"
#include "common/arena.h"

struct session {
	struct arena *arena; /* of the whole run */
	struct client *client;
	const struct options *options;
};
