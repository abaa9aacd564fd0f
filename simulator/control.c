/* control.c - see control.h. */
#include "simulator/control.h"

#include "common/arena.h"
#include "common/buf.h"
#include "common/emit.h"
#include "simulator/http.h"
#include "simulator/simulator.h"

enum {
	BODY_MAX_BYTES = 256 * 1024 * 1024,
};

/* Fills the body; returns the HTTP status. */
typedef int (*control_fn)(
    struct simulator *, const struct http_request *, struct buf *body);

static int
get_health(
    struct simulator *sim, const struct http_request *req, struct buf *body)
{
	buf_add_cstr(body, "{\"ok\":true}");
	return 200;
}

static int
get_stats(
    struct simulator *sim, const struct http_request *req, struct buf *body)
{
	records_write(sim->records, body);
	return 200;
}

static int
delete_stats(
    struct simulator *sim, const struct http_request *req, struct buf *body)
{
	records_clear(sim->records);
	buf_add_cstr(body, "{}");
	return 200;
}

static int
put_script(
    struct simulator *sim, const struct http_request *req, struct buf *body)
{
	CLEANUP(arena_done) struct arena arena;
	CLEANUP(buf_done) struct buf fault;
	struct emit e;

	arena_init(&arena, 0);
	buf_init(&fault, 1024);
	if (rules_replace(&sim->rules, &arena, req->body, &fault) == OK) {
		buf_add_cstr(body, "{}");
		return 200;
	}
	emit_init(&e, body);
	emit_object_open(&e);
	emit_field_str(&e, "error", buf_str(&fault));
	emit_object_close(&e);
	return 400;
}

static int
delete_script(
    struct simulator *sim, const struct http_request *req, struct buf *body)
{
	rules_clear(&sim->rules);
	buf_add_cstr(body, "{}");
	return 200;
}

static const struct endpoint {
	struct str method;
	struct str path;
	control_fn run;
} endpoints[] = {
	{ STR("GET"), STR("/_sim/health"), get_health },
	{ STR("GET"), STR("/_sim/stats"), get_stats },
	{ STR("DELETE"), STR("/_sim/stats"), delete_stats },
	{ STR("PUT"), STR("/_sim/script"), put_script },
	{ STR("DELETE"), STR("/_sim/script"), delete_script },
};

bool
control_is_path(const struct http_request *req)
{
	return str_has_prefix(req->path, STR("/_sim/"));
}

void
control_answer(
    struct simulator *sim, const struct http_request *req, struct buf *out)
{
	CLEANUP(buf_done) struct buf body;
	int status = 404;

	buf_init(&body, BODY_MAX_BYTES);
	for (size_t i = 0; i < ARRAY_LEN(endpoints); i++) {
		if (str_eq(endpoints[i].method, req->method) &&
		    str_eq(endpoints[i].path, req->path))
			status = endpoints[i].run(sim, req, &body);
	}
	if (status == 404)
		buf_add_cstr(&body, "{\"error\":\"no such endpoint\"}");
	buf_printf(out,
	    "HTTP/1.1 %d %s\r\n"
	    "content-type: application/json\r\n"
	    "content-length: %zu\r\n\r\n",
	    status, status == 200 ? "OK" : "Error", buf_len(&body));
	buf_add_str(out, buf_str(&body));
}
