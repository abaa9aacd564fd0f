/*
 * permission.h - what a caller may do, as names and as sets.
 *
 * A scope is the name of a permission ("key:read"), all of a resource
 * ("key:*"), one verb everywhere ("*:read"), or everything ("*").
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/str.h"

enum permission {
	PERMISSION_UNSET,  /* a route with it does not start */
	PERMISSION_PUBLIC, /* no credentials needed */
	PERMISSION_SELF,   /* any valid credentials */
#define PERMISSION(name, text, risk, help) PERMISSION_##name,
#include "controlplane/http/permission.def"
#undef PERMISSION
	PERMISSION_COUNT
};

#define PERMISSION_FIRST (PERMISSION_SELF + 1)

struct permission_set {
	uint64_t words[2];
};

const char *permission_text(enum permission); /* "key:read" */
const char *permission_risk(enum permission); /* "low", "medium", "high" */
const char *permission_help(enum permission);

/* PERMISSION_UNSET when there is none of that name. */
enum permission permission_find(struct str text);

/* Adds what the scope grants; false when it means nothing. */
bool permission_set_add(struct permission_set *, struct str scope);
bool permission_set_has(const struct permission_set *, enum permission);

/* Is everything of the part in the whole? */
bool permission_set_contains(
    const struct permission_set *whole, const struct permission_set *part);
