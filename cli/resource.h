/*
 * resource.h - what weirctl knows about the admin API's resources.
 */
#pragma once

#include <stddef.h>

#define RESOURCE_COLUMNS_MAX 8

struct resource {
	const char *name;     /* "service-accounts" */
	const char *singular; /* "service-account", accepted too */
	const char *path;     /* behind /admin/v1 */
	const char *prefix;   /* of its ids, "sa_"; NULL: no look-up by slug */
	const char *id;	      /* the member that names one */
	const char *list;     /* the member of a list's envelope */
	const char *columns[RESOURCE_COLUMNS_MAX]; /* of a table */
};

extern const struct resource resources[];
extern const size_t resource_count;

/* NULL when there is none of that name. */
const struct resource *resource_find(const char *name);
