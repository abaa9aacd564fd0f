/*
 * kind.c - the columns of kind.def as tables.
 */
#include "controlplane/store/kind.h"

#include <assert.h>

static const struct {
	const char *word;
	const char *prefix;
} rows[KIND_COUNT] = {
#define KIND(name, word, prefix) [KIND_##name] = { word, prefix },
#include "controlplane/store/kind.def"
#undef KIND
};

const char *
kind_word(enum kind kind)
{
	assert(kind < KIND_COUNT);
	return rows[kind].word;
}

const char *
kind_prefix(enum kind kind)
{
	assert(kind < KIND_COUNT);
	return rows[kind].prefix;
}
