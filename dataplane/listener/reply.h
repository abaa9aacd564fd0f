/*
 * reply.h - the head of an answer: what Weir says about how it was served.
 */
#pragma once

#include "common/str.h"

struct request;

/* A whole answer from a provider. */
void reply_send(struct request *, struct str body);

/* The head of a streamed one. */
void reply_open_stream(struct request *);
