/*
 * openapi.c - see openapi.h.
 *
 * Each shape is a schema of up to three names: "Key" as it is shown,
 * "KeyCreate" and "KeyPatch" as bodies have it.
 */
#include "controlplane/http/openapi.h"

#include <stdio.h>

#include "controlplane/http/schema.h"

#define NAME_SIZE 64

struct description {
	json_t *paths;
	json_t *schemas;
};

static const char *
suffix_of(unsigned mode)
{
	if (mode == FIELD_ON_CREATE)
		return "Create";
	return mode == FIELD_ON_PATCH ? "Patch" : "";
}

/* A reference to the schema, which is made when it is first named. */
static json_t *
refer(struct description *d, const struct shape *shape, unsigned mode)
{
	char name[NAME_SIZE];

	if (shape == NULL)
		return json_pack("{s:s}", "type", "object");
	snprintf(name, sizeof(name), "%s%s", shape->name, suffix_of(mode));
	if (json_object_get(d->schemas, name) == NULL)
		json_object_set_new(d->schemas, name, schema_of(shape, mode));
	return json_pack(
	    "{s:o}", "$ref", json_sprintf("#/components/schemas/%s", name));
}

static json_t *
content(const char *type, json_t *schema)
{
	return json_pack("{s:{s:o}}", type, "schema", schema);
}

static json_t *
page_schema(struct description *d, const struct shape *shape)
{
	return json_pack(
	    "{s:s, s:{s:{s:s, s:o}, s:{s:s}, s:{s:[s, s]}}, s:[s, s, s]}",
	    "type", "object", "properties", "data", "type", "array", "items",
	    refer(d, shape, FIELD_ON_READ), "has_more", "type", "boolean",
	    "next_page_token", "type", "string", "null", "required", "data",
	    "has_more", "next_page_token");
}

static json_t *
responses_of(struct description *d, const struct route *route)
{
	const char *code = route->reply == REPLY_CREATED ? "201" : "200";
	json_t *schema = route->reply == REPLY_LIST
	    ? page_schema(d, route->shape)
	    : refer(d, route->shape, FIELD_ON_READ);

	return json_pack("{s:{s:s, s:o}, s:{s:s, s:o}}", code, "description",
	    "Done", "content", content("application/json", schema), "default",
	    "description", "A problem (RFC 9457)", "content",
	    content("application/problem+json",
		json_pack("{s:s}", "$ref", "#/components/schemas/Problem")));
}

static void
add_parameter(json_t *list, const struct field *field)
{
	bool is_required = (field->flags & FIELD_REQUIRED) != 0;

	json_array_append_new(list,
	    json_pack("{s:s, s:s, s:b, s:o, s:s}", "name", field->name, "in",
		"query", "required", is_required, "schema",
		schema_of_field(field, FIELD_ON_CREATE), "description",
		field->help));
}

static json_t *
parameters_of(const struct route *route)
{
	const struct shape *shape = route_query(route);
	json_t *list = json_array();
	const struct field *field;

	if (str_find(str_from(route->path), STR("{id}")) >= 0)
		json_array_append_new(list,
		    json_pack("{s:s, s:s, s:b, s:{s:s}}", "name", "id", "in",
			"path", "required", true, "schema", "type", "string"));
	for (size_t i = 0; (field = shape_at(shape, i)) != NULL; i++)
		add_parameter(list, field);
	return list;
}

/* "GET /admin/v1/keys/{id}" -> "get_keys_id" */
static json_t *
operation_id(const struct route *route)
{
	const char *path = route->path;
	char name[NAME_SIZE * 2];
	size_t len;

	if (str_has_prefix(str_from(path), STR("/admin/v1/")))
		path += STR("/admin/v1").len;
	else
		path = "/root_openapi";
	len = (size_t)snprintf(name, sizeof(name), "%s%s", route->method, path);
	for (size_t i = 0; i < len && i < sizeof(name) - 1; i++) {
		char c = name[i];

		if (c >= 'A' && c <= 'Z')
			name[i] = (char)(c - 'A' + 'a');
		else if (c < 'a' || c > 'z')
			name[i] = '_';
	}
	return json_string(name);
}

static json_t *
operation_of(struct description *d, const struct route *route)
{
	unsigned mode;
	const struct shape *body = route_body(route, &mode);
	json_t *operation = json_pack("{s:s, s:o, s:s, s:o, s:o}", "summary",
	    route->summary, "operationId", operation_id(route), "x-permission",
	    permission_text(route->permission), "parameters",
	    parameters_of(route), "responses", responses_of(d, route));

	if (body != NULL)
		json_object_set_new(operation, "requestBody",
		    json_pack("{s:o}", "content",
			content(mode == FIELD_ON_PATCH
				? "application/merge-patch+json"
				: "application/json",
			    refer(d, body, mode))));
	if (route->permission == PERMISSION_PUBLIC)
		json_object_set_new(operation, "security", json_array());
	return operation;
}

static void
add_route(struct description *d, const struct route *route)
{
	json_t *path = json_object_get(d->paths, route->path);
	char method[16];

	if (path == NULL) {
		path = json_object();
		json_object_set_new(d->paths, route->path, path);
	}
	snprintf(method, sizeof(method), "%s", route->method);
	for (char *c = method; *c != '\0'; c++)
		*c = (char)(*c | 0x20);
	json_object_set_new(path, method, operation_of(d, route));
}

static json_t *
problem_schema(void)
{
	return json_loads("{\"type\":\"object\",\"properties\":{"
			  "\"type\":{\"type\":\"string\"},"
			  "\"title\":{\"type\":\"string\"},"
			  "\"status\":{\"type\":\"integer\"},"
			  "\"code\":{\"type\":\"string\"},"
			  "\"detail\":{\"type\":\"string\"},"
			  "\"instance\":{\"type\":\"string\"},"
			  "\"request_id\":{\"type\":\"string\"},"
			  "\"permission\":{\"type\":\"string\"},"
			  "\"errors\":{\"type\":\"array\",\"items\":"
			  "{\"type\":\"object\",\"properties\":{"
			  "\"pointer\":{\"type\":\"string\"},"
			  "\"code\":{\"type\":\"string\"},"
			  "\"detail\":{\"type\":\"string\"}}}}},"
			  "\"required\":[\"type\",\"title\",\"status\","
			  "\"code\",\"request_id\"]}",
	    0, NULL);
}

json_t *
openapi_describe(const struct router *router)
{
	struct description d = { json_object(), json_object() };

	json_object_set_new(d.schemas, "Problem", problem_schema());
	for (size_t t = 0; t < router->count; t++) {
		const struct route_table *table = router->tables[t];

		for (size_t i = 0; i < table->count; i++)
			add_route(&d, &table->routes[i]);
	}
	return json_pack("{s:s, s:{s:s, s:s}, s:[{s:[]}], s:o,"
			 " s:{s:o, s:{s:{s:s, s:s}}}}",
	    "openapi", "3.1.0", "info", "title", "Weir admin API", "version",
	    WEIR_VERSION, "security", "token", "paths", d.paths, "components",
	    "schemas", d.schemas, "securitySchemes", "token", "type", "http",
	    "scheme", "bearer");
}
