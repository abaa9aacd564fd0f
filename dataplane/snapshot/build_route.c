/*
 * build_route.c - models and routes: names that lead to targets.
 */
#include <stdlib.h>
#include <string.h>

#include "common/base.h"
#include "common/wire.h"
#include "dataplane/snapshot/build_private.h"
#include "dataplane/usage/record.h"

/* Where the targets of a model or a route are looked up. */
struct owner {
	enum build_kind kind;
	struct id id;
	const struct snapshot_tenant *tenant; /* NULL: for all */
};

/* --- adding ------------------------------------------------------------------------ */

static struct target_list
target_list_new(struct build *build, enum build_kind kind, struct id id,
    size_t count, const char *field)
{
	struct target_list list = { .count = count };

	if (count == 0)
		build_fault(build, kind, id, field, "is empty");
	if (count > BUILD_TARGETS_MAX) {
		build_fault(build, kind, id, field, "has more than %d",
		    BUILD_TARGETS_MAX);
		list.count = 0;
	}
	list.entries = arena_alloc_array(
	    &build->scratch, list.count, sizeof(*list.entries));
	return list;
}

static void
check_target(struct build *build, enum build_kind kind, struct id id,
    const struct target_entry *target)
{
	if (target->weight > BUILD_WEIGHT_MAX ||
	    target->priority > BUILD_WEIGHT_MAX)
		build_fault(build, kind, id, "targets",
		    "weight and priority are numbers up to %d",
		    BUILD_WEIGHT_MAX);
	if (target->alias.len == 0 && target->upstream_model.len == 0)
		build_fault(
		    build, kind, id, "targets.upstream_model", "is empty");
	if (target->alias.len > 0 && !id_is_zero(target->provider_id))
		build_fault(
		    build, kind, id, "targets", "names a model and a provider");
}

void
build_add_model(
    struct build *build, struct id id, const Weir__Link__V1__Model *spec)
{
	struct model_entry *entry =
	    arena_alloc(&build->snapshot->arena, sizeof(*entry));

	entry->model = (struct snapshot_model){
		.id = id,
		.sid = spec->sid,
		.alias = build_text(build, spec->alias),
		.tenant_id = build_read_id(
		    build, BUILD_MODEL, id, "tenant_id", spec->tenant_id),
	};
	if (spec->alias[0] == '\0')
		build_fault(build, BUILD_MODEL, id, "alias", "is empty");
	entry->targets = target_list_new(
	    build, BUILD_MODEL, id, spec->n_deployments, "deployments");
	for (size_t i = 0; i < entry->targets.count; i++) {
		const Weir__Link__V1__Deployment *from = spec->deployments[i];
		struct target_entry *target = &entry->targets.entries[i];

		*target = (struct target_entry){
			.provider_id = build_read_id(build, BUILD_MODEL, id,
			    "deployments.provider", from->provider_id),
			.upstream_model =
			    build_text(build, from->upstream_model),
			.weight = from->weight,
			.priority = from->priority,
		};
		check_target(build, BUILD_MODEL, id, target);
	}
	if (build_note_id(build, BUILD_MODEL, &entry->model.id, entry))
		list_append(&build->models, &entry->node);
}

static const struct id *
add_ids(struct build *build, struct id owner, const char *field,
    const ProtobufCBinaryData *data, size_t count)
{
	struct id *ids =
	    arena_alloc_array(&build->snapshot->arena, count, sizeof(*ids));

	for (size_t i = 0; i < count; i++) {
		ids[i] =
		    build_read_id(build, BUILD_ROUTE, owner, field, data[i]);
		if (data[i].len == 0)
			build_fault(
			    build, BUILD_ROUTE, owner, field, "is not an id");
	}
	return ids;
}

static void
add_match(struct build *build, struct snapshot_route *route,
    const Weir__Link__V1__Match *match)
{
	struct snapshot_label *labels;

	if (match == NULL)
		return;
	route->models = build_texts(build, match->models, match->n_models);
	route->model_count = match->n_models;
	route->tasks = build_texts(build, match->tasks, match->n_tasks);
	route->task_count = match->n_tasks;
	route->key_ids = add_ids(
	    build, route->id, "match.keys", match->key_ids, match->n_key_ids);
	route->key_count = match->n_key_ids;
	route->team_ids = add_ids(build, route->id, "match.teams",
	    match->team_ids, match->n_team_ids);
	route->team_count = match->n_team_ids;
	labels = arena_alloc_array(
	    &build->snapshot->arena, match->n_labels, sizeof(*labels));
	for (size_t i = 0; i < match->n_labels; i++)
		labels[i] = (struct snapshot_label){
			.name = build_text(build, match->labels[i]->key),
			.value = build_text(build, match->labels[i]->value),
		};
	route->labels = labels;
	route->label_count = match->n_labels;
}

