/*
 * http_guard.h - refuses ambiguous HTTP before any handler sees it.
 *
 * libmicrohttpd forgives much that two readers of the same bytes may read
 * differently.  Both planes call http_guard_check() in the first call of
 * their access handler; what it refuses is answered 4xx and the connection
 * closed.  Rules: RFC 9110/9112, strictly.
 */
#pragma once

#include <microhttpd.h>
#include <stdbool.h>

/*
 * What the request line held, noted by http_guard_uri() (which is for
 * MHD_OPTION_URI_LOG_CALLBACK) before libmicrohttpd decodes it.
 */
struct http_guard {
	bool bad_uri;
};

void http_guard_uri(struct http_guard *, const char *uri);

struct http_verdict {
	unsigned status; /* 0: pass */
	const char *why;
	bool must_close; /* passed, but not kept alive after */
};

struct http_verdict http_guard_check(const struct http_guard *,
    struct MHD_Connection *, const char *url, const char *method,
    const char *version);
