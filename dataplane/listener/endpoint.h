/*
 * endpoint.h - the paths of the gateway: who speaks there and what is done.
 */
#pragma once

#include <stdbool.h>

#include "common/status.h"

struct dialect;
struct request;

struct stage {
	const char *name;
	enum status (*run)(struct request *);
};

struct endpoint {
	const char *method;
	const char *path;
	const struct dialect *dialect; /* of bodies and errors */
	const struct stage *stages;    /* ends with a NULL name */
	bool metered;		       /* writes a usage record */
};

/*
 * NULL when there is none.  *out_status is then E_NOT_FOUND, or E_METHOD when
 * the path exists.
 */
const struct endpoint *endpoint_find(
    const char *method, const char *path, enum status *out_status);

/* The dialect errors at this path are written in, known path or not. */
const struct dialect *endpoint_dialect(const char *path);
