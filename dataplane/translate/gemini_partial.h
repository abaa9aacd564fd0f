/*
 * gemini_partial.h - a call's arguments that Gemini tells piece by piece, as
 * paths and values, put together to one JSON object.
 */
#pragma once

#include "common/str.h"

struct arena;
struct gemini_partial;
struct tree;

struct gemini_partial *gemini_partial_new(struct arena *);

/* A list of {"jsonPath": "$.a[0].b", "stringValue": "…"}; or NULL. */
void gemini_partial_add(struct gemini_partial *, const struct tree *pieces);

/* "{}" when no piece came. */
struct str gemini_partial_json(struct gemini_partial *);
