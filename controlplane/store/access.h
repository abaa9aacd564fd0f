/*
 * access.h - admin tokens: finding one by its public id, and the table.
 */
#pragma once

#include "controlplane/store/table.h"

/* Scopes are the granted permissions, tenant the one it is confined to. */
extern const struct table tokens_table;

/* The tenant a service account is confined to; zero: the platform's. */
struct id tokens_owner_tenant(struct tx *, struct id service_account);

struct token_row {
	struct id id;
	struct id owner_id;  /* a service account, or zero */
	struct id tenant_id; /* zero: not confined */
	struct str *scopes;
	size_t scope_count;
	uint32_t pepper_version;
	struct str verifier; /* 32 bytes */
	bool is_usable;	     /* active, not expired, owner active */
	bool is_use_stale;   /* last_used_at is an hour old */
	struct str name;
	int64_t expires_us; /* 0: never */
};

/* E_NOT_FOUND when there is none; lives in the arena. */
enum status tokens_find(
    struct db *, struct arena *, struct str public_id, struct token_row *out);

/* Remembers that it was used, to the hour. */
enum status tokens_touch(struct db *, struct arena *, struct id);
