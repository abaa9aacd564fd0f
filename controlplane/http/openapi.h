/*
 * openapi.h - the routes described as OpenAPI 3.1, from the same tables that
 * dispatch and check.
 */
#pragma once

#include <jansson.h>

#include "controlplane/http/router.h"

/* A new value. */
json_t *openapi_describe(const struct router *);
