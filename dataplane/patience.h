/*
 * patience.h - how long a request waits for its provider.
 *
 * One timer per request stands at the nearest deadline: for the status line,
 * for the first content, for the next sign of life, for the whole.  A route's
 * time goes before the provider's, the provider's before the setting.
 */
#pragma once

#include <stdint.h>

struct request;

int64_t patience_connect_ms(const struct request *);

/* At the start of an attempt. */
void patience_start(struct request *);
void patience_stop(struct request *);
