/*
 * map.c - hash map with open addressing and linear probing.
 *
 * The capacity is a power of two and at most three quarters full.  Removing
 * shifts the entries behind the hole back, so there are no tombstones and a
 * lookup ends at the first empty slot.  The hash is SipHash-1-3.
 */
#include "common/map.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/digest.h"

enum {
	FIRST_SLOTS = 8,
};

struct map_slot {
	struct str key;
	uint64_t hash;
	void *value; /* NULL: the slot is empty */
};

/*
 * Drawn before the first slot of the first map exists.  A lookup hashes only
 * in a map with slots, so it may read the seed without asking.
 */
static uint64_t seed[2];
static pthread_once_t seed_once = PTHREAD_ONCE_INIT;

static void
draw_seed(void)
{
	random_bytes(seed, sizeof(seed));
}

static uint64_t
rotate(uint64_t word, int bits)
{
	return word << bits | word >> (64 - bits);
}

static void
sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[2] += v[3];
	v[1] = rotate(v[1], 13) ^ v[0];
	v[3] = rotate(v[3], 16) ^ v[2];
	v[0] = rotate(v[0], 32);
	v[2] += v[1];
	v[0] += v[3];
	v[1] = rotate(v[1], 17) ^ v[2];
	v[3] = rotate(v[3], 21) ^ v[0];
	v[2] = rotate(v[2], 32);
}

static void
sip_word(uint64_t v[4], uint64_t word)
{
	v[3] ^= word;
	sip_round(v);
	v[0] ^= word;
}

static uint64_t
hash_key(struct str key)
{
	uint64_t v[4] = {
		seed[0] ^ 0x736f6d6570736575,
		seed[1] ^ 0x646f72616e646f6d,
		seed[0] ^ 0x6c7967656e657261,
		seed[1] ^ 0x7465646279746573,
	};
	uint64_t last = (uint64_t)key.len << 56;
	uint64_t word;

	for (; key.len >= sizeof(word); key = str_skip(key, sizeof(word))) {
		memcpy(&word, key.ptr, sizeof(word));
		sip_word(v, word);
	}
	for (size_t i = 0; i < key.len; i++)
		last |= (uint64_t)(unsigned char)key.ptr[i] << (8 * i);
	sip_word(v, last);
	v[2] ^= 0xff;
	sip_round(v);
	sip_round(v);
	sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

void
map_init(struct map *map)
{
	*map = (struct map){ .slots = NULL };
}

void
map_done(struct map *map)
{
	free(map->slots);
	map_init(map);
}

/* The slot that holds the key, or the empty one where it belongs. */
static struct map_slot *
find_slot(const struct map *map, struct str key, uint64_t hash)
{
	size_t mask = map->cap - 1;
	size_t i = hash & mask;

	while (map->slots[i].value != NULL) {
		const struct map_slot *slot = &map->slots[i];

		if (slot->hash == hash && str_eq(slot->key, key))
			break;
		i = (i + 1) & mask;
	}
	return &map->slots[i];
}

static void
grow(struct map *map)
{
	struct map old = *map;

	pthread_once(&seed_once, draw_seed);
	map->cap = old.cap == 0 ? FIRST_SLOTS : 2 * old.cap;
	map->slots = calloc(map->cap, sizeof(*map->slots));
	if (map->slots == NULL)
		abort();
	for (size_t i = 0; i < old.cap; i++) {
		const struct map_slot *slot = &old.slots[i];

		if (slot->value != NULL)
			*find_slot(map, slot->key, slot->hash) = *slot;
	}
	free(old.slots);
}

void *
map_get(const struct map *map, struct str key)
{
	if (map->count == 0)
		return NULL;
	return find_slot(map, key, hash_key(key))->value;
}

void *
map_put(struct map *map, struct str key, void *value)
{
	struct map_slot *slot;
	uint64_t hash;
	void *old;

	assert(value != NULL);
	if (map->count + 1 > map->cap / 4 * 3)
		grow(map);
	hash = hash_key(key);
	slot = find_slot(map, key, hash);
	old = slot->value;
	*slot = (struct map_slot){ key, hash, value };
	if (old == NULL)
		map->count++;
	return old;
}

/*
 * Moves every entry back that the hole would hide from its lookup: one whose
 * way from its home to where it lies leads over the hole.
 */
static void
close_hole(struct map *map, size_t hole)
{
	size_t mask = map->cap - 1;

	for (size_t i = (hole + 1) & mask; map->slots[i].value != NULL;
	     i = (i + 1) & mask) {
		size_t way = (i - map->slots[i].hash) & mask;

		if (way >= ((i - hole) & mask)) {
			map->slots[hole] = map->slots[i];
			hole = i;
		}
	}
	map->slots[hole] = (struct map_slot){ .value = NULL };
}

void *
map_remove(struct map *map, struct str key)
{
	struct map_slot *slot;
	void *value;

	if (map->count == 0)
		return NULL;
	slot = find_slot(map, key, hash_key(key));
	value = slot->value;
	if (value == NULL)
		return NULL;
	close_hole(map, (size_t)(slot - map->slots));
	map->count--;
	return value;
}

size_t
map_count(const struct map *map)
{
	return map->count;
}

void *
map_next(const struct map *map, size_t *cursor, struct str *out_key)
{
	while (*cursor < map->cap) {
		const struct map_slot *slot = &map->slots[(*cursor)++];

		if (slot->value == NULL)
			continue;
		*out_key = slot->key;
		return slot->value;
	}
	return NULL;
}
