/*
 * providers.h - the providers' table.
 */
#pragma once

#include "controlplane/store/table.h"

extern const struct table providers_table;
