/*
 * router.h - from method and path to the handler, through every check.
 */
#pragma once

#include "common/buf.h"
#include "controlplane/http/route.h"

struct router {
	const struct route_table *const *tables;
	size_t count;
};

struct match {
	const struct route *route; /* NULL: nothing fits */
	struct str id;		   /* the text at {id} */
	bool is_path_known;	   /* with another method */
};

/* Looks a call up; pure. */
struct match router_match(
    const struct router *, struct str method, struct str path);

/* The methods of a known path, for Allow: "GET, POST". */
struct str router_methods(
    const struct router *, struct arena *, struct str path);

/* Is every route complete?  Else fault says which one is not, and why. */
enum status router_verify(const struct router *, struct buf *fault);

/* Runs the call to its answer, whatever happens. */
void router_run(const struct router *, struct call *);
