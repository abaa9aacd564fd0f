/*
 * map.h - hash map from byte strings to pointers.
 *
 * Keys and values are borrowed and must outlive the map.  The hash is
 * seeded per process, so that keys chosen by a stranger cannot pile up in
 * one place.  Lookups of a map that nobody changes are safe from any thread.
 */
#pragma once

#include <stddef.h>

#include "common/str.h"

struct map_slot;

struct map { /* fields are private */
	struct map_slot *slots;
	size_t count;
	size_t cap;
};

void map_init(struct map *);
void map_done(struct map *);

/* NULL when absent. */
void *map_get(const struct map *, struct str key);

/* Sets the value (not NULL); returns the one it replaced, or NULL. */
void *map_put(struct map *, struct str key, void *value);

/* Returns the removed value, or NULL. */
void *map_remove(struct map *, struct str key);

size_t map_count(const struct map *);

/*
 * Walks the map in no particular order: start with *cursor = 0, call until
 * it returns NULL.  The map must not change meanwhile.
 */
void *map_next(const struct map *, size_t *cursor, struct str *out_key);
