/*
 * admission.h - stage: may this key do this, and is there room to account it?
 */
#pragma once

#include <stdbool.h>

#include "common/status.h"
#include "common/str.h"

struct request;
struct snapshot_key;

enum status admission_stage(struct request *);

/*
 * May the key name this model?  An entry of allowed_models is a name, or a
 * prefix followed by '*'.  No entries: every model of the tenant.
 */
bool admission_allows(const struct snapshot_key *, struct str model);
