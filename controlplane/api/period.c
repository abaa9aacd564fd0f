/*
 * period.c - see period.h.
 */
#include "controlplane/api/period.h"

#include "common/clock.h"

enum status
period_read(struct call *call, int64_t length_us, struct period *out)
{
	if (clock_parse(call_param(call, "to"), &out->to_us) != OK)
		out->to_us = clock_wall_us() + 60 * US_PER_S;
	if (clock_parse(call_param(call, "from"), &out->from_us) != OK)
		out->from_us = out->to_us - length_us;
	if (out->from_us >= out->to_us)
		fault_add(&call->problem.faults, STR("/from"), "range",
		    "must be before to");
	return call_faults(call);
}
