/*
 * reader_inside.h - shared by reader.c and reader_string.c only.
 */
#pragma once

#include "simulator/reader.h"

/* From here on the reader is at its end and has failed. */
void reader_fail(struct reader *);

/* Steps over the byte if it is the next one. */
bool reader_take(struct reader *, char);

/*
 * Steps over a string whose quote is taken; returns what lies between the
 * quotes, escapes as they are.
 */
struct str reader_take_string(struct reader *, bool *out_has_escape);

/* Of a string reader_take_string() accepted; never longer than it was. */
struct str reader_decode(struct arena *, struct str raw);
