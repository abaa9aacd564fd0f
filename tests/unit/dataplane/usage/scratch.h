/*
 * scratch.h - a directory for one test, gone after it; and usage to write.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "dataplane/usage/record.h"
#include "dataplane/usage/spool.h"

#define SCRATCH_PATH_SIZE 128

/* Makes an empty directory; returns out. */
const char *scratch_make(char out[SCRATCH_PATH_SIZE]);

/* Removes it and all that is in it. */
void scratch_remove(const char *path);

/* The paths of files below it that end in `suffix`, sorted. */
size_t scratch_list(const char *path, const char *suffix,
    char out[][SCRATCH_PATH_SIZE], size_t max);

/* An intent and a record of request `number`. */
struct record_intent scratch_intent(uint64_t number);
struct record scratch_record(uint64_t number);

/* The number in a packed record; asserts that it is one. */
uint64_t scratch_number(struct str packed_record);

/* Its error code, in static memory. */
const char *scratch_code(struct str packed_record);

/* Begins and ends request `number`. */
void scratch_write(struct spool *, uint64_t number);

/* Records per request number. */
struct scratch_tally {
	unsigned counts[65536];
	unsigned recovered;
	unsigned lost;
};

/*
 * Reads and acknowledges everything into the tally (or NULL) and returns how
 * many there were; asserts that numbers have no gaps.
 */
uint64_t scratch_drain(struct spool *, struct scratch_tally *);
