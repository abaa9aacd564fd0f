/*
 * fields.h - "--field value" pairs as a JSON body or a query.
 *
 * A field's type is known by its name; one that is not in the table is
 * text.  "--field:=JSON" gives any value as it is.
 */
#pragma once

#include <jansson.h>

#include "common/buf.h"
#include "common/status.h"

/*
 * Adds the pairs to an object.  E_INVALID prints which argument is wrong.
 * "--" and "-" in names become "" and "_".
 */
enum status fields_read(json_t *object, const char *const *args, size_t count);

/* Adds the pairs to a path as its query, values as they are. */
enum status fields_to_query(
    struct buf *path, const char *const *args, size_t count);
