/*
 * routing.c - routes: which requests go where, and what happens on failure.
 */
#include "common/json.h"
#include "controlplane/api/resource.h"
#include "controlplane/api/tables.h"
#include "controlplane/api/timeouts.h"
#include "controlplane/store/document.h"
#include "controlplane/store/models.h"
#include "controlplane/store/routes.h"

#define LIST_MAX 256
#define TARGETS_MAX 32
#define SHARE_MAX 1000000

static const char later[] = "Not supported by this version.";

static const struct field match_fields[] = {
	{ "models", FIELD_TEXT, FIELD_SET | FIELD_MANY, 1, 200, LIST_MAX,
	    .help = "Names asked for; prefix* fits all that begin so." },
	{ "tasks", FIELD_TEXT, FIELD_SET | FIELD_MANY, 1, 64, LIST_MAX,
	    .help = "Tasks the caller says it is about." },
	{ "labels", FIELD_MAP, FIELD_SET, 0, 255, 16, .check = label_fault,
	    .help = "Labels the key or the request must have." },
	{ "keys", FIELD_REF, FIELD_SET | FIELD_MANY, .most = LIST_MAX,
	    .kind = KIND_KEY, .help = "Only requests with these keys." },
	{ "teams", FIELD_REF, FIELD_SET | FIELD_MANY, .most = LIST_MAX,
	    .kind = KIND_TEAM, .help = "Only requests of these teams." },
	{ "tools", FIELD_REFUSED, FIELD_INPUT, .help = later },
	{ "vision", FIELD_REFUSED, FIELD_INPUT, .help = later },
	{ "json_schema", FIELD_REFUSED, FIELD_INPUT, .help = later },
	{ "input_tokens_min", FIELD_REFUSED, FIELD_INPUT, .help = later },
	{ "input_tokens_max", FIELD_REFUSED, FIELD_INPUT, .help = later },
	{ "budget_used_pct_min", FIELD_REFUSED, FIELD_INPUT, .help = later },
	{ "when", FIELD_REFUSED, FIELD_INPUT, .help = later },
};

static const struct shape match_shape = {
	.name = "RouteMatch",
	SHAPE_FIELDS(match_fields),
};

static const struct field target_fields[] = {
	{ "model", FIELD_TEXT, FIELD_SET, 1, 200,
	    .help = "The alias of a model, or:" },
	{ "provider", FIELD_REF, FIELD_SET, .kind = KIND_PROVIDER,
	    .help = "a provider, with" },
	{ "upstream_model", FIELD_TEXT, FIELD_SET, 1, 200,
	    .help = "what it calls the model." },
	{ "weight", FIELD_INT, FIELD_SET, 0, SHARE_MAX, .fallback = "1",
	    .help = "Its share, when the strategy is weighted." },
	{ "priority", FIELD_INT, FIELD_SET, 0, SHARE_MAX, .fallback = "0",
	    .help = "Lower goes first." },
};

static const struct shape target_shape = {
	.name = "RouteTarget",
	SHAPE_FIELDS(target_fields),
};

static const char *const strategies[] = { "priority", "weighted", NULL };
static const char *const failures[] = { "connect", "timeout", "rate", "quota",
	"overloaded", "server", "context", "content", NULL };
static const char *const statuses[] = { "active", "archived", NULL };

