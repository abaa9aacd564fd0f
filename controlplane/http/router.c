/*
 * router.c - see router.h.
 *
 * The order of the checks: who calls, whether there is such a path, whether
 * he may, whether the parameters and the body make sense.  A stranger learns
 * nothing but that he is one.
 */
#include "controlplane/http/router.h"

#include "common/json.h"
#include "common/log.h"
#include "common/metrics.h"
#include "controlplane/http/access.h"
#include "controlplane/http/idempotency.h"
#include "controlplane/http/query.h"
#include "controlplane/store/document.h"

#define BODY_DEPTH_MAX 32

/* Does the path fit the pattern?  Then *out_id is the text at {id}. */
static bool
path_fits(const char *pattern, struct str path, struct str *out_id)
{
	struct str wanted = str_from(pattern);
	struct str wanted_part;
	struct str part;

	*out_id = STR("");
	if (str_has_suffix(path, STR("/")))
		return false;
	while (str_next(&wanted, '/', &wanted_part)) {
		if (!str_next(&path, '/', &part))
			return false;
		if (str_eq(wanted_part, STR("{id}")) && !str_is_empty(part))
			*out_id = part;
		else if (!str_eq(wanted_part, part))
			return false;
	}
	return str_is_empty(path);
}

struct match
router_match(const struct router *router, struct str method, struct str path)
{
	struct match match = { 0 };
	struct str id;

	for (size_t t = 0; t < router->count; t++) {
		const struct route_table *table = router->tables[t];

		for (size_t i = 0; i < table->count; i++) {
			if (!path_fits(table->routes[i].path, path, &id))
				continue;
			match.is_path_known = true;
			if (!str_eq(method, str_from(table->routes[i].method)))
				continue;
			match.route = &table->routes[i];
			match.id = id;
			return match;
		}
	}
	return match;
}

struct str
router_methods(
    const struct router *router, struct arena *arena, struct str path)
{
	struct str methods = STR("");
	struct str id;

	for (size_t t = 0; t < router->count; t++) {
		const struct route_table *table = router->tables[t];

		for (size_t i = 0; i < table->count; i++) {
			if (!path_fits(table->routes[i].path, path, &id))
				continue;
			methods =
			    str_printf(arena, "%.*s%s%s", STR_ARGS(methods),
				str_is_empty(methods) ? "" : ", ",
				table->routes[i].method);
		}
	}
	return methods;
}

enum status
router_verify(const struct router *router, struct buf *fault)
{
	for (size_t t = 0; t < router->count; t++) {
		const struct route_table *table = router->tables[t];

		for (size_t i = 0; i < table->count; i++) {
			const struct route *route = &table->routes[i];

			if (route->permission != PERMISSION_UNSET &&
			    route->handle != NULL && route->summary != NULL)
				continue;
			buf_printf(fault,
			    "%s %s: no permission, handler or "
			    "summary",
			    route->method, route->path);
			return E_INVALID;
		}
	}
	return OK;
}

static enum status
find_route(const struct router *router, struct call *call)
{
	struct match match = router_match(router, call->method, call->path);

	call->route = match.route;
	call->id_text = match.id;
	if (match.route != NULL && match.route->permission == PERMISSION_PUBLIC)
		return OK;

	enum status s = access_authenticate(call);
	if (s != OK)
		return s;
	if (match.route != NULL)
		return OK;
	if (!match.is_path_known)
		return call_fail(
		    call, E_NOT_FOUND, NULL, "there is no such path");
	call->reply.allow = router_methods(router, &call->arena, call->path);
	return call_fail(call, E_METHOD, NULL, "this path takes %.*s",
	    STR_ARGS(call->reply.allow));
}

static enum status
read_query(struct call *call)
{
	struct check check = { &call->arena, &call->problem.faults, NULL };

	call->query =
	    query_read(&check, route_query(call->route), call->query_text);
	call->is_dry_run =
	    json_is_true(json_object_get(call->query, "dry_run"));
	return call_faults(call);
}

static bool
is_json(struct str content_type)
{
	struct str rest = content_type;
	struct str type = STR("");

	str_next(&rest, ';', &type);
	type = str_trim(type);
	return str_eq_nocase(type, STR("application/json")) ||
	    str_eq_nocase(type, STR("application/merge-patch+json"));
}

static enum status
read_body(struct call *call)
{
	struct json_fault fault;
	json_t *body;
	unsigned mode;

	call->body = document_keep(&call->arena, json_object());
	if (str_is_empty(call->body_text) || str_eq(call->method, STR("GET")))
		return OK;
	if (route_body(call->route, &mode) == NULL) {
		if (str_eq(str_trim(call->body_text), STR("{}")))
			return OK;
		return call_fail(call, E_INVALID, "unexpected_body",
		    "this call takes no body");
	}
	if (!is_json(call->content_type)) {
		call->problem.http = 415;
		return call_fail(call, E_INVALID, "unsupported_media_type",
		    "send Content-Type: application/json");
	}
	if (json_parse(call->body_text, BODY_DEPTH_MAX, &body, &fault) != OK)
		return call_fail(call, E_INVALID, "invalid_json",
		    "line %d, column %d: %s", fault.line, fault.column,
		    fault.text);
	call->body = document_keep(&call->arena, body);
	return OK;
}

static enum status
run(const struct router *router, struct call *call)
{
	enum status s = find_route(router, call);

	if (s == OK)
		s = access_require(call, call->route->permission);
	if (s == OK)
		s = idempotency_replay(call);
	if (s != OK || call->reply.is_replayed)
		return s;
	s = read_query(call);
	if (s == OK)
		s = read_body(call);
	return s == OK ? call->route->handle(call) : s;
}

void
router_run(const struct router *router, struct call *call)
{
	enum status s = run(router, call);

	metric_add(METRIC_CONTROL_ADMIN_REQUESTS, 1);
	if (s != OK)
		reply_problem(call, s);
	if (call->reply.http < 500)
		return;
	metric_add(METRIC_CONTROL_ADMIN_FAILED, 1);
	log_warn("admin_call_failed", log_str("request_id", call->request_id),
	    log_str("method", call->method), log_str("path", call->path),
	    log_int("http", call->reply.http), log_status(s));
}
