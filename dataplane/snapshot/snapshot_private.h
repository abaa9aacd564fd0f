/*
 * snapshot_private.h - the inside of a snapshot, for those who build it.
 *
 * The structs of snapshot.h lie inside entries, which know what only lookups
 * and the build need.
 */
#pragma once

#include <stdatomic.h>

#include "common/arena.h"
#include "common/list.h"
#include "common/map.h"
#include "dataplane/snapshot/snapshot.h"

struct tenant_entry {
	struct list node;
	struct snapshot_tenant tenant;
	struct map models; /* alias -> snapshot_model */
};

struct price_entry {
	struct list node;
	struct snapshot_price price;
};

/* The prices of one provider slug or kind. */
struct price_group {
	struct str name;
	struct map exact;     /* model -> price_rows */
	struct list prefixes; /* price_entry */
};

struct price_rows {
	const struct snapshot_price **rows;
	size_t count;
};

struct provider_entry {
	struct list node;
	struct snapshot_provider provider;
	const struct price_group *groups[2]; /* of slug, of kind */
	struct map prices;		     /* model -> price_rows, ready */
};

struct snapshot { /* lifetime: until the last reference */
	atomic_size_t references;
	uint64_t rev;
	int64_t lkg_max_age_s; /* 0: as the gateway is set */
	struct arena arena;
	struct map verifiers;	 /* by public id */
	struct map providers;	 /* by slug */
	struct map models;	 /* for all, by alias */
	struct map price_groups; /* by slug or kind */
	const struct snapshot_model **model_list;
	size_t model_count;
	const struct snapshot_route **route_list;
	size_t route_count;
};

struct snapshot *snapshot_new(uint64_t rev);

/* A map of the snapshot's, freed with it. */
void snapshot_map_init(struct snapshot *, struct map *);

/* The rows for one model, collected into the arena. */
struct price_rows snapshot_prices_collect(
    const struct provider_entry *, struct str model, struct arena *);