static void
add_strategy(struct build *build, struct snapshot_route *route,
    const Weir__Link__V1__Route *spec)
{
	route->by_weight = strcmp(spec->strategy, "weighted") == 0;
	if (!route->by_weight && strcmp(spec->strategy, "priority") != 0 &&
	    spec->strategy[0] != '\0')
		build_fault(build, BUILD_ROUTE, route->id, "strategy",
		    "\"%.64s\" is not one this gateway knows", spec->strategy);
	if (spec->max_attempts > RECORD_ATTEMPTS_MAX)
		build_fault(build, BUILD_ROUTE, route->id, "max_attempts",
		    "is more than %d", RECORD_ATTEMPTS_MAX);
	route->max_attempts = spec->max_attempts;
	for (size_t i = 0; i < spec->n_retry_on; i++) {
		enum failure_class class =
		    failure_parse(str_from(spec->retry_on[i]));

		if (class == FAILURE_NONE)
			build_fault(build, BUILD_ROUTE, route->id, "retry_on",
			    "\"%.64s\" is no class of failure",
			    spec->retry_on[i]);
		route->retry_classes |= 1u << class;
	}
}

void
build_add_route(
    struct build *build, struct id id, const Weir__Link__V1__Route *spec)
{
	struct route_entry *entry =
	    arena_alloc(&build->snapshot->arena, sizeof(*entry));

	entry->route = (struct snapshot_route){
		.id = id,
		.sid = spec->sid,
		.slug = build_text(build, spec->slug),
		.tenant_id = build_read_id(
		    build, BUILD_ROUTE, id, "tenant_id", spec->tenant_id),
		.priority = spec->priority,
		.timeouts =
		    build_timeouts(build, BUILD_ROUTE, id, spec->timeouts),
	};
	add_match(build, &entry->route, spec->match);
	add_strategy(build, &entry->route, spec);
	entry->targets =
	    target_list_new(build, BUILD_ROUTE, id, spec->n_targets, "targets");
	for (size_t i = 0; i < entry->targets.count; i++) {
		const Weir__Link__V1__Target *from = spec->targets[i];
		struct target_entry *target = &entry->targets.entries[i];

		*target = (struct target_entry){
			.alias = build_text(build, from->model),
			.provider_id = build_read_id(build, BUILD_ROUTE, id,
			    "targets.provider", from->provider_id),
			.upstream_model =
			    build_text(build, from->upstream_model),
			.weight = from->weight,
			.priority = from->priority,
		};
		check_target(build, BUILD_ROUTE, id, target);
	}
	if (build_note_id(build, BUILD_ROUTE, &entry->route.id, entry))
		list_append(&build->routes, &entry->node);
}

/* --- resolving --------------------------------------------------------------------- */

/* False, with a fault, when a tenant is named that is not there. */
static bool
find_tenant(struct build *build, struct id tenant_id, struct owner *owner)
{
	const struct tenant_entry *tenant;

	owner->tenant = NULL;
	if (id_is_zero(tenant_id))
		return true;
	tenant = build_find(build, BUILD_TENANT, tenant_id);
	if (tenant == NULL) {
		build_fault(build, owner->kind, owner->id, "tenant_id",
		    "there is no such tenant");
		return false;
	}
	owner->tenant = &tenant->tenant;
	return true;
}

static void
resolve_target(struct build *build, const struct owner *owner,
    const struct target_entry *entry, struct snapshot_target *out)
{
	const struct provider_entry *provider;

	*out = (struct snapshot_target){
		.upstream_model = entry->upstream_model,
		.weight = entry->weight,
		.priority = entry->priority,
	};
	if (entry->alias.len > 0) {
		out->model = snapshot_find_model(
		    build->snapshot, owner->tenant, entry->alias);
		if (out->model == NULL)
			build_fault(build, owner->kind, owner->id,
			    "targets.model",
			    "there is no model \"%.*s\" it may use",
			    (int)size_min(entry->alias.len, 64),
			    entry->alias.ptr);
		return;
	}
	provider = build_find(build, BUILD_PROVIDER, entry->provider_id);
	if (provider == NULL)
		build_fault(build, owner->kind, owner->id, "targets.provider",
		    "there is no such provider");
	else
		out->provider = &provider->provider;
}

