/* loop_test.c - events, timers and wake-ups of one loop. */
#include "common/loop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/clock.h"

struct end { /* one end of a pipe, watched */
	struct loop_source source;
	struct loop *loop;
	struct end *victim; /* to remove, and its memory to reuse */
	unsigned calls;
	uint32_t events;
};

static void
on_event(struct loop_source *source, uint32_t events)
{
	struct end *end = container_of(source, struct end, source);

	end->calls++;
	end->events = events;
	if (end->victim == NULL)
		return;
	loop_remove(end->loop, &end->victim->source);
	close(end->victim->source.fd);
	memset(end->victim, 0xff, sizeof(*end->victim));
}

static void
end_init(struct end *end, struct loop *loop, int fd)
{
	*end = (struct end){ .source = { .on_event = on_event, .fd = fd },
		.loop = loop };
}

static int
setup(void **state)
{
	*state = loop_new();
	return *state == NULL;
}

static int
teardown(void **state)
{
	loop_free(*state);
	return 0;
}

static void
test_events_are_delivered(void **state)
{
	struct loop *loop = *state;
	struct end end;
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	end_init(&end, loop, fds[0]);
	assert_int_equal(loop_add(loop, &end.source, EPOLLIN), OK);
	loop_turn(loop, 0);
	assert_int_equal(end.calls, 0);
	assert_int_equal(write(fds[1], "x", 1), 1);
	loop_turn(loop, -1);
	loop_turn(loop, -1);
	assert_int_equal(end.calls, 2);
	assert_int_equal(end.events, EPOLLIN);

	loop_modify(loop, &end.source, 0);
	loop_turn(loop, 0);
	assert_int_equal(end.calls, 2);
	close(fds[1]);
	loop_turn(loop, 0);
	assert_int_equal(end.calls, 3);
	assert_int_equal(end.events, EPOLLHUP);

	loop_remove(loop, &end.source);
	loop_turn(loop, 0);
	assert_int_equal(end.calls, 3);
	close(fds[0]);
}

static void
test_edges_are_armed_anew_by_modify(void **state)
{
	struct loop *loop = *state;
	struct end end;

	end_init(&end, loop, eventfd(1, 0));
	assert_int_equal(loop_add(loop, &end.source, EPOLLIN | EPOLLET), OK);
	loop_turn(loop, 0);
	loop_turn(loop, 0);
	assert_int_equal(end.calls, 1);
	loop_modify(loop, &end.source, EPOLLIN | EPOLLET);
	loop_turn(loop, 0);
	assert_int_equal(end.calls, 2);
	loop_remove(loop, &end.source);
	close(end.source.fd);
}

/* Whichever comes first removes the other, whose event is fetched already. */
static void
test_removed_in_the_same_turn(void **state)
{
	struct loop *loop = *state;
	struct end first;
	struct end second;
	struct end *called;

	end_init(&first, loop, eventfd(1, 0));
	end_init(&second, loop, eventfd(1, 0));
	first.victim = &second;
	second.victim = &first;
	assert_int_equal(loop_add(loop, &first.source, EPOLLIN), OK);
	assert_int_equal(loop_add(loop, &second.source, EPOLLIN), OK);
	loop_turn(loop, -1);

	called = first.calls == 1 ? &first : &second;
	assert_int_equal(called->calls, 1);
	called->victim = NULL;
	loop_turn(loop, -1);
	assert_int_equal(called->calls, 2);
	loop_remove(loop, &called->source);
	close(called->source.fd);
}

static void
on_event_remove_self(struct loop_source *source, uint32_t events)
{
	struct end *end = container_of(source, struct end, source);

	loop_remove(end->loop, source);
	close(source->fd);
	free(end);
}

static void
test_source_may_free_itself(void **state)
{
	struct loop *loop = *state;

	for (int i = 0; i < 300; i++) { /* more than one batch */
		struct end *end = calloc(1, sizeof(*end));

		end_init(end, loop, eventfd(1, 0));
		end->source.on_event = on_event_remove_self;
		assert_int_equal(loop_add(loop, &end->source, EPOLLIN), OK);
	}
	loop_turn(loop, 0);
	loop_turn(loop, 0);
	loop_turn(loop, 0);
}

