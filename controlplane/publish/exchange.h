/*
 * exchange.h - one question of a gateway and its answer, while it is at work.
 *
 * Shared by fleet.c and greeting.c.  Everything lives in the exchange's
 * arena, or in snapshots the arena holds a reference to.
 */
#pragma once

#include "controlplane/publish/fleet.h"
#include "controlplane/publish/session.h"
#include "controlplane/publish/throttle.h"
#include "controlplane/store/db.h"
#include "proto/link.pb-c.h"

struct fleet {
	struct fleet_options options;
	struct session_keys keys;
	struct throttle throttle;
	struct db *dbs[]; /* one per thread */
};

struct exchange {
	struct fleet *fleet;
	struct db *db;
	struct arena *arena;
	const Weir__Link__V1__Question *question;
	struct session session; /* of those that need one */
	Weir__Link__V1__Answer answer;
};

/* Why it cannot be answered; returns the status, for `return …`. */
enum status exchange_fail(struct exchange *, enum status, const char *message);

/* The same, when the gateway is none of ours (any more). */
enum status exchange_fail_unknown(struct exchange *);

/* Before there is a session. */
enum status greeting_enrol(struct exchange *);
enum status greeting_challenge(struct exchange *);
enum status greeting_hello(struct exchange *);
