/*
 * models.h - models: the names applications ask for, and what answers to them.
 */
#pragma once

#include "controlplane/store/table.h"

extern const struct table models_table;

/* Replaces the deployments of a model by those in its document. */
void models_set_deployments(struct tx *, const json_t *);

/* Is there a model of this alias that the tenant (zero: every) may use? */
bool models_has_alias(struct tx *, struct str alias, struct id tenant);
