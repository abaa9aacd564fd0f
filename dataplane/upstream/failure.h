/*
 * failure.h - why a provider did not serve, in words that routing understands.
 *
 * The classes are those of a route's retry_on; failure.def also says which of
 * them another target may cure by default.
 */
#pragma once

#include <stdint.h>

#include "common/status.h"
#include "common/str.h"

enum failure_class {
	FAILURE_NONE,
	FAILURE_CONNECT,    /* no connection, TLS refused, name unknown */
	FAILURE_TIMEOUT,    /* one of the deadlines passed */
	FAILURE_RATE,	    /* too many requests or tokens; passes */
	FAILURE_QUOTA,	    /* out of credit; does not pass by waiting */
	FAILURE_OVERLOADED, /* 503, 529, "overloaded" */
	FAILURE_SERVER,	    /* other 5xx, or an answer that makes no sense */
	FAILURE_CONTEXT,    /* the prompt is too long for this model */
	FAILURE_CONTENT,    /* refused by the provider's content filter */
	FAILURE_AUTH,	    /* our credential was refused */
	FAILURE_MODEL,	    /* the provider does not know the model */
	FAILURE_INVALID,    /* the request itself: no target would take it */
	FAILURE_CUT,	    /* the answer ended before its terminal event */
	FAILURE_COUNT
};

/* "rate": the word in retry_on, in usage rows and in logs. */
const char *failure_word(enum failure_class);

/* FAILURE_NONE when the word is none of them. */
enum failure_class failure_parse(struct str word);

/* May another target serve what this one did not, unless a route says so? */
bool failure_is_retryable(enum failure_class);

/* How the caller hears of it when no target is left. */
enum status failure_status(enum failure_class);

struct failure {
	enum failure_class class;
	int http_status;	/* 0: no answer */
	struct str message;	/* the provider's words */
	struct str code;	/* the provider's code, or empty */
	int64_t retry_after_ms; /* -1: it did not say */
};
