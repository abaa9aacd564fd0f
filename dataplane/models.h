/*
 * models.h - stage: GET /v1/models, the aliases this key may name.
 */
#pragma once

#include "common/status.h"

struct request;

enum status models_stage(struct request *);
