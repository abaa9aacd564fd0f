/*
 * control.h - the simulator's own endpoints, under /_sim/.
 */
#pragma once

#include <stdbool.h>

struct buf;
struct http_request;
struct simulator;

bool control_is_path(const struct http_request *);

/* Writes the whole response. */
void control_answer(
    struct simulator *, const struct http_request *, struct buf *out);
