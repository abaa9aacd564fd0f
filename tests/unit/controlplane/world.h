/*
 * world.h - what tests of the control plane stand on: a migrated database,
 * a keyring, a connection, an arena.
 */
#pragma once

#include "common/arena.h"
#include "controlplane/keyring.h"
#include "controlplane/store/db.h"
#include "tests/unit/controlplane/pg.h"

struct world {
	struct pg *pg;
	struct db *db;
	struct arena arena;
	struct keyring *keyring;
	char keys[64]; /* the keyring's directory */
};

void world_open(struct world *);
void world_close(struct world *);

/* Runs a script that must succeed. */
void world_sql(struct world *, const char *sql);

/* The first column of the first row; lives in the arena. */
struct str world_text(struct world *, const char *sql);
int64_t world_int(struct world *, const char *sql);
