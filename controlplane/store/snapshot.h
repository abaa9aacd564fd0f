/*
 * snapshot.h - everything gateways get to know, read in portions.
 *
 * What is archived or revoked is left out, with what hangs on it; everything
 * else is read as it stands, also when it makes no sense: the gateways judge.
 * The order is by id, so that one state of the database is one snapshot.
 */
#pragma once

#include "controlplane/store/tx.h"

enum snapshot_part {
	SNAPSHOT_TENANTS,
	SNAPSHOT_TEAMS,
	SNAPSHOT_KEYS,
	SNAPSHOT_PROVIDERS,
	SNAPSHOT_CREDENTIALS,
	SNAPSHOT_MODELS,
	SNAPSHOT_ROUTES,
	SNAPSHOT_PRICES,
	SNAPSHOT_PARTS
};

/* Columns of each part; all begin with the row's id and, but one, its sid. */
enum { SCOPE_ID, SCOPE_SID, SCOPE_TENANT, SCOPE_SLUG, SCOPE_SUSPENDED };
enum {
	KEY_ID,
	KEY_SID,
	KEY_TENANT,
	KEY_TEAM,
	KEY_NAME,
	KEY_PUBLIC_ID,
	KEY_PEPPER,
	KEY_VERIFIER,
	KEY_PREV_PUBLIC_ID,
	KEY_PREV_PEPPER,
	KEY_PREV_VERIFIER,
	KEY_PREV_UNTIL,
	KEY_MODELS,
	KEY_CIDRS,
	KEY_EXPIRES,
	KEY_DISABLED,
	KEY_LABELS
};
enum {
	PROVIDER_ID,
	PROVIDER_SID,
	PROVIDER_SLUG,
	PROVIDER_KIND,
	PROVIDER_URL,
	PROVIDER_REGION,
	PROVIDER_PRIVATE,
	PROVIDER_TIMEOUTS,
	PROVIDER_HEADERS,
	PROVIDER_DISABLED
};
enum {
	CREDENTIAL_ID,
	CREDENTIAL_PROVIDER,
	CREDENTIAL_WEIGHT,
	CREDENTIAL_ENV,
	CREDENTIAL_FILE,
	CREDENTIAL_SEALED,
	CREDENTIAL_SEALED_KEY,
	CREDENTIAL_KEK_ID
};
enum { MODEL_ID, MODEL_SID, MODEL_TENANT, MODEL_ALIAS, MODEL_DEPLOYMENTS };
enum {
	ROUTE_ID,
	ROUTE_SID,
	ROUTE_TENANT,
	ROUTE_SLUG,
	ROUTE_PRIORITY,
	ROUTE_MATCH,
	ROUTE_TARGETS,
	ROUTE_STRATEGY,
	ROUTE_ATTEMPTS,
	ROUTE_RETRY_ON,
	ROUTE_TIMEOUTS
};
enum {
	PRICE_ID,
	PRICE_SID,
	PRICE_LAYER,
	PRICE_TENANT,
	PRICE_PROVIDER,
	PRICE_MODEL,
	PRICE_METER,
	PRICE_TIER,
	PRICE_CTX_ABOVE,
	PRICE_PICO,
	PRICE_FROM,
	PRICE_TO
};

/* The revision the transaction sees. */
int64_t store_snapshot_rev(struct tx *);

/* Begins a part; then its rows, until a portion is empty. */
void store_snapshot_open(struct tx *, enum snapshot_part);
const struct db_rows *store_snapshot_next(struct tx *);
