/*
 * control.h - the gateway's session with the control plane.
 *
 * Holds the identity (made at enrolment, kept 0600 in the state directory:
 * gateway id, secret, X25519 key pair, the control plane's signing key), says
 * Hello when there is no session or it expired, and signs every question.
 * Calls block up to their timeout; each lane belongs to one thread.
 *
 * All that ask return E_UNAVAILABLE or E_TIMEOUT while the control plane is
 * away, E_FORBIDDEN when it does not know this gateway and E_CANCELLED after
 * control_hang_up(); to ask again later is all a caller has to do.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/digest.h"
#include "common/link.h"
#include "common/seal.h"
#include "common/sign.h"
#include "common/status.h"
#include "common/str.h"

struct arena;
struct build_fault;
struct control;
struct spool_batch;

struct control_config {
	const char *state_directory;
	const char *link_url;
	const char *bell_url;
	const struct link_tls *tls;  /* NULL: plain, for tests */
	const char *enrolment_token; /* or NULL once enrolled */
	const char *name;
	const char *region;
	uint64_t boot_id;
};

enum status control_open(const struct control_config *, struct control **out);
void control_close(struct control *);

/*
 * Each thread that asks has a lane of its own, so that one can be ended
 * while the other still has something to say.
 */
enum control_lane {
	CONTROL_CONFIG,
	CONTROL_USAGE,
	CONTROL_LANES,
};

/* Calls of the lane end now, and later ones at once, with E_CANCELLED. */
void control_hang_up(struct control *, enum control_lane);

/* --- configuration: the lane CONTROL_CONFIG ------------------------------------ */

struct control_head {
	uint64_t rev;
	uint32_t chunk_count;
	uint64_t size_bytes;
	uint8_t digest[SHA256_SIZE];
	uint8_t signature[SIGN_SIZE];
	struct str secrets; /* packed Secrets, opened */
};

enum status control_get_head(struct control *, struct arena *,
    uint64_t have_rev, struct control_head *out);

/* E_NOT_FOUND when the revision is no longer offered. */
enum status control_get_chunk(struct control *, struct arena *, uint64_t rev,
    uint32_t index, struct str *out_payload);

/* E_CORRUPT unless the control plane we enrolled with has signed it. */
enum status control_verify(const struct control *, uint64_t rev,
    const uint8_t digest[SHA256_SIZE], const uint8_t signature[SIGN_SIZE]);

struct control_report {
	uint64_t applied_rev;
	uint64_t rejected_rev; /* 0: none */
	const struct build_fault *faults;
	size_t fault_count;
	int64_t apply_us;
	bool from_disk;
};

enum status control_report(struct control *, const struct control_report *);

struct control_health {
	uint64_t applied_rev;
	int64_t inflight;
	int64_t spool_bytes;
	int64_t spool_oldest_ms;
	int64_t rss_bytes;
	bool is_draining;
};

enum status control_beat(
    struct control *, const struct control_health *, uint64_t *out_head_rev);

/* How often to. */
int64_t control_heartbeat_ms(struct control *);

/* Waits for the doorbell; E_TIMEOUT when it did not ring. */
enum status control_wait_bell(
    struct control *, int timeout_ms, uint64_t *out_rev);

/* A key that only this gateway has, for files of its own. */
void control_derive_key(
    const struct control *, struct str purpose, uint8_t out[SEAL_KEY_SIZE]);

/* --- usage: the lane CONTROL_USAGE ----------------------------------------------- */

struct control_batch_limits {
	size_t max_records;
	size_t max_bytes;
};

struct control_batch_limits control_batch_limits(struct control *);

/*
 * *out_acked: committed through this seq.  E_INVALID when the control plane
 * will never take this batch as it is.
 */
enum status control_send_usage(
    struct control *, const struct spool_batch *, uint64_t *out_acked);
