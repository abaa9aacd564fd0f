/*
 * verbs.h - list, get, create, update, delete: the same for every resource.
 */
#pragma once

#include "cli/exit.h"
#include "cli/session.h"

enum exit_code verb_list(struct session *);
enum exit_code verb_get(struct session *);
enum exit_code verb_create(struct session *);
enum exit_code verb_update(struct session *);
enum exit_code verb_delete(struct session *);

/* key rotate ID [--grace_seconds N] | key revoke ID --reason TEXT */
enum exit_code verb_key(struct session *);

enum exit_code verb_whoami(struct session *);
