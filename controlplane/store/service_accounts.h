/*
 * service_accounts.h - the table of programs that own admin tokens.
 */
#pragma once

#include "controlplane/store/table.h"

extern const struct table service_accounts_table;
