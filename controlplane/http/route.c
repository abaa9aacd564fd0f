/*
 * route.c - what a row of the table leaves to be understood.
 */
#include "controlplane/http/route.h"

static const struct field dry_run_fields[] = {
	{ "dry_run", FIELD_BOOL, FIELD_ON_CREATE, .fallback = "false",
	    .help = "Check and do everything, then keep nothing." },
};

static const struct shape dry_run_shape = {
	.name = "DryRun",
	SHAPE_FIELDS(dry_run_fields),
};

static const struct shape nothing = { .name = "Nothing" };

const struct shape *
route_query(const struct route *route)
{
	bool is_change = !str_eq(str_from(route->method), STR("GET")) &&
	    route->permission != PERMISSION_SELF;

	if (route->query != NULL)
		return route->query;
	return is_change ? &dry_run_shape : &nothing;
}

const struct shape *
route_body(const struct route *route, unsigned *out_mode)
{
	struct str method = str_from(route->method);

	*out_mode =
	    str_eq(method, STR("PATCH")) ? FIELD_ON_PATCH : FIELD_ON_CREATE;
	if (route->body != NULL)
		return route->body;
	if (str_eq(method, STR("PATCH")) || route->reply == REPLY_CREATED)
		return route->shape;
	return NULL;
}
