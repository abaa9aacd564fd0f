/*
 * permission.c - the columns of permission.def, and sets as bits.
 */
#include "controlplane/http/permission.h"

#include <assert.h>

#include "common/base.h"

static const struct {
	const char *text;
	const char *risk;
	const char *help;
} rows[PERMISSION_COUNT] = {
	[PERMISSION_UNSET] = { "unset", "", "" },
	[PERMISSION_PUBLIC] = { "public", "low", "No credentials needed" },
	[PERMISSION_SELF] = { "self", "low", "Any valid credentials" },
#define PERMISSION(name, text, risk, help) \
	[PERMISSION_##name] = { text, risk, help },
#include "controlplane/http/permission.def"
#undef PERMISSION
};

static_assert(PERMISSION_COUNT <= 128);

const char *
permission_text(enum permission permission)
{
	assert(permission < PERMISSION_COUNT);
	return rows[permission].text;
}

const char *
permission_risk(enum permission permission)
{
	assert(permission < PERMISSION_COUNT);
	return rows[permission].risk;
}

const char *
permission_help(enum permission permission)
{
	assert(permission < PERMISSION_COUNT);
	return rows[permission].help;
}

enum permission
permission_find(struct str text)
{
	for (unsigned i = PERMISSION_FIRST; i < PERMISSION_COUNT; i++) {
		if (str_eq(text, str_from(rows[i].text)))
			return (enum permission)i;
	}
	return PERMISSION_UNSET;
}

static bool
word_fits(struct str pattern, struct str word)
{
	return str_eq(pattern, STR("*")) || str_eq(pattern, word);
}

static bool
scope_grants(struct str scope, struct str text)
{
	struct str scope_rest = scope;
	struct str text_rest = text;
	struct str pattern;
	struct str word;

	if (str_eq(scope, STR("*")))
		return true;
	if (!str_next(&scope_rest, ':', &pattern) ||
	    !str_next(&text_rest, ':', &word))
		return false;
	return word_fits(pattern, word) && word_fits(scope_rest, text_rest);
}

bool
permission_set_add(struct permission_set *set, struct str scope)
{
	bool any = false;

	for (unsigned i = PERMISSION_FIRST; i < PERMISSION_COUNT; i++) {
		if (!scope_grants(scope, str_from(rows[i].text)))
			continue;
		set->words[i / 64] |= UINT64_C(1) << (i % 64);
		any = true;
	}
	return any;
}

bool
permission_set_has(const struct permission_set *set, enum permission permission)
{
	assert(permission < PERMISSION_COUNT);
	return (set->words[permission / 64] >> (permission % 64) & 1) != 0;
}

bool
permission_set_contains(
    const struct permission_set *whole, const struct permission_set *part)
{
	for (size_t i = 0; i < ARRAY_LEN(whole->words); i++) {
		if ((part->words[i] & ~whole->words[i]) != 0)
			return false;
	}
	return true;
}
