/*
 * patience.c - the timer is moved only when it fires, not with every byte.
 */
#include "dataplane/patience.h"

#include "common/clock.h"
#include "dataplane/request.h"
#include "dataplane/response.h"
#include "dataplane/settings.h"
#include "dataplane/worker.h"

static int64_t
choose_ms(uint32_t route_ms, uint32_t provider_ms, int64_t setting_ms)
{
	if (route_ms != 0)
		return route_ms;
	return provider_ms != 0 ? provider_ms : setting_ms;
}

int64_t
patience_connect_ms(const struct request *req)
{
	return choose_ms(req->plan.timeouts.connect_ms,
	    req->attempt.target->provider->timeouts.connect_ms,
	    req->worker->settings->connect_timeout_ms);
}

/* The deadline in force, and what is late when it passes. */
static int64_t
deadline_ns(const struct request *req, const char **out_what)
{
	const struct settings *settings = req->worker->settings;
	const struct attempt *attempt = &req->attempt;
	const struct snapshot_timeouts *route = &req->plan.timeouts;
	const struct snapshot_timeouts *own =
	    &attempt->target->provider->timeouts;
	int64_t due_ns;

	if (!attempt->has_head) {
		*out_what = "no answer";
		due_ns = attempt->start_ns +
		    choose_ms(route->header_ms, own->header_ms,
			settings->header_timeout_ms) *
			NS_PER_MS;
	} else {
		*out_what = "the answer stalled";
		due_ns = attempt->active_ns +
		    choose_ms(route->idle_ms, own->idle_ms,
			settings->idle_timeout_ms) *
			NS_PER_MS;
	}
	if (req->content_ns == 0 && req->facts.stream) {
		int64_t content_ns = attempt->start_ns +
		    choose_ms(route->first_content_ms, own->first_content_ms,
			settings->first_content_timeout_ms) *
			NS_PER_MS;

		if (content_ns < due_ns) {
			*out_what = "no content";
			due_ns = content_ns;
		}
	}
	if (req->total_deadline_ns < due_ns) {
		*out_what = "no complete answer";
		due_ns = req->total_deadline_ns;
	}
	return due_ns;
}

static void
on_expiry(struct loop_timer *timer)
{
	struct request *req = container_of(timer, struct request, timer);
	const char *what;
	int64_t due_ns = deadline_ns(req, &what);

	if (req->attempt.done)
		return;
	if (due_ns > clock_mono_ns())
		loop_timer_set(req->worker->loop, timer, due_ns);
	else
		response_time_out(req, what);
}

void
patience_start(struct request *req)
{
	const char *what;

	req->timer.on_expiry = on_expiry;
	loop_timer_set(req->worker->loop, &req->timer, deadline_ns(req, &what));
}

void
patience_stop(struct request *req)
{
	loop_timer_clear(req->worker->loop, &req->timer);
}
