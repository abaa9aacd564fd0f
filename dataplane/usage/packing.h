/*
 * packing.h - usage as bytes: what lies in the spool and travels the link.
 *
 * Texts are cut to what the control plane keeps, and made valid UTF-8, so
 * that no text of a client can make a record too long or unreadable.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/status.h"
#include "common/str.h"
#include "dataplane/usage/record.h"

struct arena;

#define PACKING_INTENT_MAX_BYTES 1024
#define PACKING_RECORD_MAX_BYTES 8192

/* Both write a packed weir.usage.v1.Entry and return its length. */
size_t packing_write_intent(
    const struct record_intent *, uint8_t out[PACKING_INTENT_MAX_BYTES]);
size_t packing_write_record(
    const struct record *, uint8_t out[PACKING_RECORD_MAX_BYTES]);

enum packing_kind {
	PACKING_NONE,
	PACKING_INTENT,
	PACKING_RECORD,
};

/* What an entry holds; *out_body is the packed Intent or Record. */
enum packing_kind packing_open(struct str entry, struct str *out_body);

/* E_CORRUPT when the body is not one.  Texts live in the arena. */
enum status packing_read_intent(
    struct arena *, struct str body, struct record_intent *out);
enum status packing_read_subject(
    struct arena *, struct str record, struct record_subject *out);

/*
 * A packed Record that says only that a record of this number was there and
 * cannot be told any more; `why` is its error code.
 */
struct str packing_write_lost(struct arena *, const char *why);
