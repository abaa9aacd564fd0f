/*
 * multi.h - a curl multi driven by the worker's loop.
 *
 * Sockets stay registered with epoll after curl lets go of them for a moment
 * (between two requests of a kept connection), because registering anew costs
 * two system calls per request; an event nobody waits for removes them.
 */
#pragma once

#include <curl/curl.h>

struct loop;
struct multi;

struct multi *multi_new(struct loop *, long connections_max);
void multi_free(struct multi *);

CURLM *multi_handle(struct multi *);

/* Sets the socket callbacks an easy handle needs to be driven here. */
void multi_adopt(struct multi *, CURL *easy);

/* Makes sure that a handle just added is looked at in this turn. */
void multi_turn(struct multi *);

/* The next finished handle, taken out of the multi, or NULL. */
CURL *multi_next_done(struct multi *, CURLcode *out_result);
