/*
 * throttle.h - slows down those who keep giving wrong proofs.
 *
 * Failures are counted per name (a gateway's id, an enrolment's public id)
 * in a fixed number of places, so that a stranger cannot fill memory.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/str.h"

#define THROTTLE_PLACES 1024

struct throttle_place {
	int64_t until_ns; /* end of the window */
	unsigned failures;
};

struct throttle { /* fields are private */
	pthread_mutex_t lock;
	struct throttle_place places[THROTTLE_PLACES];
};

void throttle_init(struct throttle *);
void throttle_done(struct throttle *);

/* Has this name failed too often just now? */
bool throttle_is_closed(struct throttle *, struct str name);

void throttle_add_failure(struct throttle *, struct str name);
