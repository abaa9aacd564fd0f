/*
 * link_server.h - a control plane small enough to be told what to do wrong.
 *
 * It checks what the real one checks (proofs, MACs, order of usage) and keeps
 * what it was told, under its lock.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/digest.h"
#include "common/id.h"
#include "common/seal.h"
#include "common/sign.h"
#include "common/str.h"

#define LINK_SERVER_TOKEN "weir_en_for-tests"
#define LINK_SERVER_CHUNKS_MAX 16
#define LINK_SERVER_RECORDS_MAX 65536

struct link;

struct link_server {
	char url[64];
	char bell_url[64];
	struct link *link;
	struct link *bell;
	uint8_t sign_private[SIGN_KEY_SIZE];

	pthread_mutex_t lock; /* guards what follows */
	struct id gateway;
	uint8_t secret[32];
	uint8_t session_key[32];
	uint8_t box_public[SEAL_KEY_SIZE];
	uint64_t session; /* number of the one in force */
	int64_t session_valid_us;
	uint32_t heartbeat_ms;

	/* the configuration on offer */
	uint64_t rev;
	struct str chunks[LINK_SERVER_CHUNKS_MAX];
	uint32_t chunk_count;
	struct str secrets;

	/* what to do wrong */
	_Atomic bool is_unknown;   /* the gateway was deleted */
	_Atomic bool is_gone;	   /* chunks of this revision are */
	_Atomic bool is_broken;	   /* answers are no protobuf */
	_Atomic bool breaks_chunk; /* another payload than signed */
	_Atomic bool breaks_signature;
	_Atomic bool is_unavailable;	  /* no database */
	_Atomic uint64_t refused_request; /* number in the request id */
	_Atomic bool forgets_usage;	  /* the cursor went back to 0 */

	/* what it was told */
	unsigned enrolments, hellos, heads, chunk_gets, beats, batches;
	unsigned bad_macs;
	uint64_t applied_rev, rejected_rev;
	bool from_disk;
	bool is_draining;
	char fault[256]; /* "kind field: message" of the first */
	uint64_t boot_id;
	uint64_t acked_seq;
	uint16_t seen[LINK_SERVER_RECORDS_MAX]; /* per request */
	unsigned records, lost;
	unsigned largest_batch;
};

/* Listens on two ports that were free. */
void link_server_open(struct link_server *);
void link_server_close(struct link_server *);

/* Stops answering, and answers again. */
void link_server_stop(struct link_server *);
void link_server_start(struct link_server *);

/* Offers these chunks (borrowed) and rings. */
void link_server_offer(struct link_server *, uint64_t rev,
    const struct str *chunks, uint32_t count, struct str secrets);

/* Waits until *value is at least `wanted`, at most 10 s. */
bool link_server_wait(
    struct link_server *, const uint64_t *value, uint64_t wanted);
bool link_server_wait_count(
    struct link_server *, const unsigned *value, unsigned wanted);
