/*
 * sse.h - splits a byte stream into server-sent events.
 *
 * Bytes arrive in any pieces; an event is handed out when its blank line has
 * come.  LF, CR and CRLF end lines; comments count as liveness only; `data`
 * lines of one event are joined with LF.  An event's slices are valid until
 * the next call.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/buf.h"
#include "common/status.h"
#include "common/str.h"

struct sse {		    /* fields are private; embed by value */
	struct str input;   /* fed and not yet taken */
	struct buf pending; /* the unfinished event, as it came */
	struct buf data;    /* joined data lines, when more than one */
	size_t max_event_bytes;
	bool started;	      /* past a leading byte order mark */
	bool in_line;	      /* what was looked at ends inside a line */
	bool after_cr;	      /* … or with a CR, which an LF may follow */
	bool is_pending_used; /* as the event handed out last */
	bool failed;
};

struct sse_event {
	struct str name; /* of the event: line, or empty */
	struct str data; /* empty for comments and empty events */
	bool has_data;
	struct str raw; /* all its bytes, blank line included */
};

/* max_event_bytes bounds one event (setting sse_event_max_bytes). */
void sse_init(struct sse *, size_t max_event_bytes);
void sse_done(struct sse *);

/*
 * Feed, then take events until sse_next() says false.  An event that grows
 * past the bound ends the events; from then on feeding is E_TOO_LARGE.  The
 * fast path takes an event that lies whole in `bytes` without copying it:
 * keep `bytes` alive until sse_next() has returned false.
 */
enum status sse_feed(struct sse *, struct str bytes);
bool sse_next(struct sse *, struct sse_event *out);

/* Bytes of an event whose end never came (at the end of a stream). */
struct str sse_rest(const struct sse *);

/* Has an event grown past the bound? */
bool sse_has_failed(const struct sse *);
