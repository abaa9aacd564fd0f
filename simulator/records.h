/*
 * records.h - what the simulator saw, for tests to ask about.
 *
 * Counters per dialect and the last requests, with their headers, bodies and
 * endings.  Credentials are kept only as their SHA-256.  Any thread may call
 * anything here.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/str.h"

struct buf;
struct http_request;
struct records;

enum outcome {
	OUTCOME_OPEN, /* still being answered */
	OUTCOME_OK,
	OUTCOME_FAULT,	   /* answered with an error */
	OUTCOME_CANCELLED, /* the client left early */
	OUTCOME_RESET,
	OUTCOME_CUT,
	OUTCOME_COUNT,
};

struct record_start {
	const char *dialect;
	const struct http_request *request;
	struct str model;
	bool is_stream;
};

struct record_end {
	const char *dialect; /* as at the start */
	bool is_stream;
	enum outcome outcome;
	int status;
	size_t pieces;	  /* of a stream, that were sent */
	int64_t after_us; /* since the request was whole */
};

/* Keeps the last `capacity` requests; 0 keeps the counters only. */
struct records *records_new(size_t capacity);
void records_free(struct records *);

/* Returns the number of the request, for records_end(). */
uint64_t records_begin(struct records *, const struct record_start *);
void records_end(struct records *, uint64_t number, const struct record_end *);

void records_clear(struct records *);

/* Everything as one JSON object. */
void records_write(struct records *, struct buf *);
