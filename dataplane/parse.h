/*
 * parse.h - stage: the body, read for what the later stages need.
 */
#pragma once

#include "common/status.h"

struct request;

enum status parse_stage(struct request *);
