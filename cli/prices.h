/*
 * prices.h - loads a file of prices into the catalogue.
 */
#pragma once

#include "cli/exit.h"
#include "cli/session.h"

/*
 * The file is {"source": …, "rows": […]}; `name` is relative to the folder
 * of the manifest.  Rows that are there already change nothing.
 */
enum exit_code prices_import(
    struct session *, const char *manifest_path, const char *name);
