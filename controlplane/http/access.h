/*
 * access.h - who is calling, and may they.
 */
#pragma once

#include "controlplane/http/call.h"

/* Fills call->principal; E_UNAUTHENTICATED when there is nobody to trust. */
enum status access_authenticate(struct call *);

/* E_FORBIDDEN, named and audited, unless the principal has it. */
enum status access_require(struct call *, enum permission);

/* The same refusal for what only the whole platform's may do. */
enum status access_require_platform(struct call *);
