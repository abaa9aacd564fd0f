/*
 * loop.c - see loop.h.
 *
 * Sources belong to their owners, so the loop keeps no list of them: a turn
 * fetches a batch of events, and removing a source strikes it from what is
 * left of the batch.  Timers stand in a heap with four children per node,
 * which is flatter than a binary one and keeps siblings in one cache line.
 */
#include "common/loop.h"

#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/base.h"
#include "common/clock.h"

#define BATCH_MAX 256
#define TIMERS_FIRST 64
#define CHILDREN 4

struct loop {
	int epoll_fd;
	struct loop_source waker; /* an eventfd */
	void (*on_wake)(void *);
	void *on_wake_arg;
	_Atomic bool is_stopping;
	int64_t now_ns;

	struct epoll_event batch[BATCH_MAX];
	int batch_next;
	int batch_end;

	struct loop_timer **timers;
	size_t timer_count;
	size_t timer_cap;
};

static void
on_waker(struct loop_source *source, uint32_t events)
{
	struct loop *loop = container_of(source, struct loop, waker);
	eventfd_t count;

	/* Fails only when there is nothing to read, which is fine too. */
	(void)eventfd_read(source->fd, &count);
	if (loop->on_wake != NULL)
		loop->on_wake(loop->on_wake_arg);
}

struct loop *
loop_new(void)
{
	struct loop *loop = calloc(1, sizeof(*loop));

	if (loop == NULL)
		abort();
	loop->now_ns = clock_mono_ns();
	loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	loop->waker.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	loop->waker.on_event = on_waker;
	if (loop->epoll_fd < 0 || loop->waker.fd < 0 ||
	    loop_add(loop, &loop->waker, EPOLLIN) != OK) {
		loop_free(loop);
		return NULL;
	}
	return loop;
}

void
loop_free(struct loop *loop)
{
	if (loop == NULL)
		return;
	if (loop->waker.fd >= 0)
		close(loop->waker.fd);
	if (loop->epoll_fd >= 0)
		close(loop->epoll_fd);
	free(loop->timers);
	free(loop);
}

enum status
loop_add(struct loop *loop, struct loop_source *source, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = source };

	assert(source->on_event != NULL);

	source->events = events;
	if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, source->fd, &event) == 0)
		return OK;
	switch (errno) {
	case EEXIST:
		return E_CONFLICT;
	case EBADF:
	case EPERM: /* a regular file is always ready, so never watched */
		return E_INVALID;
	default:
		return E_UNAVAILABLE;
	}
}

void
loop_modify(struct loop *loop, struct loop_source *source, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = source };
	int result;

	/* Edges and one-shots are armed anew by saying the same again. */
	if (events == source->events &&
	    (events & (EPOLLET | EPOLLONESHOT)) == 0)
		return;
	source->events = events;
	result = epoll_ctl(loop->epoll_fd, EPOLL_CTL_MOD, source->fd, &event);
	assert(result == 0);
}

void
loop_remove(struct loop *loop, struct loop_source *source)
{
	/* The kernel forgets a descriptor that was closed before by itself. */
	(void)epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, source->fd, NULL);
	source->events = 0;
	for (int i = loop->batch_next; i < loop->batch_end; i++) {
		if (loop->batch[i].data.ptr == source)
			loop->batch[i].data.ptr = NULL;
	}
}

static void
timer_place(struct loop *loop, size_t index, struct loop_timer *timer)
{
	loop->timers[index] = timer;
	timer->place = index + 1;
}

/* Moves the timer from the free node `index` towards the root. */
static void
sift_up(struct loop *loop, size_t index, struct loop_timer *timer)
{
	while (index > 0) {
		size_t parent = (index - 1) / CHILDREN;

		if (loop->timers[parent]->due_ns <= timer->due_ns)
			break;
		timer_place(loop, index, loop->timers[parent]);
		index = parent;
	}
	timer_place(loop, index, timer);
}

/* The child that is due first; `index` must have one. */
static size_t
first_child(const struct loop *loop, size_t index)
{
	size_t first = index * CHILDREN + 1;
	size_t end = size_min(first + CHILDREN, loop->timer_count);
	size_t best = first;

	for (size_t i = first + 1; i < end; i++) {
		if (loop->timers[i]->due_ns < loop->timers[best]->due_ns)
			best = i;
	}
	return best;
}

/* Moves the timer from the free node `index` towards the leaves. */
static void
sift_down(struct loop *loop, size_t index, struct loop_timer *timer)
{
	while (index * CHILDREN + 1 < loop->timer_count) {
		size_t child = first_child(loop, index);

		if (loop->timers[child]->due_ns >= timer->due_ns)
			break;
		timer_place(loop, index, loop->timers[child]);
		index = child;
	}
	timer_place(loop, index, timer);
}

