/*
 * route.c - from the model's name to a plan.
 */
#include "dataplane/route/route.h"

#include "dataplane/admission/admission.h"
#include "dataplane/request.h"
#include "dataplane/route/balance.h"
#include "dataplane/settings.h"
#include "dataplane/worker.h"

static void
plan_add(struct plan *plan, const struct snapshot_provider *provider,
    struct str upstream_model)
{
	if (plan->count == PLAN_TARGETS_MAX || provider->disabled)
		return;
	plan->targets[plan->count++] =
	    (struct plan_target){ .provider = provider,
		    .upstream_model = upstream_model };
}

static void
plan_add_model(struct request *req, const struct snapshot_model *model)
{
	const struct snapshot_target *order[PLAN_TARGETS_MAX];
	size_t count = size_min(model->target_count, PLAN_TARGETS_MAX);

	balance_order(req->worker, model->targets, count, false, order);
	for (size_t i = 0; i < count; i++)
		plan_add(
		    &req->plan, order[i]->provider, order[i]->upstream_model);
}

/* --- straight to a provider: "openai/gpt-5" -------------------------------- */

static bool
plan_direct(struct request *req)
{
	struct str name = req->facts.model;
	ptrdiff_t slash = str_find_char(name, '/');
	const struct snapshot_provider *provider;

	if (slash <= 0 || (size_t)slash + 1 == name.len)
		return false;
	provider = snapshot_find_provider(
	    req->snapshot, str_head(name, (size_t)slash));
	if (provider == NULL)
		return false;
	plan_add(&req->plan, provider, str_skip(name, (size_t)slash + 1));
	req->plan.reason = "direct";
	return true;
}

/* --- routes ------------------------------------------------------------------ */

static bool
has_str(const struct str *list, size_t count, struct str wanted)
{
	for (size_t i = 0; i < count; i++)
		if (str_eq(list[i], wanted))
			return true;
	return count == 0;
}

static bool
has_id(const struct id *list, size_t count, struct id wanted)
{
	for (size_t i = 0; i < count; i++)
		if (id_eq(list[i], wanted))
			return true;
	return count == 0;
}

static bool
has_label(const struct snapshot_label *labels, size_t count,
    const struct snapshot_label *wanted)
{
	for (size_t i = 0; i < count; i++)
		if (str_eq(labels[i].name, wanted->name) &&
		    str_eq(labels[i].value, wanted->value))
			return true;
	return false;
}

/* The request's own tags and the key's labels count alike. */
static bool
has_labels(const struct request *req, const struct snapshot_route *route)
{
	for (size_t i = 0; i < route->label_count; i++)
		if (!has_label(
			req->labels, req->label_count, &route->labels[i]) &&
		    !has_label(req->key->labels, req->key->label_count,
			&route->labels[i]))
			return false;
	return true;
}

static bool
is_match(const struct request *req, const struct snapshot_route *route)
{
	struct str task =
	    str_from(exchange_header(&req->exchange, "x-weir-task"));

	if (!id_is_zero(route->tenant_id) &&
	    !id_eq(route->tenant_id, req->key->tenant->id))
		return false;
	if (!has_str(route->models, route->model_count, req->facts.model))
		return false;
	if (!has_id(route->key_ids, route->key_count, req->key->id))
		return false;
	if (!has_id(route->team_ids, route->team_count, req->key->team_id))
		return false;
	if (!has_str(route->tasks, route->task_count, task))
		return false;
	return has_labels(req, route);
}

/* A route must not lead a key where it may not go by itself. */
static void
plan_add_route_target(struct request *req, const struct snapshot_target *target)
{
	struct str name;

	if (target->model != NULL) {
		if (admission_allows(req->key, target->model->alias))
			plan_add_model(req, target->model);
		return;
	}
	name = str_printf(&req->arena, "%.*s/%.*s",
	    STR_ARGS(target->provider->slug), STR_ARGS(target->upstream_model));
	if (admission_allows(req->key, name))
		plan_add(&req->plan, target->provider, target->upstream_model);
}

static bool
plan_routed(struct request *req)
{
	const struct snapshot_target *order[PLAN_TARGETS_MAX];
	const struct snapshot_route *const *routes;
	const struct snapshot_route *route = NULL;
	size_t route_count;
	size_t count;

	routes = snapshot_routes(req->snapshot, &route_count);
	for (size_t i = 0; i < route_count && route == NULL; i++)
		if (is_match(req, routes[i]))
			route = routes[i];
	if (route == NULL)
		return false;

	count = size_min(route->target_count, PLAN_TARGETS_MAX);
	balance_order(
	    req->worker, route->targets, count, route->by_weight, order);
	for (size_t i = 0; i < count; i++)
		plan_add_route_target(req, order[i]);
	req->plan.route = route;
	req->plan.reason = "route";
	req->plan.retry_classes = route->retry_classes;
	req->plan.timeouts = route->timeouts;
	if (route->max_attempts > 0)
		req->plan.attempts_max = route->max_attempts;
	return true;
}

static bool
plan_alias(struct request *req)
{
	const struct snapshot_model *model = snapshot_find_model(
	    req->snapshot, req->key->tenant, req->facts.model);

	if (model == NULL)
		return false;
	plan_add_model(req, model);
	req->plan.reason = "alias";
	return true;
}

enum status
route_stage(struct request *req)
{
	struct plan *plan = &req->plan;

	plan->targets = arena_alloc_array(
	    &req->arena, PLAN_TARGETS_MAX, sizeof(*plan->targets));
	plan->attempts_max = (size_t)req->worker->settings->attempts_max;
	if (!plan_direct(req) && !plan_routed(req) && !plan_alias(req)) {
		request_fail_code(req, "model_not_found");
		return request_fail(req, E_NOT_FOUND, "model",
		    "there is no model \"%.*s\"; GET /v1/models lists those "
		    "this key may use",
		    STR_ARGS(req->facts.model));
	}
	if (plan->count == 0) {
		request_fail_code(req, "no_target");
		return request_fail(req, E_UNAVAILABLE, "model",
		    "no provider that this key may use serves \"%.*s\" now",
		    STR_ARGS(req->facts.model));
	}
	if (exchange_header(&req->exchange, "x-weir-no-fallback") != NULL)
		plan->attempts_max = 1;
	req->attempts = arena_alloc_array(
	    &req->arena, plan->attempts_max, sizeof(*req->attempts));
	return OK;
}
