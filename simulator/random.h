/*
 * random.h - a small repeatable generator (splitmix64); nothing secret.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct random {
	uint64_t state;
};

uint64_t random_next(struct random *);

/* Fills `len` letters and digits and ends them with a NUL. */
void random_word(struct random *, char *out, size_t len);