/* In the order of their priorities; equal ones stay as they were given. */
static const struct snapshot_target *
resolve_targets(struct build *build, const struct owner *owner,
    const struct target_list *list)
{
	struct snapshot_target *targets = arena_alloc_array(
	    &build->snapshot->arena, list->count, sizeof(*targets));

	for (size_t i = 0; i < list->count; i++) {
		struct snapshot_target target;
		size_t place = i;

		resolve_target(build, owner, &list->entries[i], &target);
		for (;
		     place > 0 && targets[place - 1].priority > target.priority;
		     place--)
			targets[place] = targets[place - 1];
		targets[place] = target;
	}
	return targets;
}

static int
compare_models(const void *a, const void *b)
{
	const struct snapshot_model *left =
	    *(const struct snapshot_model *const *)a;
	const struct snapshot_model *right =
	    *(const struct snapshot_model *const *)b;
	int order = str_cmp(left->alias, right->alias);

	return order != 0 ? order
			  : memcmp(&left->tenant_id, &right->tenant_id,
				sizeof(left->tenant_id));
}

static void
resolve_model(struct build *build, struct model_entry *entry)
{
	struct snapshot_model *model = &entry->model;
	struct owner owner = { BUILD_MODEL, model->id, NULL };
	struct map *models = &build->snapshot->models;

	if (!find_tenant(build, model->tenant_id, &owner))
		return;
	if (owner.tenant != NULL)
		models =
		    &container_of(owner.tenant, struct tenant_entry, tenant)
			 ->models;
	if (map_put(models, model->alias, model) != NULL)
		build_fault(build, BUILD_MODEL, model->id, "alias",
		    "is also that of another model");
	model->targets = resolve_targets(build, &owner, &entry->targets);
	model->target_count = entry->targets.count;
	build->snapshot->model_list[build->snapshot->model_count++] = model;
}

void
build_resolve_models(struct build *build)
{
	struct snapshot *snapshot = build->snapshot;

	snapshot->model_list = arena_alloc_array(&snapshot->arena,
	    map_count(&build->ids[BUILD_MODEL]), sizeof(*snapshot->model_list));
	LIST_FOREACH (node, &build->models)
		resolve_model(
		    build, container_of(node, struct model_entry, node));
	if (snapshot->model_count > 0)
		qsort(snapshot->model_list, snapshot->model_count,
		    sizeof(*snapshot->model_list), compare_models);
}

static int
compare_routes(const void *a, const void *b)
{
	const struct snapshot_route *left =
	    *(const struct snapshot_route *const *)a;
	const struct snapshot_route *right =
	    *(const struct snapshot_route *const *)b;
	int order;

	if (left->priority != right->priority)
		return left->priority < right->priority ? -1 : 1;
	order = str_cmp(left->slug, right->slug);
	return order != 0 ? order
			  : memcmp(&left->tenant_id, &right->tenant_id,
				sizeof(left->tenant_id));
}

/* A tenant's routes have slugs of their own. */
static bool
is_slug_free(struct build *build, struct snapshot_route *route)
{
	char tenant[ID_TEXT_SIZE];
	struct str key = str_printf(&build->scratch, "%s/%.*s",
	    id_format(route->tenant_id, "ten", tenant), STR_ARGS(route->slug));

	return map_put(&build->route_slugs, key, route) == NULL;
}

static void
resolve_route(struct build *build, struct route_entry *entry)
{
	struct snapshot_route *route = &entry->route;
	struct owner owner = { BUILD_ROUTE, route->id, NULL };

	if (!find_tenant(build, route->tenant_id, &owner))
		return;
	if (!is_slug_free(build, route))
		build_fault(build, BUILD_ROUTE, route->id, "slug",
		    "is also that of another route");
	route->targets = resolve_targets(build, &owner, &entry->targets);
	route->target_count = entry->targets.count;
	build->snapshot->route_list[build->snapshot->route_count++] = route;
}

void
build_resolve_routes(struct build *build)
{
	struct snapshot *snapshot = build->snapshot;

	snapshot->route_list = arena_alloc_array(&snapshot->arena,
	    map_count(&build->ids[BUILD_ROUTE]), sizeof(*snapshot->route_list));
	LIST_FOREACH (node, &build->routes)
		resolve_route(
		    build, container_of(node, struct route_entry, node));
	if (snapshot->route_count == 0)
		return;
	qsort(snapshot->route_list, snapshot->route_count,
	    sizeof(*snapshot->route_list), compare_routes);
}
