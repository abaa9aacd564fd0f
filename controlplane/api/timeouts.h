/*
 * timeouts.h - how long a gateway waits, of providers and of routes.
 */
#pragma once

#include "controlplane/http/field.h"

/* connect_ms, header_ms, first_content_ms, idle_ms, total_ms. */
extern const struct shape timeouts_shape;
