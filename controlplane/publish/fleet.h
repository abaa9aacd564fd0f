/*
 * fleet.h - the link service: answers what gateways ask.
 *
 * Every question is checked for who asks before it is looked at.  Answers
 * about configuration come from memory and need no database.  One of the
 * files that speak protobuf.
 */
#pragma once

#include <stdint.h>

#include "common/status.h"
#include "common/str.h"

struct arena;
struct collector;
struct fleet;
struct keyring;
struct link;
struct publisher;

struct fleet_options {
	const char *database_url;
	const struct keyring *keyring;
	struct publisher *publisher;
	struct collector *collector;
	unsigned threads;
	uint32_t batch_max_records;
	uint32_t batch_max_bytes;
	uint32_t heartbeat_ms;
};

struct fleet *fleet_open(const struct fleet_options *);

/* After the link that serves it has been closed. */
void fleet_close(struct fleet *);

/* A link_answer_fn; the context is the fleet. */
struct str fleet_answer(
    void *fleet, unsigned slot, struct arena *, struct str question);

/* Rings: there is a revision.  A lost one costs a gateway one heartbeat. */
void fleet_ring(struct link *bell, uint64_t rev);
