/*
 * outcome.h - the words for how a request ended; rows hold their numbers.
 */
#pragma once

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "common/str.h"

/* All words, in the order of weir.usage.v1.Outcome from 1; NULL ends. */
extern const char *const outcome_words[];

/* "unknown" for a number that has none. */
const char *outcome_word(int64_t number);

/* 0 for a word that has none. */
int64_t outcome_number(struct str word);

/* The word in a filter's "outcome" becomes the number statements know. */
void outcome_to_number(json_t *filter);
