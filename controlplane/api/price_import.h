/*
 * price_import.h - a whole catalogue of prices in one transaction.
 *
 * Importing the same catalogue again changes nothing.
 */
#pragma once

#include "controlplane/http/call.h"

extern const struct shape price_import_shape;  /* {rows, source} */
extern const struct shape price_import_result; /* {created, unchanged} */

enum status price_import(struct call *);
