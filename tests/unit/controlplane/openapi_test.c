/* The description: every route is in it, and it holds together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "common/json.h"
#include "controlplane/api/tables.h"
#include "controlplane/http/openapi.h"
#include "controlplane/http/schema.h"

static json_t *description;

static const json_t *
operation_of(const struct route *route)
{
	const json_t *paths = json_object_get(description, "paths");
	char method[16] = "";

	for (size_t i = 0; route->method[i] != '\0'; i++)
		method[i] = (char)(route->method[i] | 0x20);
	return json_object_get(json_object_get(paths, route->path), method);
}

static void
assert_described(const struct route *route)
{
	const json_t *operation = operation_of(route);

	assert_non_null(operation);
	assert_string_equal(
	    json_string_value(json_object_get(operation, "x-permission")),
	    permission_text(route->permission));
	assert_string_equal(
	    json_string_value(json_object_get(operation, "summary")),
	    route->summary);
	assert_non_null(json_object_get(operation, "responses"));
}

static void
every_route_is_described(void **state)
{
	for (size_t t = 0; t < api_router.count; t++) {
		const struct route_table *table = api_router.tables[t];

		for (size_t i = 0; i < table->count; i++)
			assert_described(&table->routes[i]);
	}
}

/* Walks everything; each reference must lead somewhere. */
static void
check_references(const json_t *value)
{
	static const char prefix[] = "#/components/schemas/";
	const json_t *schemas = json_object_get(
	    json_object_get(description, "components"), "schemas");
	const char *name;
	json_t *member;
	size_t i;

	json_array_foreach(value, i, member) check_references(member);
	json_object_foreach((json_t *)value, name, member)
	{
		const char *text = json_string_value(member);

		check_references(member);
		if (strcmp(name, "$ref") != 0)
			continue;
		assert_non_null(text);
		assert_int_equal(strncmp(text, prefix, strlen(prefix)), 0);
		assert_non_null(
		    json_object_get(schemas, text + strlen(prefix)));
	}
}

static void
references_lead_somewhere(void **state)
{
	check_references(description);
}

static const struct field fields[] = {
	{ "id", FIELD_ID, FIELD_ON_READ, .help = "Id." },
	{ "n", FIELD_INT, FIELD_SET | FIELD_REQUIRED, 1, 9, .help = "N." },
	{ "t", FIELD_TEXT, FIELD_FIXED, 1, 5, .help = "T." },
	{ "many", FIELD_TEXT, FIELD_SET | FIELD_MANY, 1, 5, 3, .fallback = "[]",
	    .help = "M." },
	{ "later", FIELD_REFUSED, FIELD_INPUT, .help = "L." },
};

static const struct shape shape = { .name = "S", SHAPE_FIELDS(fields) };

static void
assert_schema(unsigned mode, const char *expected)
{
	CLEANUP(json_release) json_t *found = schema_of(&shape, mode);
	CLEANUP(json_release) json_t *wanted = json_loads(expected, 0, NULL);

	assert_non_null(wanted);
	assert_true(json_equal(found, wanted));
}

static void
shapes_become_schemas(void **state)
{
	assert_schema(FIELD_ON_READ,
	    "{\"type\":\"object\",\"properties\":{"
	    "\"id\":{\"type\":\"string\",\"description\":\"Id.\"},"
	    "\"n\":{\"type\":\"integer\",\"description\":\"N.\"},"
	    "\"t\":{\"type\":[\"string\",\"null\"],\"description\":\"T.\"},"
	    "\"many\":{\"type\":\"array\",\"items\":{\"type\":\"string\"},"
	    "\"description\":\"M.\"}}}");
	assert_schema(FIELD_ON_CREATE,
	    "{\"type\":\"object\",\"properties\":{"
	    "\"n\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":9,"
	    "\"description\":\"N.\"},"
	    "\"t\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":5,"
	    "\"description\":\"T.\"},"
	    "\"many\":{\"type\":\"array\",\"items\":{\"type\":\"string\","
	    "\"minLength\":1,\"maxLength\":5},\"maxItems\":3,\"default\":[],"
	    "\"description\":\"M.\"}},\"required\":[\"n\"],"
	    "\"additionalProperties\":false}");
}

static int
setup(void **state)
{
	description = openapi_describe(&api_router);
	return description == NULL;
}

static int
teardown(void **state)
{
	json_decref(description);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_route_is_described),
		cmocka_unit_test(references_lead_somewhere),
		cmocka_unit_test(shapes_become_schemas),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
