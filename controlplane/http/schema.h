/*
 * schema.h - shapes as JSON Schema.
 */
#pragma once

#include <jansson.h>

#include "controlplane/http/field.h"

/*
 * The schema of a shape in one mode: FIELD_ON_READ, FIELD_ON_CREATE or
 * FIELD_ON_PATCH.  Objects inside are written out.  A new value.
 */
json_t *schema_of(const struct shape *, unsigned mode);

/* The schema of one field, for a parameter. */
json_t *schema_of_field(const struct field *, unsigned mode);
