/*
 * revisions.h - the history of the configuration.
 */
#pragma once

#include <jansson.h>

#include "controlplane/store/tx.h"

/* At most `limit` revisions below `before` (0: the newest), newest first. */
json_t *revisions_list(struct tx *, int64_t before, int64_t limit);
