/*
 * str.h - a borrowed slice of bytes: the string type of the project.
 *
 * A slice does not own its bytes and need not end in NUL.  Functions that
 * make a new one put it into the arena they are given.
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base.h"
#include "common/status.h"

struct arena;

struct str {
	const char *ptr;
	size_t len;
};

/* A slice of a string literal. */
#define STR(literal) \
	((struct str){ .ptr = ("" literal ""), .len = sizeof(literal) - 1 })

/* For printf's "%.*s". */
#define STR_ARGS(s) (int)(s).len, (s).ptr

/* NULL gives the empty slice. */
struct str str_from(const char *cstr);
struct str str_make(const void *ptr, size_t len);

bool str_is_empty(struct str);
bool str_eq(struct str, struct str);
bool str_eq_nocase(struct str, struct str); /* ASCII letters only */
int str_cmp(struct str, struct str);	    /* by bytes, shorter first */
bool str_has_prefix(struct str, struct str prefix);
bool str_has_prefix_nocase(struct str, struct str prefix);
bool str_has_suffix(struct str, struct str suffix);

/* The first place of the needle, or -1. */
ptrdiff_t str_find(struct str, struct str needle);
ptrdiff_t str_find_char(struct str, char);

/* Clamped to the slice: never reads outside. */
struct str str_skip(struct str, size_t count);
struct str str_head(struct str, size_t count);
struct str str_head_utf8(struct str, size_t count); /* whole characters */
struct str str_trim(struct str);		    /* spaces, tabs, CR, LF */

/*
 * Takes the part before `separator` off *rest.  False once nothing is left;
 * "a,,b" gives "a", "", "b", and "a," only "a".
 */
bool str_next(struct str *rest, char separator, struct str *out_part);

struct str str_copy(struct arena *, struct str);
const char *str_cstr(struct arena *, struct str); /* NUL-terminated copy */
struct str str_printf(struct arena *, const char *fmt, ...) PRINTF_LIKE(2, 3);
struct str str_vprintf(struct arena *, const char *fmt, va_list)
    PRINTF_LIKE(2, 0);

/* Whole slice, decimal, no sign for u64; E_INVALID otherwise. */
enum status str_to_i64(struct str, int64_t *out);
enum status str_to_u64(struct str, uint64_t *out);

/* Well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms). */
bool str_is_utf8(struct str);
