/*
 * gateway.h - the least a gateway says, for tests of those who answer it.
 */
#pragma once

#include "common/arena.h"
#include "common/seal.h"
#include "controlplane/publish/fleet.h"
#include "proto/link.pb-c.h"

struct gateway_client {
	struct fleet *fleet;
	struct link *link; /* instead of fleet, when set */
	struct arena *arena;
	uint8_t box_private[SEAL_KEY_SIZE];
	uint8_t box_public[SEAL_KEY_SIZE];
	struct str id;
	struct str secret;
	struct str sign_public;
	uint64_t boot_id;
	struct str session; /* empty: none */
	struct str session_key;
	uint64_t counter;
};

void gateway_init(struct gateway_client *, struct arena *, struct fleet *);

/* NULL when there was no answer, or none that makes sense. */
const Weir__Link__V1__Answer *gateway_ask(
    struct gateway_client *, const Weir__Link__V1__Question *);

/* The code of an error, or 0 when it went well. */
int gateway_enrol(struct gateway_client *, const char *token);
int gateway_hello(struct gateway_client *);

/* count records from first_seq on, each of one token and one nano-USD. */
int gateway_send_usage(struct gateway_client *, uint64_t first_seq,
    size_t count, uint64_t *out_acked);

/* One such record, for changing. */
Weir__Usage__V1__Record *gateway_make_record(struct gateway_client *);
int gateway_send_records(struct gateway_client *, uint64_t first_seq,
    Weir__Usage__V1__Record **, size_t count, uint64_t *out_acked);
