/*
 * credentials.h - the table of provider secrets.  Sealed ones are written, never read.
 */
#pragma once

#include "controlplane/store/table.h"

extern const struct table credentials_table;

/* Replaces the secret or reference; the document has id and its columns. */
void credentials_rotate(struct tx *, const json_t *);
