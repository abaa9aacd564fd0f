/*
 * intake.h - a configuration on its way in, from the link or from disk.
 *
 * Head, chunks, finish: whatever the source, the same checks in the same
 * order.  Nothing is built from a head whose signature is not the control
 * plane's, and nothing is handed out unless all of it is good.
 */
#pragma once

#include "common/status.h"
#include "common/str.h"
#include "dataplane/control/control.h"

struct arena;
struct build_fault;
struct intake;
struct snapshot;

/* Why a configuration was refused; lives in the arena of the intake. */
struct intake_faults {
	struct build_fault *list;
	size_t count;
};

/*
 * E_INVALID, with faults, when the head alone refuses it.  The arena must
 * outlive the intake.
 */
enum status intake_open(struct control *, struct arena *,
    const struct control_head *, size_t max_bytes, struct intake **out,
    struct intake_faults *out_faults);

/* E_INVALID with faults: it is not worth going on. */
enum status intake_add(
    struct intake *, struct str chunk, struct intake_faults *out_faults);

/* E_INVALID with faults, or OK and the snapshot. */
enum status intake_finish(
    struct intake *, struct snapshot **out, struct intake_faults *out_faults);

void intake_close(struct intake *);
