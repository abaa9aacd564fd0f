/*
 * build_price.c - price rows, grouped as lookups want them.
 */
#include <string.h>

#include "common/base.h"
#include "common/wire.h"
#include "dataplane/snapshot/build_private.h"

#define LAYER_MAX 4

/* Rows of one model while they are being collected. */
struct row_chain {
	struct price_rows rows; /* what the group's map holds */
	struct list entries;
};

static struct price_group *
find_group(struct build *build, struct str name)
{
	struct snapshot *snapshot = build->snapshot;
	struct price_group *group = map_get(&snapshot->price_groups, name);

	if (group != NULL)
		return group;
	group = arena_alloc(&snapshot->arena, sizeof(*group));
	group->name = str_copy(&snapshot->arena, name);
	snapshot_map_init(snapshot, &group->exact);
	list_init(&group->prefixes);
	map_put(&snapshot->price_groups, group->name, group);
	return group;
}

static void
add_exact(
    struct build *build, struct price_group *group, struct price_entry *entry)
{
	struct row_chain *chain = map_get(&group->exact, entry->price.model);

	if (chain == NULL) {
		chain = arena_alloc(&build->snapshot->arena, sizeof(*chain));
		list_init(&chain->entries);
		map_put(&group->exact, entry->price.model, chain);
	}
	list_append(&chain->entries, &entry->node);
	chain->rows.count++;
}

static bool
check_price(
    struct build *build, struct id id, const Weir__Link__V1__Price *spec)
{
	size_t before = build->fault_count;

	if (spec->provider[0] == '\0')
		build_fault(build, BUILD_PRICE, id, "provider", "is empty");
	if (spec->model[0] == '\0')
		build_fault(build, BUILD_PRICE, id, "model", "is empty");
	if (spec->meter[0] == '\0')
		build_fault(build, BUILD_PRICE, id, "meter", "is empty");
	if (spec->pico_per_unit < 0)
		build_fault(build, BUILD_PRICE, id, "pico_per_unit",
		    "is less than nothing");
	if (spec->layer > LAYER_MAX)
		build_fault(build, BUILD_PRICE, id, "layer", "is more than %d",
		    LAYER_MAX);
	if (spec->to_us != 0 && spec->to_us <= spec->from_us)
		build_fault(build, BUILD_PRICE, id, "to_us",
		    "is not after its beginning");
	return build->fault_count == before;
}

/* Other tiers are for requests that ask for them, which none does yet. */
static bool
is_standard(const Weir__Link__V1__Price *spec)
{
	return spec->tier[0] == '\0' || strcmp(spec->tier, "standard") == 0;
}

void
build_add_price(
    struct build *build, struct id id, const Weir__Link__V1__Price *spec)
{
	struct price_entry *entry;
	struct price_group *group;
	struct str model;

	if (!check_price(build, id, spec) || !is_standard(spec))
		return;
	entry = arena_alloc(&build->snapshot->arena, sizeof(*entry));
	group = find_group(build, str_from(spec->provider));
	model = build_text(build, spec->model);
	entry->price = (struct snapshot_price){
		.sid = spec->sid,
		.layer = spec->layer,
		.tenant_id = build_read_id(
		    build, BUILD_PRICE, id, "tenant_id", spec->tenant_id),
		.provider = group->name,
		.model = model,
		.is_prefix = str_has_suffix(model, STR("*")),
		.meter = build_text(build, spec->meter),
		.ctx_above = i64_from_u64(spec->ctx_above, INT64_MAX),
		.pico_per_unit = spec->pico_per_unit,
		.from_us = i64_from_u64(spec->from_us, INT64_MAX),
		.to_us = i64_from_u64(spec->to_us, INT64_MAX),
	};
	if (entry->price.is_prefix) {
		entry->price.model.len--;
		list_append(&group->prefixes, &entry->node);
	} else {
		add_exact(build, group, entry);
	}
}

/* --- resolving --------------------------------------------------------------------- */

static void
make_arrays(struct build *build, struct price_group *group)
{
	struct row_chain *chain;
	struct str model;
	size_t cursor = 0;

	while ((chain = map_next(&group->exact, &cursor, &model)) != NULL) {
		size_t i = 0;

		chain->rows.rows = arena_alloc_array(&build->snapshot->arena,
		    chain->rows.count, sizeof(*chain->rows.rows));
		LIST_FOREACH (node, &chain->entries)
			chain->rows.rows[i++] =
			    &container_of(node, struct price_entry, node)
				 ->price;
	}
}

static void
make_ready(
    struct build *build, const struct snapshot_target *targets, size_t count)
{
	struct arena *arena = &build->snapshot->arena;

	for (size_t i = 0; i < count; i++) {
		const struct snapshot_provider *provider = targets[i].provider;
		struct provider_entry *entry;
		struct price_rows *rows;

		if (provider == NULL)
			continue;
		entry = container_of(provider, struct provider_entry, provider);
		if (map_get(&entry->prices, targets[i].upstream_model) != NULL)
			continue;
		rows = arena_alloc(arena, sizeof(*rows));
		*rows = snapshot_prices_collect(
		    entry, targets[i].upstream_model, arena);
		map_put(&entry->prices, targets[i].upstream_model, rows);
	}
}

static void
attach_groups(struct build *build, struct provider_entry *entry)
{
	const struct snapshot *snapshot = build->snapshot;
	struct str slug = entry->provider.slug;
	struct str kind = str_from(
	    entry->provider.kind != NULL ? entry->provider.kind->kind : NULL);

	entry->groups[0] = map_get(&snapshot->price_groups, slug);
	if (!str_eq(slug, kind))
		entry->groups[1] = map_get(&snapshot->price_groups, kind);
}

void
build_resolve_prices(struct build *build)
{
	const struct snapshot *snapshot = build->snapshot;
	struct price_group *group;
	struct str name;
	size_t cursor = 0;

	while (
	    (group = map_next(&snapshot->price_groups, &cursor, &name)) != NULL)
		make_arrays(build, group);
	LIST_FOREACH (node, &build->providers)
		attach_groups(
		    build, container_of(node, struct provider_entry, node));
	for (size_t i = 0; i < snapshot->model_count; i++)
		make_ready(build, snapshot->model_list[i]->targets,
		    snapshot->model_list[i]->target_count);
	for (size_t i = 0; i < snapshot->route_count; i++)
		make_ready(build, snapshot->route_list[i]->targets,
		    snapshot->route_list[i]->target_count);
}
