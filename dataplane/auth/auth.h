/*
 * auth.h - stage: who is asking.
 *
 * The key's public id finds its verifier in the snapshot, an HMAC proves the
 * rest; nothing is looked up elsewhere.  A stranger's key costs the same work
 * as a known one, and every refusal reads alike.
 */
#pragma once

#include "common/status.h"

struct request;

enum status auth_stage(struct request *);
