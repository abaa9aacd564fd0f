/*
 * usage.h - what providers report as usage, brought into one arithmetic.
 *
 * OpenAI's prompt count includes what came from the cache, Anthropic's does
 * not; xAI's completion count leaves reasoning out.  See meter/tokens.h for
 * the form all of them end in.
 */
#pragma once

#include <stdint.h>

#include "dataplane/meter/tokens.h"

struct tree;

/*
 * A chat completion's usage object.  Nothing happens when it is no object or
 * holds no counts ({} on some answers).
 */
void usage_read_openai(
    const struct tree *usage, uint32_t quirks, struct tokens *);

/*
 * A message's usage object.  What it does not hold keeps its value: the last
 * report of a stream counts, and often repeats the output alone.
 */
void usage_read_anthropic(const struct tree *usage, struct tokens *);
