/*
 * serve.h - the control plane at work: from keys to probes, and back.
 */
#pragma once

#include "controlplane/settings.h"

/*
 * Until SIGTERM or SIGINT, which drains and gives OK.  A database that is
 * away is waited for; one that does not fit is a failure, told in `fault`.
 */
enum status serve(const struct control_settings *, struct buf *fault);
