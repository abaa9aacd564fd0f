/*
 * plan.h - the targets of a request, in the order they will be tried.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/str.h"
#include "dataplane/snapshot/snapshot.h"

#define PLAN_TARGETS_MAX 16

struct plan_target {
	const struct snapshot_provider *provider;
	struct str upstream_model;
};

struct plan {
	struct plan_target *targets; /* in the request's arena */
	size_t count;
	size_t next; /* to be tried */
	size_t attempts_max;
	uint32_t retry_classes;		    /* 0: by default */
	const struct snapshot_route *route; /* NULL: none matched */
	const char *reason;		    /* "alias", "route" … */
	struct snapshot_timeouts timeouts;  /* of the route */
};
