/*
 * output.h - objects and lists for people and for programs.
 */
#pragma once

#include <jansson.h>

#include "cli/options.h"
#include "cli/resource.h"

/* A list: a table of the resource's columns, JSON, or ids. */
void output_list(enum output, const struct resource *, const json_t *list);

/* One object: a member a line, JSON, or its id. */
void output_object(enum output, const struct resource *, const json_t *object);

/* Any JSON, indented. */
void output_json(const json_t *);
