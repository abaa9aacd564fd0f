/*
 * build.h - a snapshot from the control plane's resources, or the reasons why
 * not.
 *
 * Resources arrive in chunks; each is unpacked, copied into the snapshot's
 * arena and freed before the next one.  build_finish() resolves references,
 * sorts, and checks everything an operator can get wrong; one fault refuses
 * the whole.
 */
#pragma once

#include "common/status.h"
#include "common/str.h"

struct arena;
struct build;
struct snapshot;

struct build_fault {
	struct str kind; /* "provider" */
	struct str id;	 /* "prv_…" */
	struct str field;
	struct str message;
};

/* max_bytes: setting snapshot_max_bytes, for all chunks together. */
struct build *build_new(uint64_t rev, size_t max_bytes);
void build_free(struct build *);

/* A packed ResourceSet.  E_CORRUPT, E_TOO_LARGE. */
enum status build_add_chunk(struct build *, struct str payload);

/* A packed Secrets, already opened. */
enum status build_add_secrets(struct build *, struct str payload);

/*
 * On OK *out is the snapshot (one reference).  On E_INVALID *out_faults lists
 * at most 100 reasons, which live in the arena.
 */
enum status build_finish(struct build *, struct arena *, struct snapshot **out,
    struct build_fault **out_faults, size_t *out_fault_count);