static void
timers_grow(struct loop *loop)
{
	size_t cap = size_max(loop->timer_cap * 2, TIMERS_FIRST);

	loop->timers = reallocarray(loop->timers, cap, sizeof(*loop->timers));
	if (loop->timers == NULL)
		abort();
	loop->timer_cap = cap;
}

void
loop_timer_set(struct loop *loop, struct loop_timer *timer, int64_t due_ns)
{
	bool is_later = due_ns > timer->due_ns;
	size_t index;

	assert(timer->on_expiry != NULL);
	assert(timer->place <= loop->timer_count);

	timer->due_ns = due_ns;
	if (timer->place == 0) {
		if (loop->timer_count == loop->timer_cap)
			timers_grow(loop);
		sift_up(loop, loop->timer_count++, timer);
		return;
	}
	index = timer->place - 1;
	assert(loop->timers[index] == timer);
	if (is_later)
		sift_down(loop, index, timer);
	else
		sift_up(loop, index, timer);
}

void
loop_timer_clear(struct loop *loop, struct loop_timer *timer)
{
	struct loop_timer *last;
	size_t index;

	if (timer->place == 0)
		return;
	index = timer->place - 1;
	assert(index < loop->timer_count);
	assert(loop->timers[index] == timer);

	timer->place = 0;
	last = loop->timers[--loop->timer_count];
	if (last == timer)
		return;
	/* The last one fills the gap; it may belong above or below it. */
	if (last->due_ns < timer->due_ns)
		sift_up(loop, index, last);
	else
		sift_down(loop, index, last);
}

/* Milliseconds to wait: whole ones, rounded up so as not to spin. */
static int
wait_time_ms(const struct loop *loop, int wait_ms)
{
	int64_t left_ns;
	int64_t left_ms;

	if (loop->timer_count == 0 || wait_ms == 0)
		return wait_ms;
	left_ns = loop->timers[0]->due_ns - clock_mono_ns();
	if (left_ns <= 0)
		return 0;
	left_ms = (left_ns - 1) / NS_PER_MS + 1;
	if (wait_ms > 0)
		return (int)i64_min(left_ms, wait_ms);
	return (int)i64_min(left_ms, INT_MAX);
}

static void
deliver_events(struct loop *loop)
{
	while (loop->batch_next < loop->batch_end) {
		struct epoll_event *event = &loop->batch[loop->batch_next++];
		struct loop_source *source = event->data.ptr;
		uint32_t events;

		if (source == NULL)
			continue;
		/* What an earlier handler of this turn gave up waiting for. */
		events = event->events & (source->events | EPOLLERR | EPOLLHUP);
		if (events != 0)
			source->on_event(source, events);
	}
}

/* As many at most as are set now: a timer set again at once can wait. */
static void
run_timers(struct loop *loop)
{
	for (size_t left = loop->timer_count; left > 0; left--) {
		struct loop_timer *timer;

		if (loop->timer_count == 0)
			return;
		timer = loop->timers[0];
		if (timer->due_ns > loop->now_ns)
			return;
		loop_timer_clear(loop, timer);
		timer->on_expiry(timer);
	}
}

void
loop_turn(struct loop *loop, int wait_ms)
{
	int count = epoll_wait(loop->epoll_fd, loop->batch, BATCH_MAX,
	    wait_time_ms(loop, wait_ms));

	loop->now_ns = clock_mono_ns();
	loop->batch_next = 0;
	loop->batch_end = count > 0 ? count : 0; /* EINTR: a turn of nothing */
	deliver_events(loop);
	run_timers(loop);
}

void
loop_run(struct loop *loop)
{
	while (!loop_is_stopping(loop))
		loop_turn(loop, -1);
}

void
loop_stop(struct loop *loop)
{
	atomic_store(&loop->is_stopping, true);
	loop_wake(loop);
}

bool
loop_is_stopping(const struct loop *loop)
{
	return atomic_load(&loop->is_stopping);
}

void
loop_wake(struct loop *loop)
{
	/* Fails only when so many wakes are pending that one more is moot. */
	(void)eventfd_write(loop->waker.fd, 1);
}

void
loop_on_wake(struct loop *loop, void (*on_wake)(void *), void *arg)
{
	loop->on_wake = on_wake;
	loop->on_wake_arg = arg;
}

int64_t
loop_now_ns(const struct loop *loop)
{
	return loop->now_ns;
}
