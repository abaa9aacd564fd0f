/*
 * request.h - one request from its head to the door.
 *
 * Lifetime: request.  The exchange is embedded, so the listener's events find
 * it; the snapshot is pinned at birth, so configuration never changes under
 * it.  A request never leaves its worker's thread.
 */
#pragma once

#include "common/arena.h"
#include "common/buf.h"
#include "common/id.h"
#include "common/loop.h"
#include "dataplane/listener/listener.h"
#include "dataplane/route/plan.h"
#include "dataplane/snapshot/snapshot.h"
#include "dataplane/translate/answer.h"
#include "dataplane/translate/facts.h"
#include "dataplane/upstream/upstream.h"
#include "dataplane/usage/record.h"
#include "dataplane/usage/spool.h"

struct endpoint;
struct worker;

/* Why it was refused, in words for the caller. */
struct refusal {
	enum status status; /* OK: it was not */
	const char *code;   /* "model_not_found", or NULL */
	struct str param;
	struct str message;
	int64_t retry_after_ms; /* -1: none */
};

/* One target being asked.  Renewed for every attempt. */
struct attempt {
	const struct plan_target *target;
	struct upstream_call *call; /* NULL once it ended */
	struct outbound outbound;
	struct answer *answer;
	struct buf error_body;
	struct upstream_head head;
	enum upstream_result result;
	const char *detail;
	bool has_head;
	bool done;  /* the provider has said its last */
	bool ended; /* and is among the attempts */
	int64_t start_ns;
	int64_t active_ns; /* last sign of life */
};

struct request {
	struct exchange exchange;
	struct worker *worker;
	struct snapshot *snapshot;
	struct arena arena;
	struct arena outbound_arena; /* until it is sent */
	const struct endpoint *endpoint;
	size_t stage;

	struct id id;
	char id_text[ID_TEXT_SIZE];
	int64_t born_ns;
	int64_t born_wall_us;
	int64_t content_ns;  /* first; 0: none */
	int64_t upstream_ns; /* waited, in all */
	int64_t total_deadline_ns;

	const struct snapshot_key *key;
	struct facts facts;
	struct snapshot_label *labels;
	size_t label_count;
	struct plan plan;
	struct attempt attempt;
	struct record_attempt *attempts; /* those that ended */
	size_t attempt_count;
	struct spool_ticket ticket;
	struct refusal refusal;
	struct buf out; /* for the client, not yet written */
	struct loop_timer timer;
	struct list dirty;
	int64_t cost_nano;
	bool committed; /* the client has seen bytes */
	bool left;	/* through the door */
};

struct request *request_new(struct worker *);
void request_free(struct request *);

/* Frees those kept for reuse; at the worker's end. */
void request_free_spare(struct worker *);

/* The one whose exchange this is. */
struct request *request_of(struct exchange *);

/*
 * Says why the request cannot go on and returns s, for
 * `return request_fail(req, E_INVALID, "model", "…")`.
 */
enum status request_fail(struct request *, enum status, const char *param,
    const char *fmt, ...) PRINTF_LIKE(4, 5);

/* The same with a machine-readable code of its own. */
void request_fail_code(struct request *, const char *code);

/* Who asked and where it went, for intent and record. */
void request_subject(const struct request *, struct record_subject *out);

/* Puts it on its worker's list: response_settle() runs in this turn. */
void request_mark_dirty(struct request *);
