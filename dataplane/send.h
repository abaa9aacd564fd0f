/*
 * send.h - stages: the next target's request is written, and sent.
 */
#pragma once

#include "common/status.h"

struct request;

/* Takes the next target of the plan; E_UNAVAILABLE when none is left. */
enum status translate_stage(struct request *);

/* PENDING: response.c goes on with what comes back. */
enum status send_stage(struct request *);