static const struct field fields[] = {
	{ "tenant_id", FIELD_REF, FIELD_FIXED, .kind = KIND_TENANT,
	    .help = "Whose it is; none: for all tenants." },
	{ "priority", FIELD_INT, FIELD_SET, -SHARE_MAX, SHARE_MAX,
	    .fallback = "100", .help = "Lower is looked at first." },
	{ "match", FIELD_OBJECT, FIELD_SET, .shape = &match_shape,
	    .fallback = "{}", .help = "Which requests; empty: all." },
	{ "targets", FIELD_OBJECT, FIELD_SET | FIELD_MANY | FIELD_REQUIRED,
	    .most = TARGETS_MAX, .shape = &target_shape,
	    .help = "Where to; a PATCH replaces all of them." },
	{ "strategy", FIELD_TEXT, FIELD_SET, 1, 32, .words = strategies,
	    .fallback = "\"priority\"",
	    .help = "How one of the targets is picked." },
	{ "max_attempts", FIELD_INT, FIELD_SET, 1, 10, .fallback = "3",
	    .help = "Most targets that are tried." },
	{ "retry_on", FIELD_TEXT, FIELD_SET | FIELD_MANY, 1, 32, 8,
	    .words = failures,
	    .fallback = "[\"connect\",\"timeout\",\"rate\",\"overloaded\","
			"\"server\"]",
	    .help = "Failures after which the next one is tried." },
	{ "timeouts", FIELD_OBJECT, FIELD_SET, .shape = &timeouts_shape,
	    .fallback = "{}", .help = "The provider's where left out." },
	{ "constraints", FIELD_REFUSED, FIELD_INPUT, .help = later },
	{ "fallback", FIELD_REFUSED, FIELD_INPUT, .help = later },
	{ "mode", FIELD_REFUSED, FIELD_INPUT, .help = later },
	{ "status", FIELD_TEXT, FIELD_ON_READ, .words = statuses,
	    .help = "An archived one is not looked at." },
	{ "archived_at", FIELD_TIME, FIELD_ON_READ,
	    .help = "When it was archived." },
};

static void
check_target(
    struct change *change, const json_t *target, size_t place, struct id tenant)
{
	struct faults *faults = &change->call->problem.faults;
	struct str model = document_member(target, "model");
	bool has_provider = json_object_get(target, "provider") != NULL;
	bool has_upstream = json_object_get(target, "upstream_model") != NULL;
	struct str pointer =
	    str_printf(&change->call->arena, "/targets/%zu", place);

	if (str_is_empty(model) ? !has_provider || !has_upstream
				: has_provider || has_upstream)
		fault_add(faults, pointer, "required",
		    "either model, or provider and upstream_model");
	else if (!str_is_empty(model) &&
	    !models_has_alias(&change->tx, model, tenant))
		fault_add(faults,
		    str_printf(
			&change->call->arena, "%.*s/model", STR_ARGS(pointer)),
		    "not_found", "no model has this alias");
}

static void
check_route(struct change *change, json_t *row)
{
	const json_t *targets = json_object_get(row, "targets");
	struct id tenant;

	if (id_from_uuid(document_member(row, "tenant_id"), &tenant) != OK)
		tenant = (struct id){ { 0 } };
	for (size_t i = 0; i < json_array_size(targets); i++)
		check_target(change, json_array_get(targets, i), i, tenant);
}

static const struct resource routing = {
	.shape = { .name = "Route",
	    .kind = KIND_ROUTE,
	    SHAPE_FIELDS(fields),
	    .base = &resource_base },
	.table = &routes_table,
	.tenant_member = "tenant_id",
	.is_published = true,
	.check = check_route,
};

static const struct field list_fields[] = {
	{ "tenant_id", FIELD_REF, FIELD_ON_CREATE, .kind = KIND_TENANT,
	    .help = "Only those of this tenant." },
};

static const struct shape list_query = {
	.name = "RouteList",
	SHAPE_FIELDS(list_fields),
	.base = &resource_list_base,
};

static const struct route routes[] = {
	{ "GET", "/admin/v1/routes", PERMISSION_ROUTE_READ, resource_list,
	    "List routes", .shape = &routing.shape, .reply = REPLY_LIST,
	    .query = &list_query },
	{ "POST", "/admin/v1/routes", PERMISSION_ROUTE_WRITE, resource_create,
	    "Create a route", .shape = &routing.shape, .reply = REPLY_CREATED },
	{ "GET", "/admin/v1/routes/{id}", PERMISSION_ROUTE_READ, resource_get,
	    "Show a route", .shape = &routing.shape },
	{ "PATCH", "/admin/v1/routes/{id}", PERMISSION_ROUTE_WRITE,
	    resource_patch, "Change a route", .shape = &routing.shape },
	{ "DELETE", "/admin/v1/routes/{id}", PERMISSION_ROUTE_WRITE,
	    resource_archive, "Archive a route", .shape = &routing.shape,
	    .query = &reason_query, .body = &reason_shape },
};

const struct route_table routing_routes = ROUTE_TABLE(routes);
