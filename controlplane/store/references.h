/*
 * references.h - from the slug or id a body names to the row it means.
 */
#pragma once

#include "controlplane/store/kind.h"
#include "controlplane/store/tx.h"

struct reference {
	enum kind kind;
	struct str text;  /* an id or a slug */
	struct id tenant; /* only its rows, or shared ones; or zero */
};

/*
 * E_NOT_FOUND when nothing fits, E_CONFLICT when a slug fits more than one;
 * archived rows do not count.  Other failures are the transaction's.
 */
enum status reference_find(
    struct tx *, const struct reference *, struct id *out);
