/*
 * route.h - stage: which targets may serve this request, best first.
 *
 * A name with a provider's slug before a slash goes straight there.  Else the
 * first route that matches decides; else the alias's own deployments.
 */
#pragma once

#include "common/status.h"

struct request;

enum status route_stage(struct request *);