static void
test_add_says_what_is_wrong(void **state)
{
	struct loop *loop = *state;
	struct end end;

	end_init(&end, loop, -1);
	assert_int_equal(loop_add(loop, &end.source, EPOLLIN), E_INVALID);
	end_init(&end, loop, open("/proc/self/exe", O_RDONLY));
	assert_int_equal(loop_add(loop, &end.source, EPOLLIN), E_INVALID);
	close(end.source.fd);
	end_init(&end, loop, eventfd(0, 0));
	assert_int_equal(loop_add(loop, &end.source, EPOLLIN), OK);
	assert_int_equal(loop_add(loop, &end.source, EPOLLIN), E_CONFLICT);
	close(end.source.fd);
	loop_remove(loop, &end.source); /* closed before: no harm */
}

struct alarm {
	struct loop_timer timer;
	struct loop *loop;
	struct loop_timer *victim; /* to clear when called */
	int number;
	bool repeats;
};

static int fired[4096];
static size_t fired_count;

static void
on_expiry(struct loop_timer *timer)
{
	struct alarm *alarm = container_of(timer, struct alarm, timer);

	fired[fired_count++] = alarm->number;
	if (alarm->victim != NULL)
		loop_timer_clear(alarm->loop, alarm->victim);
	if (alarm->repeats)
		loop_timer_set(alarm->loop, timer, 0);
}

static void
alarm_init(struct alarm *alarm, struct loop *loop, int number)
{
	*alarm = (struct alarm){
		.timer = { .on_expiry = on_expiry },
		.loop = loop,
		.number = number,
	};
}

static void
test_timers_run_in_order_and_on_time(void **state)
{
	struct loop *loop = *state;
	struct alarm alarms[3];
	int64_t start_ns = clock_mono_ns();

	fired_count = 0;
	for (int i = 0; i < 3; i++) {
		alarm_init(&alarms[i], loop, i);
		loop_timer_set(loop, &alarms[i].timer,
		    start_ns + (30 - 10 * i) * NS_PER_MS);
	}
	while (fired_count < 3)
		loop_turn(loop, -1);
	assert_int_equal(fired[0], 2);
	assert_int_equal(fired[1], 1);
	assert_int_equal(fired[2], 0);
	assert_true(loop_now_ns(loop) - start_ns >= 30 * NS_PER_MS);
	assert_true(loop_now_ns(loop) <= clock_mono_ns());
	loop_turn(loop, 0);
	assert_int_equal(fired_count, 3);
}

static void
test_timer_shortens_the_wait(void **state)
{
	struct loop *loop = *state;
	int64_t start_ns = clock_mono_ns();
	struct alarm alarm;

	alarm_init(&alarm, loop, 1);
	fired_count = 0;
	loop_timer_set(loop, &alarm.timer, start_ns + 5 * NS_PER_MS);
	loop_turn(loop, 60000);
	assert_int_equal(fired_count, 1);
	assert_true(clock_mono_ns() - start_ns < 10 * NS_PER_S);
	loop_timer_set(loop, &alarm.timer, clock_mono_ns() + 60 * NS_PER_S);
	loop_turn(loop, 1);
	assert_int_equal(fired_count, 1);
	loop_timer_clear(loop, &alarm.timer);
	loop_timer_clear(loop, &alarm.timer);
}

static void
test_timer_set_again_waits_for_the_next_turn(void **state)
{
	struct loop *loop = *state;
	struct alarm alarm;

	alarm_init(&alarm, loop, 1);
	alarm.repeats = true;
	fired_count = 0;
	loop_timer_set(loop, &alarm.timer, 0);
	loop_turn(loop, -1);
	assert_int_equal(fired_count, 1);
	loop_turn(loop, -1);
	assert_int_equal(fired_count, 2);
	loop_timer_clear(loop, &alarm.timer);
}

