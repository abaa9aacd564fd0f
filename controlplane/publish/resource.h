/*
 * resource.h - one row of the snapshot as the bytes of a Resource.
 */
#pragma once

#include "common/arena.h"
#include "common/map.h"
#include "controlplane/store/snapshot.h"

struct resources {	      /* fields are private */
	struct arena *arena;  /* of what is returned; borrowed */
	struct arena kept;    /* as long as this */
	struct map providers; /* slug -> struct id */
};

void resources_init(struct resources *, struct arena *);
void resources_done(struct resources *);

/*
 * Lives in the arena.  Providers go before routes, which may name them by
 * slug.
 */
struct str resource_pack(
    struct resources *, enum snapshot_part, const struct db_rows *, size_t row);
struct str resource_pack_settings(struct resources *, uint64_t lkg_max_age_s);
