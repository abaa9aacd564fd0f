/*
 * kind.h - the kinds of resources, and how each is named from outside.
 */
#pragma once

#include "common/id.h"
#include "common/status.h"

enum kind {
#define KIND(name, word, prefix) KIND_##name,
#include "controlplane/store/kind.def"
#undef KIND
	KIND_COUNT
};

const char *kind_word(enum kind);   /* "key" */
const char *kind_prefix(enum kind); /* "key", of "key_…" */
