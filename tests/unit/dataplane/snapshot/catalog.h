/*
 * catalog.h - a small valid configuration as messages that tests may bend.
 */
#pragma once

#include "common/arena.h"
#include "common/str.h"
#include "proto/link.pb-c.h"

#define CATALOG_MAX 64

struct catalog {
	struct arena *arena;
	Weir__Link__V1__Resource *resources[CATALOG_MAX];
	size_t count;

	Weir__Link__V1__Scope *tenant, *other_tenant, *team;
	Weir__Link__V1__Key *key;
	Weir__Link__V1__Provider *openai, *local;
	Weir__Link__V1__Credential *credential;
	Weir__Link__V1__Model *model, *own_model;
	Weir__Link__V1__Route *route;
	Weir__Link__V1__Price *price;
	Weir__Link__V1__Secrets secrets;
};

/* Ids are 15 zero bytes and one of these. */
enum {
	ID_TENANT = 1,
	ID_OTHER_TENANT,
	ID_TEAM,
	ID_KEY,
	ID_OPENAI,
	ID_LOCAL,
	ID_CREDENTIAL,
	ID_MODEL,
	ID_OWN_MODEL,
	ID_ROUTE,
	ID_PRICE,
	ID_FREE, /* from here on for tests */
};

#define CATALOG_KEY_TEXT "sk-weir-abcdefghijkl-the-whole-key"
#define CATALOG_PUBLIC_ID "abcdefghijkl"

void catalog_init(struct catalog *, struct arena *);

/* Adds a resource with this id; set its spec. */
Weir__Link__V1__Resource *catalog_add(struct catalog *, uint8_t id);

ProtobufCBinaryData catalog_id(struct catalog *, uint8_t id);

/* One more price of this provider and model. */
Weir__Link__V1__Price *catalog_add_price(struct catalog *, uint8_t id,
    const char *provider, const char *model, const char *meter);

/* Resources [first, first + count) as a packed ResourceSet. */
struct str catalog_pack(struct catalog *, size_t first, size_t count);
struct str catalog_pack_all(struct catalog *);
struct str catalog_pack_secrets(struct catalog *);
