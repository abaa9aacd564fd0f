/*
 * models.h - stages: GET /v1/models and /v1/models/{id}, the aliases this key
 * may name.
 */
#pragma once

#include "common/status.h"

struct request;

enum status models_stage(struct request *);
enum status model_stage(struct request *);
