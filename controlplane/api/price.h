/*
 * price.h - one price row as bodies give it, shared by POST and import.
 */
#pragma once

#include "controlplane/api/change.h"

extern const struct shape price_shape; /* of /prices, in and out */

/* What a layer means; higher layers win. */
enum price_layer {
	PRICE_LAYER_CATALOGUE = 0,
	PRICE_LAYER_PLATFORM = 2,
	PRICE_LAYER_TENANT = 3,
};

/*
 * From amount and free to pico_per_unit, and valid_from to now when left
 * out.  Faults are at `base`, "" or "/rows/7".
 */
void price_complete(struct change *, json_t *row, struct str base);
