/*
 * routes.h - the routes' table.
 */
#pragma once

#include "controlplane/store/table.h"

/*
 * Stored documents: match {models[], tasks[], labels{}, keys[], teams[]} and
 * targets [{model} or {provider, upstream_model}, weight, priority]; keys,
 * teams and provider are uuids.
 */
extern const struct table routes_table;
