/*
 * example.h - makes up a JSON value that a schema accepts.
 *
 * Covers what tools and structured outputs use: types, enums, required
 * properties, arrays, nesting, anyOf, local references, minimums.
 */
#pragma once

#include "common/str.h"

struct arena;

/* "{}" when there is no schema or it is not JSON. */
struct str example_write(struct arena *, struct str schema);
