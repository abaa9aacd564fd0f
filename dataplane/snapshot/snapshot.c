/*
 * snapshot.c - lookups, and the count of those who hold a snapshot.
 */
#include "dataplane/snapshot/snapshot.h"

#include <stdlib.h>

#include "common/base.h"
#include "dataplane/snapshot/snapshot_private.h"

static void
map_release(void *map)
{
	map_done(map);
}

void
snapshot_map_init(struct snapshot *snapshot, struct map *map)
{
	map_init(map);
	arena_defer(&snapshot->arena, map_release, map);
}

struct snapshot *
snapshot_new(uint64_t rev)
{
	struct snapshot *snapshot = calloc(1, sizeof(*snapshot));

	if (snapshot == NULL)
		abort();
	atomic_init(&snapshot->references, 1);
	snapshot->rev = rev;
	arena_init(&snapshot->arena, 0);
	snapshot_map_init(snapshot, &snapshot->verifiers);
	snapshot_map_init(snapshot, &snapshot->providers);
	snapshot_map_init(snapshot, &snapshot->models);
	snapshot_map_init(snapshot, &snapshot->price_groups);
	return snapshot;
}

struct snapshot *
snapshot_ref(struct snapshot *snapshot)
{
	size_t before = atomic_fetch_add_explicit(
	    &snapshot->references, 1, memory_order_relaxed);

	assert(before > 0);
	return snapshot;
}

void
snapshot_unref(struct snapshot *snapshot)
{
	size_t before = atomic_fetch_sub_explicit(
	    &snapshot->references, 1, memory_order_acq_rel);

	assert(before > 0);
	if (before > 1)
		return;
	arena_done(&snapshot->arena);
	free(snapshot);
}

uint64_t
snapshot_rev(const struct snapshot *snapshot)
{
	return snapshot->rev;
}

int64_t
snapshot_lkg_max_age_s(const struct snapshot *snapshot)
{
	return snapshot->lkg_max_age_s;
}

const struct snapshot_verifier *
snapshot_find_verifier(const struct snapshot *snapshot, struct str public_id)
{
	return map_get(&snapshot->verifiers, public_id);
}

const struct snapshot_provider *
snapshot_find_provider(const struct snapshot *snapshot, struct str slug)
{
	const struct provider_entry *entry =
	    map_get(&snapshot->providers, slug);

	return entry != NULL ? &entry->provider : NULL;
}

const struct snapshot_model *
snapshot_find_model(const struct snapshot *snapshot,
    const struct snapshot_tenant *tenant, struct str alias)
{
	const struct snapshot_model *model = NULL;

	if (tenant != NULL)
		model = map_get(
		    &container_of(tenant, struct tenant_entry, tenant)->models,
		    alias);
	return model != NULL ? model : map_get(&snapshot->models, alias);
}

const struct snapshot_model *const *
snapshot_models(const struct snapshot *snapshot, size_t *out_count)
{
	*out_count = snapshot->model_count;
	return snapshot->model_list;
}

const struct snapshot_route *const *
snapshot_routes(const struct snapshot *snapshot, size_t *out_count)
{
	*out_count = snapshot->route_count;
	return snapshot->route_list;
}

/* --- prices -------------------------------------------------------------------- */

static const struct price_rows *
exact_rows(const struct price_group *group, struct str model)
{
	return group != NULL ? map_get(&group->exact, model) : NULL;
}

static void
add_exact(
    struct price_rows *out, const struct price_group *group, struct str model)
{
	const struct price_rows *rows = exact_rows(group, model);

	for (size_t i = 0; rows != NULL && i < rows->count; i++)
		out->rows[out->count++] = rows->rows[i];
}

/* Counts what fits; with `out`, also adds it. */
static size_t
add_prefixes(
    struct price_rows *out, const struct price_group *group, struct str model)
{
	size_t count = 0;

	if (group == NULL)
		return 0;
	LIST_FOREACH (node, &group->prefixes) {
		const struct price_entry *entry =
		    container_of(node, struct price_entry, node);

		if (!str_has_prefix(model, entry->price.model))
			continue;
		count++;
		if (out != NULL)
			out->rows[out->count++] = &entry->price;
	}
	return count;
}

struct price_rows
snapshot_prices_collect(
    const struct provider_entry *entry, struct str model, struct arena *arena)
{
	struct price_rows out = { 0 };
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_LEN(entry->groups); i++) {
		const struct price_rows *rows =
		    exact_rows(entry->groups[i], model);

		count += rows != NULL ? rows->count : 0;
		count += add_prefixes(NULL, entry->groups[i], model);
	}
	out.rows = arena_alloc_array(arena, count, sizeof(*out.rows));
	for (size_t i = 0; i < ARRAY_LEN(entry->groups); i++)
		add_exact(&out, entry->groups[i], model);
	for (size_t i = 0; i < ARRAY_LEN(entry->groups); i++)
		add_prefixes(&out, entry->groups[i], model);
	return out;
}

/* Ready for every model that a configured target names. */
const struct snapshot_price *const *
snapshot_prices(const struct snapshot *snapshot,
    const struct snapshot_provider *provider, struct str upstream_model,
    struct arena *arena, size_t *out_count)
{
	const struct provider_entry *entry =
	    container_of(provider, struct provider_entry, provider);
	const struct price_rows *ready =
	    map_get(&entry->prices, upstream_model);
	struct price_rows rows = ready != NULL
	    ? *ready
	    : snapshot_prices_collect(entry, upstream_model, arena);

	*out_count = rows.count;
	return rows.rows;
}
