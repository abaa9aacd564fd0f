/*
 * gateways.h - gateways as operators see them; fleet.h has what the link needs.
 */
#pragma once

#include "controlplane/store/table.h"

extern const struct table gateways_table;
