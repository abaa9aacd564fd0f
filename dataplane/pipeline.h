/*
 * pipeline.h - the stages of a request, in order.
 */
#pragma once

#include "dataplane/listener/endpoint.h"

struct request;

extern const struct stage chat_stages[];
extern const struct stage models_stages[];
extern const struct stage model_stages[];

/* Runs stages until one is pending, refuses, or the last is done. */
void pipeline_run(struct request *);

/* Goes back to the stage that prepares the next target. */
void pipeline_rewind(struct request *);
