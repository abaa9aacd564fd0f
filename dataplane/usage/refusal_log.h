/*
 * refusal_log.h - rows for requests that were refused, but never too many.
 *
 * A known key gets a row per refusal up to refusal_rows_per_s; what is past
 * that collapses into one row a second whose count says how many.  Requests
 * without a valid key share one sampled row a second, so that strangers
 * cannot fill the spool.
 *
 * One per worker, its thread only.
 */
#pragma once

#include <stdint.h>

struct loop;
struct record;
struct refusal_log;
struct spool;

struct refusal_log *refusal_log_new(
    struct loop *, struct spool *, int64_t rows_per_s);

/* Writes what is still held back. */
void refusal_log_free(struct refusal_log *);

void refusal_log_add(struct refusal_log *, const struct record *);
