/*
 * config.h - the head of the configuration and the history of its revisions.
 */
#pragma once

#include "controlplane/store/tx.h"

struct config_change {
	struct str author; /* "adm_…", "system" */
	struct str request_id;
	const char *action; /* "key.create" */
	const char *kind;   /* "key" */
	struct str id;	    /* "key_…" */
};

/*
 * Makes the transaction a new revision and tells every control plane at
 * COMMIT (NOTIFY weir_config).  Calling it twice in one transaction is one
 * revision.  Returns the revision, 0 after a failure.
 */
int64_t store_config_mark(struct tx *, const struct config_change *);

/* The newest revision. */
enum status store_config_head(struct db *, struct arena *, int64_t *out_rev);
