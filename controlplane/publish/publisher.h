/*
 * publisher.h - the newest compiled snapshot, and the bell that announces it.
 *
 * A thread of its own listens for NOTIFY weir_config (and looks at the head
 * every 5 s), compiles, and publishes a Doorbell.  While the database is away,
 * or a revision cannot be compiled, the last snapshot stays on offer.
 */
#pragma once

#include <stdbool.h>

#include "controlplane/publish/compile.h"

struct link;
struct publisher;

struct publisher_options {
	const char *database_url;
	struct link *bell; /* borrowed; NULL rings nowhere */
	struct compile_options compile;
};

enum status publisher_open(
    const struct publisher_options *, struct publisher **out);
void publisher_close(struct publisher *);

/* Has it ever compiled one? */
bool publisher_is_ready(struct publisher *);

/* The newest revision, 0 before the first. */
uint64_t publisher_rev(struct publisher *);

/* A reference to the newest snapshot, or NULL; for compiled_unref(). */
struct compiled *publisher_newest(struct publisher *);

/* The same for one revision: the newest and the one before are kept. */
struct compiled *publisher_find(struct publisher *, uint64_t rev);
