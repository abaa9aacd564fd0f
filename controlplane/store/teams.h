/*
 * teams.h - the teams' table.
 */
#pragma once

#include "controlplane/store/table.h"

extern const struct table teams_table;
