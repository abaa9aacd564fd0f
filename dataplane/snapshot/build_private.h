/*
 * build_private.h - what the files of the build share, and nobody else.
 *
 * Two passes: build_add_*() copies a resource as it comes and notes what is
 * wrong with it alone; build_resolve_*() turns ids into pointers once all are
 * there.  Resources may come in any order.
 */
#pragma once

#include "common/arena.h"
#include "common/list.h"
#include "common/map.h"
#include "dataplane/snapshot/build.h"
#include "dataplane/snapshot/snapshot_private.h"
#include "proto/link.pb-c.h"

#define BUILD_FAULTS_MAX 100
#define BUILD_TARGETS_MAX 64
#define BUILD_WEIGHT_MAX 1000000
#define BUILD_TIMEOUT_MAX_MS 86400000
#define BUILD_SECRET_MAX_BYTES 65536

enum build_kind {
	BUILD_TENANT,
	BUILD_TEAM,
	BUILD_KEY,
	BUILD_PROVIDER,
	BUILD_CREDENTIAL,
	BUILD_MODEL,
	BUILD_ROUTE,
	BUILD_PRICE,
	BUILD_KINDS,
};

struct team_entry {
	struct id id;
	struct id tenant_id;
	uint32_t sid;
};

struct verifier_entry {
	struct snapshot_verifier verifier;
	uint32_t pepper;
};

struct key_entry {
	struct list node;
	struct snapshot_key key;
	struct id tenant_id;
	struct verifier_entry *verifiers;
	size_t verifier_count;
};

struct credential_entry {
	struct list node;
	struct snapshot_credential credential;
	struct id provider_id;
	const char *env;
	const char *file;
};

struct pepper_entry {
	struct list node;
	uint32_t version;
	struct hmac_key *key;
};

/* A target before its names are looked up. */
struct target_entry {
	struct str alias; /* of a model, or empty */
	struct id provider_id;
	struct str upstream_model;
	uint32_t weight;
	uint32_t priority;
};

struct target_list {
	struct target_entry *entries;
	size_t count;
};

struct model_entry {
	struct list node;
	struct snapshot_model model;
	struct target_list targets;
};

struct route_entry {
	struct list node;
	struct snapshot_route route;
	struct target_list targets;
};

struct build {
	struct snapshot *snapshot; /* NULL once handed out */
	struct arena scratch;	   /* until the end of the build */
	size_t max_bytes;
	size_t used_bytes;

	struct map ids[BUILD_KINDS]; /* id -> its entry */
	struct list keys;
	struct list providers;
	struct list credentials;
	struct list models;
	struct list routes;
	struct list peppers;
	struct map secrets;	/* credential id -> str */
	struct map route_slugs; /* "ten_…/slug" */

	struct build_fault *faults;
	size_t fault_count;
};

/* Notes what is wrong with a resource; the whole will be refused. */
void build_fault(struct build *, enum build_kind, struct id, const char *field,
    const char *fmt, ...) PRINTF_LIKE(5, 6);

/*
 * The entry becomes known under its id.  *id is the snapshot's copy and must
 * stay where it is.  False, with a fault, when there is one already.
 */
bool build_note_id(
    struct build *, enum build_kind, const struct id *, void *entry);

void *build_find(const struct build *, enum build_kind, struct id);

/*
 * Absent or 16 bytes that are not all zero; anything else is a fault and
 * reads as absent (zero).
 */
struct id build_read_id(struct build *, enum build_kind, struct id owner,
    const char *field, ProtobufCBinaryData);

/* A copy in the snapshot. */
struct str build_text(struct build *, const char *);
const struct str *build_texts(struct build *, char **, size_t count);

struct snapshot_timeouts build_timeouts(struct build *, enum build_kind,
    struct id owner, const Weir__Link__V1__Timeouts *);

/* Why a base URL cannot be used, or NULL. */
const char *build_url_fault(struct str url, bool allow_private_network);

/* Why a header cannot be sent, or NULL. */
const char *build_header_fault(struct str name, struct str value);

void build_add_tenant(struct build *, struct id, const Weir__Link__V1__Scope *);
void build_add_team(struct build *, struct id, const Weir__Link__V1__Scope *);
void build_add_key(struct build *, struct id, const Weir__Link__V1__Key *);
void build_add_provider(
    struct build *, struct id, const Weir__Link__V1__Provider *);
void build_add_credential(
    struct build *, struct id, const Weir__Link__V1__Credential *);
void build_add_model(struct build *, struct id, const Weir__Link__V1__Model *);
void build_add_route(struct build *, struct id, const Weir__Link__V1__Route *);
void build_add_price(struct build *, struct id, const Weir__Link__V1__Price *);

/* In this order. */
void build_resolve_keys(struct build *);
void build_resolve_providers(struct build *);
void build_resolve_models(struct build *);
void build_resolve_routes(struct build *);
void build_resolve_prices(struct build *);
