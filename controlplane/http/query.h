/*
 * query.h - the parameters after the question mark, against their shape.
 */
#pragma once

#include "controlplane/http/field.h"

/*
 * "a=1&b=x" -> an object; percent-decoded.  A MANY field takes repeated
 * parameters and lists with commas.  Unknown parameters, and anything the
 * shape refuses, become faults.
 */
json_t *query_read(struct check *, const struct shape *, struct str text);
