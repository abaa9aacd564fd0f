/*
 * fleet.h - gateways and the enrolments that let them in.
 */
#pragma once

#include "common/id.h"
#include "controlplane/store/tx.h"

struct enrolment {
	struct id id;
	struct str name;
	struct str region;
	struct str verifier;
	uint32_t pepper_version;
};

/* E_NOT_FOUND unless there is one by this public id. */
enum status store_enrolment_find(
    struct db *, struct arena *, struct str public_id, struct enrolment *out);

struct enrolment_spec {
	struct id id;
	struct str name;
	struct str public_id;
	struct str display;
	struct str verifier;
	uint32_t pepper_version;
	int64_t max_uses;
	int64_t expires_us;
};
void store_enrolment_insert(struct tx *, const struct enrolment_spec *);

/* Others who enrol with it wait. */
void store_enrolment_lock(struct tx *, struct id enrolment);

/* Uses it up by one; E_FORBIDDEN when it is spent, expired or revoked. */
void store_enrolment_use(struct tx *, struct id enrolment);

struct gateway_spec {
	struct id id;
	struct id enrolment;
	struct str name;
	struct str region;
	struct str box_public;
	struct str secret_sealed;
	struct str kek_id;
};

struct gateway {
	struct id id;
	int64_t sid;
	struct str secret_sealed;
	struct str kek_id;
	struct str box_public;
};

/* The one of the same enrolment and box key, if it came before. */
bool store_gateway_find_enrolled(
    struct tx *, const struct gateway_spec *, struct gateway *out);

/* The slug is the name's, with a number behind it when that is taken. */
void store_gateway_insert(struct tx *, const struct gateway_spec *);

/* E_NOT_FOUND when it never was or has been deleted; so do those below. */
enum status store_gateway_find(
    struct db *, struct arena *, struct id, struct gateway *out);

struct gateway_hello {
	struct id id;
	uint64_t boot_id;
	struct str software;
	struct str region;
	struct str box_public;
};
enum status store_gateway_hello(
    struct db *, struct arena *, const struct gateway_hello *);

struct gateway_config {
	struct id id;
	int64_t applied_rev;
	int64_t rejected_rev; /* 0: none */
	struct str errors;    /* a JSON array */
	bool from_disk;
};
enum status store_gateway_config(
    struct db *, struct arena *, const struct gateway_config *);

struct gateway_health {
	struct id id;
	int64_t applied_rev;
	int64_t inflight;
	int64_t spool_bytes;
	int64_t spool_oldest_ms;
	int64_t rss_bytes;
	bool draining;
};
enum status store_gateway_health(
    struct db *, struct arena *, const struct gateway_health *);

/* How many were heard of within the last 30 s. */
enum status store_gateways_alive(struct db *, struct arena *, int64_t *out);
