/*
 * enrolments.h - the table of tokens that let gateways in.
 */
#pragma once

#include "controlplane/store/table.h"

extern const struct table enrolments_table;
