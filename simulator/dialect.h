/*
 * dialect.h - the providers' ways of speaking, behind one table each.
 *
 * A dialect reads a request into an ask, and writes an answer whole, as the
 * events of a stream, or as an error.  It knows nothing of sockets or time.
 */
#pragma once

#include <stdbool.h>

#include "common/status.h"
#include "common/str.h"
#include "simulator/answer.h"
#include "simulator/ask.h"

struct arena;
struct buf;
struct http_request;

struct fault { /* an error to tell the client */
	int status;
	int64_t retry_after_s; /* -1: not said */
	const char *code;      /* NULL: the usual one of the status */
	struct str message;
	struct str param;	/* the member at fault; empty when unknown */
	const char *request_id; /* set last, for bodies that show it */
};

enum moment_kind {
	MOMENT_OPEN,
	MOMENT_PART_OPEN,
	MOMENT_PIECE,
	MOMENT_PART_CLOSE,
	MOMENT_FINISH,
	MOMENT_END,
};

struct moment { /* one step of a stream */
	enum moment_kind kind;
	const struct part *part;
	size_t part_index;
	struct str piece;
	int64_t tokens_before; /* of all pieces sent before it */
	int64_t tokens_shown;  /* the piece included, reasoning excluded */
	bool is_last;	       /* the last piece of all */
};

struct dialect {
	const char *name;
	bool has_whole_calls;  /* a call is one piece of a stream */
	bool has_retry_header; /* retry-after is a header */
	struct fault no_credential;
	struct fault bad_credential;

	/* The models it lists. */
	void (*write_models)(struct buf *);

	/* The credential, where this provider wants it; else empty. */
	struct str (*credential)(const struct http_request *);

	/* Fills the ask; on E_INVALID also the fault's message and param. */
	enum status (*read)(struct ask *, struct arena *,
	    const struct http_request *, struct fault *);

	/* Header lines of every answer; `id` is the request's. */
	void (*write_headers)(struct buf *, const char *id);

	void (*write_whole)(const struct answer *, struct buf *);

	/* Writes what this moment sends; may write nothing. */
	void (*write_moment)(
	    const struct answer *, const struct moment *, struct buf *);

	void (*write_fault)(const struct fault *, struct buf *);

	/* An error inside a stream. */
	void (*write_stream_fault)(const struct fault *, struct buf *);
};

extern const struct dialect dialect_openai;
extern const struct dialect dialect_anthropic;
extern const struct dialect dialect_gemini;
extern const struct dialect dialect_ark;

/* Whose path this is; NULL when it is nobody's. */
const struct dialect *dialect_find(const struct http_request *);

/* Fills a fault and returns E_INVALID, for the readers. */
enum status fault_set(
    struct fault *, int status, struct str message, struct str param);
