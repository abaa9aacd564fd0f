/*
 * response.h - the way back: from a provider's bytes to the client's.
 *
 * Events only take note; response_settle(), once per turn of the worker,
 * decides: hold back, open the stream, pass on, try the next target, finish.
 * Nothing reaches the client before the first real content.
 */
#pragma once

#include "dataplane/upstream/upstream.h"

struct request;

extern const struct upstream_events response_events;

void response_settle(struct request *);

/* `what` was not there in time. */
void response_time_out(struct request *, const char *what);

/* The client has left: give up the provider, write the record. */
void response_client_gone(struct request *);

/* The slow client has taken what was sent. */
void response_drained(struct request *);
