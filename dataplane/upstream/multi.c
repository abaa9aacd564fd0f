/*
 * multi.c - see multi.h for the idea.
 */
#include "dataplane/upstream/multi.h"

#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "common/base.h"
#include "common/clock.h"
#include "common/loop.h"

#define TIMER_RUNS_MAX 8

struct watched { /* one per descriptor number, kept for reuse */
	struct loop_source source;
	struct multi *multi;
	uint32_t registered; /* 0: not with epoll */
	uint32_t wanted;     /* by curl, at this moment */
};

struct multi { /* lifetime: worker */
	CURLM *curl;
	struct loop *loop;
	struct loop_timer timer;
	bool due_now;
	struct watched **watched; /* by descriptor */
	size_t watched_count;
};

static void
on_socket(struct loop_source *source, uint32_t events)
{
	struct watched *w = container_of(source, struct watched, source);
	int flags = 0;
	int running;

	if (w->wanted == 0) {
		if (w->registered != 0)
			loop_remove(w->multi->loop, source);
		w->registered = 0;
		return;
	}
	if (events & EPOLLIN)
		flags |= CURL_CSELECT_IN;
	if (events & EPOLLOUT)
		flags |= CURL_CSELECT_OUT;
	if (events & (EPOLLERR | EPOLLHUP))
		flags |= CURL_CSELECT_ERR | CURL_CSELECT_IN;
	curl_multi_socket_action(w->multi->curl, source->fd, flags, &running);
}

static struct watched *
watched_of(struct multi *multi, curl_socket_t fd)
{
	size_t place = (size_t)fd;

	if (place >= multi->watched_count) {
		size_t count = size_max(place + 1, multi->watched_count * 2);

		multi->watched =
		    realloc(multi->watched, count * sizeof(*multi->watched));
		if (multi->watched == NULL)
			abort();
		while (multi->watched_count < count)
			multi->watched[multi->watched_count++] = NULL;
	}
	if (multi->watched[place] == NULL) {
		struct watched *w = calloc(1, sizeof(*w));

		if (w == NULL)
			abort();
		w->multi = multi;
		w->source.fd = fd;
		w->source.on_event = on_socket;
		multi->watched[place] = w;
	}
	return multi->watched[place];
}

static int
on_curl_socket(
    CURL *easy, curl_socket_t fd, int what, void *context, void *socket_context)
{
	struct multi *multi = context;
	struct watched *w = watched_of(multi, fd);
	uint32_t events = 0;

	if (what != CURL_POLL_REMOVE && (what & CURL_POLL_IN))
		events |= EPOLLIN;
	if (what != CURL_POLL_REMOVE && (what & CURL_POLL_OUT))
		events |= EPOLLOUT;
	w->wanted = events;
	if (events == 0 || events == w->registered)
		return 0;
	if (w->registered != 0)
		loop_modify(multi->loop, &w->source, events);
	else if (loop_add(multi->loop, &w->source, events) != OK)
		return -1;
	w->registered = events;
	return 0;
}

static int
on_close_socket(void *context, curl_socket_t fd)
{
	struct multi *multi = context;
	struct watched *w = watched_of(multi, fd);

	if (w->registered != 0)
		loop_remove(multi->loop, &w->source);
	w->registered = 0;
	w->wanted = 0;
	return close(fd);
}

static void
on_timer(struct loop_timer *timer)
{
	container_of(timer, struct multi, timer)->due_now = true;
}

static int
on_curl_timer(CURLM *curl, long wait_ms, void *context)
{
	struct multi *multi = context;

	multi->due_now = wait_ms == 0;
	loop_timer_clear(multi->loop, &multi->timer);
	if (wait_ms > 0)
		loop_timer_set(multi->loop, &multi->timer,
		    clock_mono_ns() + wait_ms * NS_PER_MS);
	return 0;
}

struct multi *
multi_new(struct loop *loop, long connections_max)
{
	struct multi *multi = calloc(1, sizeof(*multi));

	if (multi == NULL)
		abort();
	multi->loop = loop;
	multi->timer.on_expiry = on_timer;
	multi->curl = curl_multi_init();
	if (multi->curl == NULL)
		abort();
	curl_multi_setopt(multi->curl, CURLMOPT_SOCKETFUNCTION, on_curl_socket);
	curl_multi_setopt(multi->curl, CURLMOPT_SOCKETDATA, multi);
	curl_multi_setopt(multi->curl, CURLMOPT_TIMERFUNCTION, on_curl_timer);
	curl_multi_setopt(multi->curl, CURLMOPT_TIMERDATA, multi);
	curl_multi_setopt(multi->curl, CURLMOPT_MAXCONNECTS, connections_max);
	curl_multi_setopt(multi->curl, CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
	return multi;
}

void
multi_free(struct multi *multi)
{
	if (multi == NULL)
		return;
	curl_multi_cleanup(multi->curl);
	loop_timer_clear(multi->loop, &multi->timer);
	for (size_t i = 0; i < multi->watched_count; i++)
		free(multi->watched[i]);
	free(multi->watched);
	free(multi);
}

CURLM *
multi_handle(struct multi *multi)
{
	return multi->curl;
}

void
multi_adopt(struct multi *multi, CURL *easy)
{
	curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close_socket);
	curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, multi);
}

void
multi_turn(struct multi *multi)
{
	int running;

	for (int run = 0; run < TIMER_RUNS_MAX && multi->due_now; run++) {
		multi->due_now = false;
		curl_multi_socket_action(
		    multi->curl, CURL_SOCKET_TIMEOUT, 0, &running);
	}
}

CURL *
multi_next_done(struct multi *multi, CURLcode *out_result)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(multi->curl, &left)) != NULL) {
		CURL *easy = message->easy_handle;

		if (message->msg != CURLMSG_DONE)
			continue;
		*out_result = message->data.result;
		curl_multi_remove_handle(multi->curl, easy);
		return easy;
	}
	return NULL;
}
