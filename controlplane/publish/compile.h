/*
 * compile.h - from the rows of one moment to what the gateways fetch.
 *
 * Rows are published as they stand, sensible or not: the gateways validate
 * and keep what they have.  Only what cannot be written down at all, or is
 * too large, fails here.
 */
#pragma once

#include "common/buf.h"
#include "controlplane/publish/compiled.h"

struct db;

struct compile_options {
	const struct keyring *keyring;
	size_t max_bytes;
	uint64_t lkg_max_age_s;
};

/* The caller owns one reference.  `fault` says what cannot be published. */
enum status compile_run(struct db *, const struct compile_options *,
    struct compiled **out, struct buf *fault);
