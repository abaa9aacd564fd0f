/*
 * base.h - the few words every file of Weir shares: sizes, cleanup, checks.
 */
#pragma once

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#define container_of(ptr, type, member) \
	((type *)((char *)(ptr)-offsetof(type, member)))

/* Runs fn(&variable) when the variable's scope ends. */
#define CLEANUP(fn) __attribute__((cleanup(fn)))

#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))

static inline size_t
size_min(size_t a, size_t b)
{
	return a < b ? a : b;
}

static inline size_t
size_max(size_t a, size_t b)
{
	return a > b ? a : b;
}

static inline int64_t
i64_min(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static inline int64_t
i64_max(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* Numbers of strangers: what is more than max becomes max. */
static inline int64_t
i64_from_u64(uint64_t value, int64_t max)
{
	return value > (uint64_t)max ? max : (int64_t)value;
}

/* False, with *out untouched, when the sum does not fit. */
static inline bool
i64_add(int64_t a, int64_t b, int64_t *out)
{
	int64_t sum;

	if (__builtin_add_overflow(a, b, &sum))
		return false;
	*out = sum;
	return true;
}

/* False, with *out untouched, when the product does not fit. */
static inline bool
i64_mul(int64_t a, int64_t b, int64_t *out)
{
	int64_t product;

	if (__builtin_mul_overflow(a, b, &product))
		return false;
	*out = product;
	return true;
}
