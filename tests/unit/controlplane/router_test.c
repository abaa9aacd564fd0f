/* Methods and paths to routes, and routes that are not complete. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/arena.h"
#include "controlplane/api/tables.h"
#include "controlplane/http/router.h"

static enum status
handle(struct call *call)
{
	return OK;
}

static const struct route things[] = {
	{ "GET", "/v1/things", PERMISSION_KEY_READ, handle, "List",
	    .shape = NULL },
	{ "POST", "/v1/things", PERMISSION_KEY_CREATE, handle, "Create",
	    .shape = NULL },
	{ "GET", "/v1/things/lookup", PERMISSION_KEY_READ, handle, "Look up",
	    .shape = NULL },
	{ "GET", "/v1/things/{id}", PERMISSION_KEY_READ, handle, "Show",
	    .shape = NULL },
	{ "POST", "/v1/things/{id}/turn", PERMISSION_KEY_UPDATE, handle, "Turn",
	    .shape = NULL },
};

static const struct route_table things_table = ROUTE_TABLE(things);
static const struct route_table *const tables[] = { &things_table };
static const struct router router = { tables, ARRAY_LEN(tables) };

static void
assert_match(const char *method, const char *path, const struct route *route,
    const char *id)
{
	struct match match =
	    router_match(&router, str_from(method), str_from(path));

	assert_ptr_equal(match.route, route);
	assert_true(match.is_path_known);
	assert_true(str_eq(match.id, str_from(id)));
}

static void
paths_are_matched(void **state)
{
	assert_match("GET", "/v1/things", &things[0], "");
	assert_match("POST", "/v1/things", &things[1], "");
	assert_match("GET", "/v1/things/lookup", &things[2], "");
	assert_match("GET", "/v1/things/key_1", &things[3], "key_1");
	assert_match("POST", "/v1/things/key_1/turn", &things[4], "key_1");
}

static void
other_methods_are_told_apart(void **state)
{
	struct arena CLEANUP(arena_done) arena;
	struct match match;

	arena_init(&arena, 0);
	match = router_match(&router, STR("DELETE"), STR("/v1/things"));
	assert_null(match.route);
	assert_true(match.is_path_known);
	assert_string_equal(
	    str_cstr(
		&arena, router_methods(&router, &arena, STR("/v1/things"))),
	    "GET, POST");
	match = router_match(&router, STR("get"), STR("/v1/things"));
	assert_null(match.route);
}

static void
unknown_paths_do_not_match(void **state)
{
	static const char *const paths[] = { "", "/", "/v1", "/v1/thing",
		"/v1/things/", "/v1/things//", "/v1/things//turn",
		"/v1/things/a/b", "/v1/things/a/turn/", "v1/things",
		"//v1/things", "/v1/things/a/turn/x", "/V1/things" };

	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		struct match match =
		    router_match(&router, STR("GET"), str_from(paths[i]));

		if (match.is_path_known)
			fail_msg("%s is known", paths[i]);
	}
}

static void
assert_incomplete(const struct route *route)
{
	const struct route_table table = { route, 1 };
	const struct route_table *const list[] = { &table };
	const struct router bad = { list, 1 };
	struct buf CLEANUP(buf_done) fault;

	buf_init(&fault, 1024);
	assert_int_equal(router_verify(&bad, &fault), E_INVALID);
	assert_true(str_find(buf_str(&fault), STR("/v1/x")) >= 0);
}

static void
incomplete_routes_do_not_start(void **state)
{
	const struct route no_permission = { "GET", "/v1/x", PERMISSION_UNSET,
		handle, "X", .shape = NULL };
	const struct route no_handler = { "GET", "/v1/x", PERMISSION_KEY_READ,
		NULL, "X", .shape = NULL };
	const struct route no_summary = { "GET", "/v1/x", PERMISSION_KEY_READ,
		handle, NULL, .shape = NULL };
	struct buf CLEANUP(buf_done) fault;

	assert_incomplete(&no_permission);
	assert_incomplete(&no_handler);
	assert_incomplete(&no_summary);
	buf_init(&fault, 1024);
	assert_int_equal(router_verify(&router, &fault), OK);
}

/* Public are the description and the version, nothing else. */
static void
real_routes_are_guarded(void **state)
{
	struct buf CLEANUP(buf_done) fault;
	size_t public = 0;

	buf_init(&fault, 1024);
	assert_int_equal(router_verify(&api_router, &fault), OK);
	for (size_t t = 0; t < api_router.count; t++) {
		const struct route_table *table = api_router.tables[t];

		for (size_t i = 0; i < table->count; i++)
		public += table->routes[i].permission == PERMISSION_PUBLIC;
	}
	assert_int_equal(public, 3);
}

static void
bodies_follow_from_the_method(void **state)
{
	static const struct field fields[] = {
		{ "a", FIELD_INT, FIELD_SET, 0, 1, .help = "a" },
	};
	static const struct shape shape = { .name = "A", SHAPE_FIELDS(fields) };
	static const struct shape own = { .name = "B", SHAPE_FIELDS(fields) };
	struct route route = { "POST", "/x", PERMISSION_KEY_READ, handle, "X",
		.shape = &shape, .reply = REPLY_CREATED };
	unsigned mode;

	assert_ptr_equal(route_body(&route, &mode), &shape);
	assert_int_equal(mode, FIELD_ON_CREATE);
	assert_non_null(shape_find(route_query(&route), STR("dry_run")));
	route.reply = REPLY_OBJECT;
	assert_null(route_body(&route, &mode));
	route.body = &own;
	assert_ptr_equal(route_body(&route, &mode), &own);
	route.method = "PATCH";
	route.body = NULL;
	assert_ptr_equal(route_body(&route, &mode), &shape);
	assert_int_equal(mode, FIELD_ON_PATCH);
	route.method = "GET";
	assert_null(route_body(&route, &mode));
	assert_null(shape_at(route_query(&route), 0));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_are_matched),
		cmocka_unit_test(other_methods_are_told_apart),
		cmocka_unit_test(unknown_paths_do_not_match),
		cmocka_unit_test(incomplete_routes_do_not_start),
		cmocka_unit_test(real_routes_are_guarded),
		cmocka_unit_test(bodies_follow_from_the_method),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
