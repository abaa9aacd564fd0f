/*
 * me.c - who the caller is, what he may do, and what there is to be allowed.
 */
#include "common/clock.h"
#include "common/json.h"
#include "controlplane/api/tables.h"
#include "controlplane/http/call.h"
#include "controlplane/http/openapi.h"
#include "controlplane/http/route.h"
#include "controlplane/store/document.h"

#define CHECKS_MAX 100

static const struct field me_fields[] = {
	{ "kind", FIELD_TEXT, FIELD_ON_READ,
	    .help = "admin_token or service_account." },
	{ "id", FIELD_TEXT, FIELD_ON_READ, .help = "Who is calling." },
	{ "token_id", FIELD_TEXT, FIELD_ON_READ, .help = "With which token." },
	{ "name", FIELD_TEXT, FIELD_ON_READ, .help = "Of the token." },
	{ "tenant_id", FIELD_REF, FIELD_ON_READ, .kind = KIND_TENANT,
	    .help = "The tenant the token is confined to." },
	{ "scopes", FIELD_TEXT, FIELD_ON_READ | FIELD_MANY,
	    .help = "As the token has them." },
	{ "permissions", FIELD_TEXT, FIELD_ON_READ | FIELD_MANY,
	    .help = "What the scopes come to." },
	{ "expires_at", FIELD_TIME, FIELD_ON_READ,
	    .help = "When the token stops working." },
};

static const struct shape me_shape = {
	.name = "Me",
	SHAPE_FIELDS(me_fields),
};

static json_t *
texts(const struct str *list, size_t count)
{
	json_t *array = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(array, document_string(list[i]));
	return array;
}

static json_t *
permissions_of(const struct permission_set *set)
{
	json_t *array = json_array();

	for (unsigned i = PERMISSION_FIRST; i < PERMISSION_COUNT; i++) {
		if (permission_set_has(set, (enum permission)i))
			json_array_append_new(array,
			    json_string(permission_text((enum permission)i)));
	}
	return array;
}

static enum status
me_get(struct call *call)
{
	const struct principal *principal = &call->principal;
	json_t *row = document_keep(&call->arena, json_object());
	char text[CLOCK_TEXT_SIZE];

	document_set(row, "kind", str_from(principal->kind));
	document_set(row, "id", principal->id);
	document_set(row, "token_id", principal->token_id);
	document_set(row, "name", principal->name);
	document_set_id(row, "tenant_id", principal->tenant);
	json_object_set_new(
	    row, "scopes", texts(principal->scopes, principal->scope_count));
	json_object_set_new(
	    row, "permissions", permissions_of(&principal->permissions));
	if (principal->expires_us != 0)
		document_set(row, "expires_at",
		    str_from(clock_format(principal->expires_us, text)));
	return reply_ok(call, shape_show(&call->arena, &me_shape, row));
}

static const struct field check_fields[] = {
	{ "permission", FIELD_TEXT, FIELD_ON_CREATE | FIELD_REQUIRED, 1, 64,
	    .help = "Such as key:create." },
	{ "tenant_id", FIELD_TEXT, FIELD_ON_CREATE, 1, 64,
	    .help = "In this tenant; anywhere when left out." },
};

static const struct shape check_shape = {
	.name = "CanICheck",
	SHAPE_FIELDS(check_fields),
};

static const struct field can_i_fields[] = {
	{ "checks", FIELD_OBJECT, FIELD_ON_CREATE | FIELD_MANY | FIELD_REQUIRED,
	    .most = CHECKS_MAX, .shape = &check_shape,
	    .help = "What is asked." },
};

static const struct shape can_i_shape = {
	.name = "CanI",
	SHAPE_FIELDS(can_i_fields),
};

static const struct field answer_fields[] = {
	{ "permission", FIELD_TEXT, FIELD_ON_READ, .help = "As asked." },
	{ "allowed", FIELD_BOOL, FIELD_ON_READ, .help = "May the caller?" },
};

static const struct shape answer_shape = {
	.name = "CanIAnswer",
	SHAPE_FIELDS(answer_fields),
};

static const struct field answers_fields[] = {
	{ "results", FIELD_OBJECT, FIELD_ON_READ | FIELD_MANY,
	    .shape = &answer_shape, .help = "In the order of the checks." },
};

