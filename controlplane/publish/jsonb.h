/*
 * jsonb.h - reading the JSON documents of rows, whatever they hold.
 *
 * A document may have been changed by hand.  What is not of the expected type
 * reads as a value no gateway accepts, or as absent; nothing here fails.
 */
#pragma once

#include <jansson.h>
#include <stdint.h>

#include "common/str.h"

struct arena;

/* Lives as long as the arena; an empty object when it cannot be parsed. */
const json_t *jsonb_parse(struct arena *, struct str text);

/* A member's text, NUL-terminated; "" when absent. */
char *jsonb_text(struct arena *, const json_t *, const char *name);

/* A member's number, the fallback when absent, UINT32_MAX when not one. */
uint32_t jsonb_number(const json_t *, const char *name, uint32_t fallback);
