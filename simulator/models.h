/*
 * models.h - the models the simulator lists; it answers for any name.
 */
#pragma once

#include <stddef.h>

struct model {
	const char *id;
	const char *owner; /* the dialect whose list it is on */
};

extern const struct model models[];
extern const size_t model_count;