static const struct shape answers_shape = {
	.name = "CanIAnswers",
	SHAPE_FIELDS(answers_fields),
};

static bool
is_allowed(const struct principal *principal, const json_t *check)
{
	struct str wanted = document_member(check, "tenant_id");
	enum permission permission =
	    permission_find(document_member(check, "permission"));
	struct id tenant;

	if (permission == PERMISSION_UNSET ||
	    !permission_set_has(&principal->permissions, permission))
		return false;
	if (id_is_zero(principal->tenant))
		return true;
	return id_parse(wanted, kind_prefix(KIND_TENANT), &tenant) == OK &&
	    id_eq(tenant, principal->tenant);
}

static enum status
can_i(struct call *call)
{
	struct check check = { &call->arena, &call->problem.faults, NULL };
	json_t *answers = document_keep(&call->arena, json_object());
	json_t *results = json_array();
	const json_t *checks;
	enum status s;

	json_object_set_new(answers, "results", results);
	checks = json_object_get(
	    shape_read(&check, &can_i_shape, FIELD_ON_CREATE, call->body),
	    "checks");
	s = call_faults(call);
	if (s != OK)
		return s;
	for (size_t i = 0; i < json_array_size(checks); i++) {
		const json_t *one = json_array_get(checks, i);

		json_array_append_new(results,
		    json_pack("{s:O, s:b}", "permission",
			json_object_get(one, "permission"), "allowed",
			is_allowed(&call->principal, one)));
	}
	return reply_ok(call, answers);
}

static const struct field permission_fields[] = {
	{ "name", FIELD_TEXT, FIELD_ON_READ, .help = "Such as key:read." },
	{ "description", FIELD_TEXT, FIELD_ON_READ,
	    .help = "What it lets one do." },
	{ "risk", FIELD_TEXT, FIELD_ON_READ, .help = "low, medium or high." },
};

static const struct shape permission_shape = {
	.name = "Permission",
	SHAPE_FIELDS(permission_fields),
};

static enum status
permission_list(struct call *call)
{
	json_t *page = document_keep(&call->arena, json_object());
	json_t *data = json_array();

	for (unsigned i = PERMISSION_FIRST; i < PERMISSION_COUNT; i++) {
		enum permission permission = (enum permission)i;

		json_array_append_new(data,
		    json_pack("{s:s, s:s, s:s}", "name",
			permission_text(permission), "description",
			permission_help(permission), "risk",
			permission_risk(permission)));
	}
	json_object_set_new(page, "data", data);
	json_object_set_new(page, "has_more", json_false());
	json_object_set_new(page, "next_page_token", json_null());
	return reply_ok(call, page);
}

static const struct field version_fields[] = {
	{ "name", FIELD_TEXT, FIELD_ON_READ, .help = "weir-control." },
	{ "version", FIELD_TEXT, FIELD_ON_READ, .help = "Of the software." },
};

static const struct shape version_shape = {
	.name = "Version",
	SHAPE_FIELDS(version_fields),
};

static enum status
version_get(struct call *call)
{
	return reply_ok(call,
	    document_keep(&call->arena,
		json_pack("{s:s, s:s}", "name", "weir-control", "version",
		    WEIR_VERSION)));
}

static enum status
openapi_get(struct call *call)
{
	return reply_ok(
	    call, document_keep(&call->arena, openapi_describe(call->router)));
}

static const struct route routes[] = {
	{ "GET", "/admin/v1/me", PERMISSION_SELF, me_get, "Show who is calling",
	    .shape = &me_shape },
	{ "POST", "/admin/v1/me/can-i", PERMISSION_SELF, can_i,
	    "Ask what the caller may do", .shape = &answers_shape,
	    .body = &can_i_shape },
	{ "GET", "/admin/v1/permissions", PERMISSION_SELF, permission_list,
	    "List all permissions", .shape = &permission_shape,
	    .reply = REPLY_LIST },
	{ "GET", "/admin/v1/version", PERMISSION_PUBLIC, version_get,
	    "Show what is running", .shape = &version_shape },
	{ "GET", "/admin/v1/openapi.json", PERMISSION_PUBLIC, openapi_get,
	    "Show this description", .shape = NULL },
	{ "GET", "/openapi.json", PERMISSION_PUBLIC, openapi_get,
	    "Show this description", .shape = NULL },
};

const struct route_table me_routes = ROUTE_TABLE(routes);
