/*
 * id.c - UUIDv7 (RFC 9562) with a clock that never stands still.
 *
 * The 12 bits behind the milliseconds hold 1/4096 ms.  All threads take their
 * moment from one atomic counter of these units, which follows the wall clock
 * and is moved by one if the clock has not moved, so no two ids are born at
 * the same moment.  Random bits come from the kernel some ids at a time.
 */
#include "common/id.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "common/clock.h"
#include "common/codec.h"
#include "common/digest.h"

enum {
	UNITS_PER_MS = 4096,
	US_PER_MS = 1000,
	PREFIX_LEN_MAX = 8,
	TEXT_DIGITS = 26,
	UUID_LEN = 36,
	POOL_WORDS = 32,
};

struct pool {
	uint64_t words[POOL_WORDS];
	size_t left;
	unsigned int generation;
};

static _Atomic int64_t last_moment;
static _Thread_local struct pool pool;

/* Counts forks, so that a child does not use its parent's random words. */
static atomic_uint generation = 1;
static pthread_once_t fork_once = PTHREAD_ONCE_INIT;

static const char base32[] = "0123456789abcdefghjkmnpqrstvwxyz";
static const char base16[] = "0123456789abcdef";

static void
on_fork(void)
{
	atomic_fetch_add(&generation, 1);
}

static void
watch_forks(void)
{
	pthread_atfork(NULL, NULL, on_fork);
}

static uint64_t
random_word(void)
{
	pthread_once(&fork_once, watch_forks);
	if (pool.left == 0 || pool.generation != atomic_load(&generation)) {
		random_bytes(pool.words, sizeof(pool.words));
		pool.left = POOL_WORDS;
		pool.generation = atomic_load(&generation);
	}
	return pool.words[--pool.left];
}

static uint64_t
next_moment(void)
{
	int64_t wall_us = i64_max(clock_wall_us(), 0);
	int64_t now = wall_us / US_PER_MS * UNITS_PER_MS +
	    wall_us % US_PER_MS * UNITS_PER_MS / US_PER_MS;
	int64_t last = atomic_load(&last_moment);
	int64_t next;

	do
		next = i64_max(now, last + 1);
	while (!atomic_compare_exchange_weak(&last_moment, &last, next));
	return (uint64_t)next;
}

static struct id
id_from_number(unsigned __int128 number)
{
	struct id id;

	for (size_t i = sizeof(id.bytes); i-- > 0; number >>= 8)
		id.bytes[i] = (uint8_t)number;
	return id;
}

static unsigned __int128
number_from_id(struct id id)
{
	unsigned __int128 number = 0;

	for (size_t i = 0; i < sizeof(id.bytes); i++)
		number = number << 8 | id.bytes[i];
	return number;
}

struct id
id_make(void)
{
	const uint64_t version = (uint64_t)7 << 12;
	const uint64_t variant = (uint64_t)2 << 62;
	uint64_t moment = next_moment();
	uint64_t time =
	    moment / UNITS_PER_MS << 16 | version | moment % UNITS_PER_MS;

	return id_from_number(
	    (unsigned __int128)time << 64 | variant | random_word() >> 2);
}

bool
id_eq(struct id a, struct id b)
{
	return memcmp(a.bytes, b.bytes, sizeof(a.bytes)) == 0;
}

bool
id_is_zero(struct id id)
{
	return id_eq(id, (struct id){ 0 });
}

const char *
id_format(struct id id, const char *prefix, char out[ID_TEXT_SIZE])
{
	unsigned __int128 number = number_from_id(id);
	size_t prefix_len = strlen(prefix);
	char *digits = out + prefix_len + 1;

	assert(prefix_len <= PREFIX_LEN_MAX);
	memcpy(out, prefix, prefix_len);
	out[prefix_len] = '_';
	for (int i = TEXT_DIGITS - 1; i >= 0; i--) {
		digits[i] = base32[number & 31];
		number >>= 5;
	}
	digits[TEXT_DIGITS] = '\0';
	return out;
}

enum status
id_parse(struct str text, const char *prefix, struct id *out)
{
	struct str kind = str_from(prefix);
	struct str digits = str_skip(text, kind.len + 1);
	unsigned __int128 number = 0;

	if (!str_has_prefix(text, kind) || digits.len != TEXT_DIGITS ||
	    text.ptr[kind.len] != '_')
		return E_INVALID;
	if (digits.ptr[0] > '7')
		return E_INVALID; /* more than 128 bits */
	for (size_t i = 0; i < digits.len; i++) {
		ptrdiff_t digit =
		    str_find_char(str_make(base32, 32), digits.ptr[i]);

		if (digit < 0)
			return E_INVALID;
		number = number << 5 | (unsigned __int128)digit;
	}
	*out = id_from_number(number);
	return OK;
}

/* In "01234567-89ab-cdef-0123-456789abcdef". */
static bool
is_hyphen_place(size_t i)
{
	return i == 8 || i == 13 || i == 18 || i == 23;
}

const char *
id_uuid(struct id id, char out[ID_TEXT_SIZE])
{
	size_t nibble = 0;

	for (size_t i = 0; i < UUID_LEN; i++) {
		uint8_t byte = id.bytes[nibble / 2];

		if (is_hyphen_place(i)) {
			out[i] = '-';
			continue;
		}
		out[i] = base16[nibble % 2 == 0 ? byte >> 4 : byte & 15];
		nibble++;
	}
	out[UUID_LEN] = '\0';
	return out;
}

enum status
id_from_uuid(struct str text, struct id *out)
{
	unsigned __int128 number = 0;

	if (text.len != UUID_LEN)
		return E_INVALID;
	for (size_t i = 0; i < UUID_LEN; i++) {
		int value = codec_hex_value(text.ptr[i]);

		if (is_hyphen_place(i) ? text.ptr[i] != '-' : value < 0)
			return E_INVALID;
		if (!is_hyphen_place(i))
			number = number << 4 | (unsigned __int128)value;
	}
	*out = id_from_number(number);
	return OK;
}

int64_t
id_wall_us(struct id id)
{
	uint64_t time = (uint64_t)(number_from_id(id) >> 64);
	int64_t ms = (int64_t)(time >> 16);
	int64_t units = (int64_t)(time & (UNITS_PER_MS - 1));

	/* Rounded up, which undoes the rounding down when it was made. */
	return ms * US_PER_MS +
	    (units * US_PER_MS + UNITS_PER_MS - 1) / UNITS_PER_MS;
}
