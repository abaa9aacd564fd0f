/*
 * service.h - the link service over a database of its own, and how a gateway
 * gets into it.
 */
#pragma once

#include "controlplane/publish/publisher.h"
#include "tests/unit/controlplane/gateway.h"
#include "tests/unit/controlplane/world.h"

/* The codes of weir.link.v1.ErrorCode. */
enum {
	UNAUTHENTICATED = 1,
	INVALID = 2,
	GONE = 3,
	UNAVAILABLE = 4,
	UNKNOWN = 6,
};

#define SERVICE_THREADS 3

extern struct world world;
extern struct publisher *publisher;
extern struct fleet *fleet;

/* For cmocka_run_group_tests(). */
int service_open(void **state);
int service_close(void **state);

/* An address for a link of the test's own. */
const char *service_link_url(const char *name);

/* A new enrolment token, good for max_uses gateways. */
const char *service_make_token(int64_t max_uses, int64_t expires_us);
int64_t service_tomorrow(void);

/* A new gateway: enrolled, and in a session. */
void service_let_in(struct gateway_client *);

/* Until the publisher offers this revision. */
void service_wait_for_rev(uint64_t rev);

const Weir__Link__V1__Answer *gateway_ask_config(struct gateway_client *);
const Weir__Link__V1__Answer *gateway_ask_chunk(
    struct gateway_client *, uint64_t rev, uint32_t index);
const Weir__Link__V1__Answer *gateway_ask_heartbeat(
    struct gateway_client *, uint64_t spool_bytes);

/* The code when the answer is an error, else 0. */
int gateway_error(const Weir__Link__V1__Answer *);
