/*
 * lookup.h - finds resources in the admin API: all pages, ids of slugs.
 */
#pragma once

#include "cli/resource.h"
#include "cli/session.h"

/*
 * The rows of a list, of the first page or of all; `path` may have a query.
 * The caller owns *out.
 */
enum exit_code lookup_list(struct session *, const struct resource *,
    struct str path, bool is_all, json_t **out);

/*
 * The path of one resource, named by id or slug.  A slug that several have
 * (in several teams) is refused and the ids are printed.
 */
enum exit_code lookup_path(struct session *, const struct resource *,
    const char *id_or_slug, struct str *out_path);
