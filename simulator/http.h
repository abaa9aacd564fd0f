/*
 * http.h - takes HTTP/1.1 requests out of a stream of bytes.
 *
 * Feed it everything that has arrived and not been used yet; it says when a
 * whole request is there.  Framing is strict: one Content-Length or chunked,
 * never both, and no bytes a server could read in two ways.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/status.h"
#include "common/str.h"

#define HTTP_HEADERS_MAX 100
#define HTTP_HEAD_MAX_BYTES (64 * 1024)

struct http_header {
	struct str name;
	struct str value;
};

struct http_request { /* borrows from the bytes and from the parser */
	struct str method;
	struct str path;
	struct str query; /* without the '?' */
	struct str head;  /* the header lines, each with its CR LF */
	struct str body;
	struct http_header headers[HTTP_HEADERS_MAX];
	size_t header_count;
	bool is_keep_alive;
};

struct http_parser {	 /* fields are private */
	size_t head_len; /* 0 until the head is whole */
	size_t searched; /* bytes known to hold no end of head */
	size_t body_max_bytes;
	uint64_t content_length;
	size_t chunk_at; /* where the next chunk starts, from the start */
	struct buf body; /* of a chunked request */
	bool is_chunked;
	bool wants_continue;
};

void http_parser_init(struct http_parser *, size_t body_max_bytes);
void http_parser_done(struct http_parser *);

/*
 * OK: *out is the request, and its first *out_used bytes are done with.
 * PENDING: more bytes are needed; what was given must come again with them.
 * E_INVALID, E_TOO_LARGE: answer and close.
 */
enum status http_parse(struct http_parser *, struct str bytes,
    struct http_request *out, size_t *out_used);

/* True once, when the client waits for "100 Continue" before its body. */
bool http_take_continue(struct http_parser *);

/* Empty when absent; names compare without case. */
struct str http_header(const struct http_request *, struct str name);

/* The value of name=… in the query, undecoded; empty when absent. */
struct str http_query(const struct http_request *, struct str name);
