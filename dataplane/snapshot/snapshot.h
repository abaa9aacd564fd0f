/*
 * snapshot.h - the configuration as the gateway reads it: tables that never
 * change.
 *
 * A snapshot is built whole from the control plane's resources (build.c),
 * checked whole, and shared by every worker and request that pinned it; the
 * last one to let go frees it.  Everything in it lives in its arena.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/digest.h"
#include "common/id.h"
#include "common/str.h"
#include "dataplane/translate/dialect.h"
#include "dataplane/upstream/failure.h"

struct snapshot;
struct snapshot_key;

struct snapshot_tenant {
	struct id id;
	uint32_t sid;
	struct str slug;
	bool suspended;
};

/* One valid secret of a key: the present one, or a rotated one in grace. */
struct snapshot_verifier {
	struct str public_id;
	const struct hmac_key *pepper;
	uint8_t hmac[SHA256_SIZE];
	int64_t not_after_us; /* 0: with the key */
	const struct snapshot_key *key;
};

struct snapshot_label {
	struct str name;
	struct str value;
};

struct snapshot_network {
	uint8_t address[16]; /* IPv4 as ::ffff:a.b.c.d */
	uint8_t prefix_bits; /* of the 128 */
};

struct snapshot_key {
	struct id id;
	uint32_t sid;
	const struct snapshot_tenant *tenant;
	struct id team_id;
	uint32_t team_sid;
	struct str name;
	const struct str *allowed_models; /* empty: all */
	size_t allowed_model_count;
	const struct snapshot_network *networks; /* empty: anywhere */
	size_t network_count;
	const struct snapshot_label *labels;
	size_t label_count;
	int64_t expires_us; /* 0: never */
	bool disabled;
};

struct snapshot_timeouts { /* milliseconds; 0: the gateway's default */
	uint32_t connect_ms;
	uint32_t header_ms;
	uint32_t first_content_ms;
	uint32_t idle_ms;
	uint32_t total_ms;
};

/* A provider secret, as the header line that carries it. */
struct snapshot_credential {
	struct id id;
	uint32_t weight;
	const char *header;	     /* "Authorization: Bearer sk-…" */
	uint8_t digest[SHA256_SIZE]; /* of the line: names it safely */
};

struct snapshot_provider {
	struct id id;
	uint32_t sid;
	struct str slug;
	const struct provider_kind *kind;
	const char *base_url; /* no final slash */
	bool allow_private_network;
	bool disabled;
	struct snapshot_timeouts timeouts;
	const char *const *headers; /* "name: value" */
	size_t header_count;
	const struct snapshot_credential *credentials;
	size_t credential_count;
};

struct snapshot_target { /* of a model, or of a route */
	const struct snapshot_provider *provider; /* or: */
	const struct snapshot_model *model;
	struct str upstream_model;
	uint32_t weight;
	uint32_t priority; /* lower goes first */
};

struct snapshot_model {
	struct id id;
	uint32_t sid;
	struct str alias;
	struct id tenant_id;		       /* zero: for all */
	const struct snapshot_target *targets; /* by priority; providers only */
	size_t target_count;
};

struct snapshot_route {
	struct id id;
	uint32_t sid;
	struct str slug;
	struct id tenant_id;	  /* zero: for all */
	int32_t priority;	  /* lower is tried first */
	const struct str *models; /* match: empty is any */
	size_t model_count;
	const struct id *key_ids;
	size_t key_count;
	const struct id *team_ids;
	size_t team_count;
	const struct snapshot_label *labels; /* all must be there */
	size_t label_count;
	const struct str *tasks;
	size_t task_count;
	const struct snapshot_target *targets; /* by priority */
	size_t target_count;
	bool by_weight; /* strategy "weighted" */
	uint32_t max_attempts;
	uint32_t retry_classes; /* 1 << failure_class; 0: default */
	struct snapshot_timeouts timeouts;
};

struct snapshot_price {
	uint32_t sid;
	uint32_t layer;
	struct id tenant_id; /* zero: for all */
	struct str provider;
	struct str model; /* exact, or a prefix when is_prefix */
	bool is_prefix;
	struct str meter;
	int64_t ctx_above;
	int64_t pico_per_unit;
	int64_t from_us;
	int64_t to_us; /* 0: open */
};

struct snapshot *snapshot_ref(struct snapshot *);
void snapshot_unref(struct snapshot *);

uint64_t snapshot_rev(const struct snapshot *);

/* How old it may be to start from it without a control plane; 0: any age. */
int64_t snapshot_lkg_max_age_s(const struct snapshot *);

/* NULL when there is none. */
const struct snapshot_verifier *snapshot_find_verifier(
    const struct snapshot *, struct str public_id);
const struct snapshot_provider *snapshot_find_provider(
    const struct snapshot *, struct str slug);

/* The tenant's own alias before the one for all. */
const struct snapshot_model *snapshot_find_model(
    const struct snapshot *, const struct snapshot_tenant *, struct str alias);

/* All models, sorted by alias; *out_count of them. */
const struct snapshot_model *const *snapshot_models(
    const struct snapshot *, size_t *out_count);

/* All routes, sorted by priority, then slug. */
const struct snapshot_route *const *snapshot_routes(
    const struct snapshot *, size_t *out_count);

/*
 * The price rows of a provider (by slug, then by kind) for one model name:
 * exact rows and prefix rows, any layer, tenant, meter and time.
 */
const struct snapshot_price *const *snapshot_prices(const struct snapshot *,
    const struct snapshot_provider *, struct str upstream_model, struct arena *,
    size_t *out_count);

/*
 * The cell holds the snapshot in force.  Readers keep their own reference and
 * look at the version, an atomic, to learn of a new one without a lock.
 */
struct snapshot_cell;
struct snapshot_cell *snapshot_cell_new(void);
void snapshot_cell_free(struct snapshot_cell *);
void snapshot_cell_set(struct snapshot_cell *, struct snapshot *);
uint64_t snapshot_cell_version(const struct snapshot_cell *);

/* A new reference, or NULL before the first one is set. */
struct snapshot *snapshot_cell_get(struct snapshot_cell *);
