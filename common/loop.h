/*
 * loop.h - an event loop over epoll: descriptors, timers, wake-ups.
 *
 * A loop belongs to one thread; only loop_wake() and loop_stop() may be
 * called from others.  A source is embedded in its owner and must be removed
 * before the owner's memory goes; events already fetched for a source removed
 * in the same turn are not delivered.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/list.h"
#include "common/status.h"

struct loop;

struct loop_source { /* set on_event, then loop_add() */
	void (*on_event)(struct loop_source *, uint32_t epoll_events);
	int fd;
	uint32_t events; /* as registered; private */
};

struct loop_timer { /* set on_expiry, then loop_timer_set() */
	void (*on_expiry)(struct loop_timer *);
	int64_t due_ns; /* clock_mono_ns(); private */
	size_t place;	/* in the heap, 0 when not set; private */
};

/* NULL when the process has no descriptors left. */
struct loop *loop_new(void);
void loop_free(struct loop *);

/* events: EPOLLIN, EPOLLOUT, EPOLLRDHUP, EPOLLET …; fd is in the source. */
enum status loop_add(struct loop *, struct loop_source *, uint32_t events);
void loop_modify(struct loop *, struct loop_source *, uint32_t events);
void loop_remove(struct loop *, struct loop_source *);

void loop_timer_set(struct loop *, struct loop_timer *, int64_t due_ns);
void loop_timer_clear(struct loop *, struct loop_timer *);

/*
 * One turn: waits at most wait_ms (-1: until something happens; timers due
 * earlier shorten it), delivers what is ready, runs timers that are due.
 */
void loop_turn(struct loop *, int wait_ms);

/* Turns until loop_stop(). */
void loop_run(struct loop *);
void loop_stop(struct loop *);
bool loop_is_stopping(const struct loop *);

/* Makes a waiting turn return; on_wake (may be NULL) runs in the loop. */
void loop_wake(struct loop *);
void loop_on_wake(struct loop *, void (*on_wake)(void *), void *arg);

/* The time at the start of this turn: one clock read for many timers. */
int64_t loop_now_ns(const struct loop *);
