/*
 * period.h - from and to, as usage and requests take them.
 */
#pragma once

#include "controlplane/http/call.h"

struct period {
	int64_t from_us;
	int64_t to_us;
};

/*
 * Parameters "from" and "to"; left out, they are the last length_us, until a
 * minute from now, for clocks differ.  A fault when nothing lies between.
 */
enum status period_read(struct call *, int64_t length_us, struct period *out);
