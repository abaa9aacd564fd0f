/*
 * exchange_inside.h - shared by exchange.c and exchange_run.c only.
 */
#pragma once

#include "simulator/exchange.h"

/* Once per exchange; later calls do nothing. */
void exchange_record_end(struct exchange *, enum outcome, int64_t now_ns);
