/*
 * listener.h - the server seam: HTTP exchanges over libmicrohttpd.
 *
 * One listener per worker drives one MHD daemon in external epoll mode.  An
 * exchange is one request and its answer; it is embedded in whatever the
 * owner makes for it.  Everything runs on the worker's thread.
 *
 * A streamed answer is written straight to the socket: MHD sends the head and
 * the last chunk, everything between goes out with one sendmsg() per flush,
 * because MHD's own way costs twice the time and grows with open streams.
 *
 * Clients that leave are noticed by the kernel's hang-up event, also while
 * nothing is being sent.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/list.h"
#include "common/str.h"

struct client;
struct exchange;
struct listener;
struct loop;
struct settings;
struct MHD_Connection;

/* What the owner of exchanges does; all but on_head get an exchange back. */
struct listener_events {
	/* The head has been read: make an exchange. */
	struct exchange *(*on_head)(void *context);

	/* It is filled in.  Answering here refuses before the body is read. */
	void (*on_begin)(struct exchange *);

	/* The body has been read: answer, now or later. */
	void (*on_request)(struct exchange *);

	/* The client left before its answer was complete. */
	void (*on_gone)(struct exchange *);

	/* A stream's unsent bytes have gone out. */
	void (*on_drained)(struct exchange *);

	/* Nothing refers to the exchange any more: free it. */
	void (*on_end)(struct exchange *);
};

enum exchange_phase {
	EXCHANGE_READING,   /* body still coming */
	EXCHANGE_WAITING,   /* for the owner's answer */
	EXCHANGE_REPLYING,  /* whole answer given to MHD */
	EXCHANGE_OPENING,   /* stream: MHD is about to send the head */
	EXCHANGE_STREAMING, /* stream: the socket is ours */
};

struct header {
	const char *name;
	const char *value;
};

#define EXCHANGE_HEADERS_MAX 16

struct exchange {
	const char *method;  /* to be read by the owner */
	const char *path;    /* decoded, without query */
	int64_t body_length; /* announced; -1: chunked */
	struct buf body;

	enum exchange_phase phase; /* private from here on */
	bool gone;
	bool suspended;
	bool must_close;
	bool chunked; /* HTTP/1.1: frame the stream */
	bool ended;
	bool aborted;
	struct listener *listener;
	struct client *client;
	struct MHD_Connection *connection;
	struct buf output; /* framed, not yet sent */
	struct list lost;
	unsigned status;
	struct header headers[EXCHANGE_HEADERS_MAX];
	size_t header_count;
	struct str content;
};

struct listener *listener_new(struct loop *, int listen_fd,
    const struct settings *, const struct listener_events *, void *context);

/* No new connections; open ones go on. */
void listener_stop_accepting(struct listener *);
void listener_free(struct listener *);

/* Runs MHD as often as it needs, within bounds. */
void listener_turn(struct listener *);

/* Must listener_turn() be called again without waiting? */
bool listener_is_due(const struct listener *);

/* NULL when absent.  Names compare without case. */
const char *exchange_header(const struct exchange *, const char *name);
const char *exchange_query(const struct exchange *, const char *name);

/* The client's address as 16 bytes (IPv4 as ::ffff:a.b.c.d). */
void exchange_address(const struct exchange *, uint8_t out[16]);

/*
 * A whole answer.  Headers and content are borrowed until on_end; the
 * content's length and the date are added.
 */
void exchange_reply(struct exchange *, unsigned status, const struct header *,
    size_t header_count, struct str content);

/* Closes the connection after the answer. */
void exchange_close_after(struct exchange *);

void exchange_stream_open(struct exchange *, unsigned status,
    const struct header *, size_t header_count);
void exchange_stream_write(struct exchange *, struct str bytes);
void exchange_stream_end(struct exchange *);

/* Cuts the connection so that the client sees the answer is incomplete. */
void exchange_stream_abort(struct exchange *);

/* Bytes written but not yet taken by the socket. */
size_t exchange_unsent(const struct exchange *);
