/*
 * route.h - one row of the table that dispatches, enforces and describes.
 */
#pragma once

#include "controlplane/http/field.h"
#include "controlplane/http/permission.h"

struct call;

enum route_reply {
	REPLY_OBJECT,  /* 200 with one of the shape */
	REPLY_CREATED, /* 201 with one of the shape */
	REPLY_LIST,    /* 200 with a page of them */
};

struct route {
	const char *method;
	const char *path; /* "/admin/v1/keys/{id}" */
	enum permission permission;
	enum status (*handle)(struct call *);
	const char *summary;
	const struct shape *shape; /* of the reply; NULL: any object */
	enum route_reply reply;
	const struct shape *query; /* parameters; NULL: none */
	const struct shape *body;  /* NULL: see route_body() */
};

struct route_table {
	const struct route *routes;
	size_t count;
};

#define ROUTE_TABLE(table)                                   \
	{                                                    \
		.routes = (table), .count = ARRAY_LEN(table) \
	}

/*
 * What the body must look like, and in which mode its shape is read; NULL
 * when there is none.  POST and PATCH without a body of their own take the
 * fields of the shape that creation or change may set.
 */
const struct shape *route_body(const struct route *, unsigned *out_mode);

/* What parameters it takes: without its own, a change takes dry_run. */
const struct shape *route_query(const struct route *);
