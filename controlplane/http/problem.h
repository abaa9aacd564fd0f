/*
 * problem.h - what went wrong with a call, told as RFC 9457 wants it.
 *
 * A problem is collected while the call is looked at: one status, and every
 * single fault with the JSON pointer of its place.  It is written once, at
 * the end of the call.
 */
#pragma once

#include "common/emit.h"
#include "common/status.h"
#include "common/str.h"

struct arena;
struct fault;

struct faults { /* fields are private but for count */
	struct arena *arena;
	struct fault *first;
	struct fault *last;
	size_t count;
};

void faults_init(struct faults *, struct arena *);

/* code: "required", "too_long" …; only the first hundred are kept. */
void fault_add(struct faults *, struct str pointer, const char *code,
    const char *fmt, ...) PRINTF_LIKE(4, 5);

struct problem {
	enum status status;
	int http;	  /* 0: the one of the status */
	const char *code; /* NULL: the word of the status */
	struct str detail;
	const char *permission; /* the one that was missing */
	int retry_after_s;	/* 0: none */
	struct faults faults;
};

int problem_http(const struct problem *);

/* instance: the path that was asked. */
void problem_write(struct emit *, const struct problem *, struct str instance,
    struct str request_id);
