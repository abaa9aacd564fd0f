/*
 * tenants.h - the tenants' table.
 */
#pragma once

#include "controlplane/store/table.h"

extern const struct table tenants_table;

/* Does PostgreSQL know this name of a time zone? */
bool tenants_has_timezone(struct tx *, struct str name);

/* "active", "suspended": the version is counted up. */
void tenants_set_status(struct tx *, struct id, struct str status);
