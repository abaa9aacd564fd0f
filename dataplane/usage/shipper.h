/*
 * shipper.h - carries the spool to the control plane.
 *
 * One thread, one batch under way at a time: read, ask, wait for the
 * acknowledgement that follows the COMMIT, trim.  When the control plane is
 * away the spool grows and nothing is lost.
 */
#pragma once

#include "common/status.h"

struct control;
struct shipper;
struct spool;

enum status shipper_open(
    struct control *, struct spool *, struct shipper **out);

/* Tries for drain_ms to ship what is left, then stops. */
void shipper_close(struct shipper *, int drain_ms);
