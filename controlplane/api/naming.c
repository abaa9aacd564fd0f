/*
 * naming.c - see naming.h.
 */
#include "controlplane/api/naming.h"

#include "common/arena.h"
#include "common/digest.h"

#define SLUG_LEN_MAX 63
#define SUFFIX_LEN 6

/* other: a mark that is kept beside letters and digits, or a dash. */
static struct str
make_slug(struct arena *arena, struct str name, char other)
{
	char *slug = arena_alloc(arena, SLUG_LEN_MAX);
	size_t len = 0;

	for (size_t i = 0; i < name.len && len < SLUG_LEN_MAX; i++) {
		char c = name.ptr[i];

		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
			slug[len++] = c;
		else if (len > 0 && slug[len - 1] != '-' &&
		    slug[len - 1] != other)
			slug[len++] = c == other ? other : '-';
	}
	while (len > 0 && (slug[len - 1] == '-' || slug[len - 1] == other))
		len--;
	return len > 0 ? str_make(slug, len) : STR("x");
}

struct str
slug_from_name(struct arena *arena, struct str name)
{
	return make_slug(arena, name, '-');
}

struct str
slug_from_dotted(struct arena *arena, struct str name)
{
	return make_slug(arena, name, '.');
}

struct str
slug_with_suffix(struct arena *arena, struct str slug)
{
	static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";
	uint8_t random[SUFFIX_LEN];
	char suffix[SUFFIX_LEN];

	random_bytes(random, sizeof(random));
	for (size_t i = 0; i < SUFFIX_LEN; i++)
		suffix[i] = digits[random[i] % (sizeof(digits) - 1)];
	slug = str_head(slug, SLUG_LEN_MAX - 1 - SUFFIX_LEN);
	return str_printf(
	    arena, "%.*s-%.*s", STR_ARGS(slug), SUFFIX_LEN, suffix);
}