static void
test_timer_cleared_by_another(void **state)
{
	struct loop *loop = *state;
	struct alarm first;
	struct alarm second;

	alarm_init(&first, loop, 1);
	alarm_init(&second, loop, 2);
	first.victim = &second.timer;
	fired_count = 0;
	loop_timer_set(loop, &first.timer, 1);
	loop_timer_set(loop, &second.timer, 2);
	loop_turn(loop, 0);
	loop_turn(loop, 0);
	assert_int_equal(fired_count, 1);
}

/* Sets, moves and clears at random; what is left must fire sorted. */
static void
test_many_timers(void **state)
{
	struct loop *loop = *state;
	static struct alarm alarms[1000];
	int64_t last_ns = 0;
	size_t set = 0;

	srand(7);
	for (size_t i = 0; i < ARRAY_LEN(alarms); i++)
		alarm_init(&alarms[i], loop, (int)i);
	for (int round = 0; round < 20000; round++) {
		struct alarm *alarm = &alarms[rand() % ARRAY_LEN(alarms)];

		if (rand() % 3 == 0)
			loop_timer_clear(loop, &alarm->timer);
		else
			loop_timer_set(loop, &alarm->timer, rand() % 500);
	}
	for (size_t i = 0; i < ARRAY_LEN(alarms); i++)
		set += alarms[i].timer.place != 0;
	fired_count = 0;
	loop_turn(loop, 0);
	assert_int_equal(fired_count, set);
	for (size_t i = 0; i < fired_count; i++) {
		assert_true(alarms[fired[i]].timer.due_ns >= last_ns);
		last_ns = alarms[fired[i]].timer.due_ns;
	}
}

static void
count_wake(void *arg)
{
	unsigned *wakes = arg;

	++*wakes;
}

static void *
wake_from_outside(void *arg)
{
	for (int i = 0; i < 1000; i++)
		loop_wake(arg);
	loop_stop(arg);
	return NULL;
}

static void
test_wake_and_stop_from_another_thread(void **state)
{
	struct loop *loop = *state;
	unsigned wakes = 0;
	pthread_t thread;

	loop_on_wake(loop, count_wake, &wakes);
	assert_false(loop_is_stopping(loop));
	pthread_create(&thread, NULL, wake_from_outside, loop);
	loop_run(loop);
	pthread_join(thread, NULL);
	loop_turn(loop, 0); /* it may have been stopped before it ran */
	assert_true(loop_is_stopping(loop));
	assert_in_range(wakes, 1, 1001);
	loop_run(loop); /* returns at once */
}

static void
test_wake_without_listener(void **state)
{
	loop_wake(*state);
	loop_turn(*state, -1);
}

static void
test_no_descriptors_left(void **state)
{
	struct rlimit limit;
	struct rlimit none;

	getrlimit(RLIMIT_NOFILE, &limit);
	none = limit;
	none.rlim_cur = 3;
	setrlimit(RLIMIT_NOFILE, &none);
	assert_null(loop_new());
	setrlimit(RLIMIT_NOFILE, &limit);
	loop_free(NULL);
}

#define WITH_LOOP(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_LOOP(test_events_are_delivered),
		WITH_LOOP(test_edges_are_armed_anew_by_modify),
		WITH_LOOP(test_removed_in_the_same_turn),
		WITH_LOOP(test_source_may_free_itself),
		WITH_LOOP(test_add_says_what_is_wrong),
		WITH_LOOP(test_timers_run_in_order_and_on_time),
		WITH_LOOP(test_timer_shortens_the_wait),
		WITH_LOOP(test_timer_set_again_waits_for_the_next_turn),
		WITH_LOOP(test_timer_cleared_by_another),
		WITH_LOOP(test_many_timers),
		WITH_LOOP(test_wake_and_stop_from_another_thread),
		WITH_LOOP(test_wake_without_listener),
		cmocka_unit_test(test_no_descriptors_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
