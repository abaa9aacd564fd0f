/*
 * link.c - what goes through a link: questions, answers, rings.
 */
#include "common/link.h"

#include <nng/nng.h>
#include <nng/supplemental/util/platform.h>
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/base.h"
#include "common/clock.h"
#include "common/link_private.h"

/* An asker that does not take its answer must not keep a thread. */
#define REPLY_TIMEOUT_MS 5000

/* Between attempts after a failure that nothing can be done about. */
#define RETRY_MS 100

static void
call_begin(struct link *link, struct link_call *call)
{
	*call = (struct link_call){ .link = link };
	if (nng_aio_alloc(&call->aio, NULL, NULL) != 0)
		abort();
	pthread_mutex_lock(&link->lock);
	list_append(&link->calls, &call->node);
	pthread_mutex_unlock(&link->lock);
}

/* The link may be gone when this returns. */
static void
call_end(struct link_call *call)
{
	struct link *link = call->link;

	nng_ctx_close(call->ctx);
	pthread_mutex_lock(&link->lock);
	list_remove(&call->node);
	if (list_is_empty(&link->calls))
		pthread_cond_signal(&link->idle);
	pthread_mutex_unlock(&link->lock);
	nng_aio_free(call->aio);
}

/*
 * One operation from start to end.  It starts under the lock, so that a stop
 * either prevents it or finds it to cancel.
 */
static enum status
call_run(struct link_call *call, void (*start)(struct link_call *),
    nng_duration timeout_ms)
{
	bool is_stopped;

	nng_aio_set_timeout(call->aio, timeout_ms);
	pthread_mutex_lock(&call->link->lock);
	is_stopped = call->link->is_stopped;
	if (!is_stopped)
		start(call);
	pthread_mutex_unlock(&call->link->lock);
	if (is_stopped)
		return E_CANCELLED;
	nng_aio_wait(call->aio);
	return link_status(nng_aio_result(call->aio));
}

static void
start_send(struct link_call *call)
{
	nng_ctx_send(call->ctx, call->aio);
}

static void
start_receive(struct link_call *call)
{
	nng_ctx_recv(call->ctx, call->aio);
}

static void
start_subscribed(struct link_call *call)
{
	nng_recv_aio(call->link->socket, call->aio);
}

static nng_msg *
message_new(struct str content)
{
	nng_msg *message;

	if (nng_msg_alloc(&message, content.len) != 0)
		abort();
	if (content.len > 0)
		memcpy(nng_msg_body(message), content.ptr, content.len);
	return message;
}

static struct str
message_content(nng_msg *message)
{
	return str_make(nng_msg_body(message), nng_msg_len(message));
}

static enum status
message_send(struct link_call *call, struct str content, int timeout_ms)
{
	nng_msg *message = message_new(content);
	enum status s;

	nng_aio_set_msg(call->aio, message);
	s = call_run(call, start_send, timeout_ms);
	if (s != OK) /* else it is NNG's */
		nng_msg_free(message);
	return s;
}

/* Copies what was received into the arena. */
static struct str
message_take(struct link_call *call, struct arena *arena)
{
	nng_msg *message = nng_aio_get_msg(call->aio);
	struct str copy = str_copy(arena, message_content(message));

	nng_msg_free(message);
	return copy;
}

static enum status
ask(struct link_call *call, struct arena *arena, struct str question,
    int timeout_ms, struct str *out_answer)
{
	int64_t end_ns = clock_mono_ns() + timeout_ms * NS_PER_MS;
	int64_t left_ms;
	enum status s;

	s = link_status(nng_ctx_open(&call->ctx, call->link->socket));
	if (s != OK)
		return s;
	s = message_send(call, question, timeout_ms);
	if (s != OK)
		return s;
	left_ms = (end_ns - clock_mono_ns()) / NS_PER_MS;
	if (left_ms <= 0)
		return E_TIMEOUT;
	s = call_run(call, start_receive, (nng_duration)left_ms);
	if (s == OK)
		*out_answer = message_take(call, arena);
	return s;
}

enum status
link_ask(struct link *link, struct arena *arena, struct str question,
    int timeout_ms, struct str *out_answer)
{
	struct link_call call;
	enum status s;

	assert(timeout_ms > 0);
	if (question.len > LINK_MESSAGE_MAX_BYTES)
		return E_TOO_LARGE;
	call_begin(link, &call);
	s = ask(&call, arena, question, timeout_ms, out_answer);
	call_end(&call);
	return s;
}

static void
question_serve(struct link_server *server, struct arena *arena)
{
	struct link *link = server->call.link;
	nng_msg *question = nng_aio_get_msg(server->call.aio);
	struct str answer = link->answer(
	    link->context, server->slot, arena, message_content(question));

	assert(answer.len <= LINK_MESSAGE_MAX_BYTES);
	/* An answer that is lost is asked for again. */
	if (answer.len > 0)
		(void)message_send(&server->call, answer, REPLY_TIMEOUT_MS);
	nng_msg_free(question);
}

static void *
server_run(void *arg)
{
	CLEANUP(arena_done) struct arena arena;
	struct link_server *server = arg;
	enum status s;

	arena_init(&arena, 0);
	for (;;) {
		s = call_run(
		    &server->call, start_receive, NNG_DURATION_INFINITE);
		if (s == E_CANCELLED)
			break;
		if (s != OK) {
			nng_msleep(RETRY_MS);
			continue;
		}
		question_serve(server, &arena);
		arena_reset(&arena);
	}
	call_end(&server->call);
	return NULL;
}

static enum status
server_start(struct link *link, struct link_server *server)
{
	enum status s;

	call_begin(link, &server->call);
	s = link_status(nng_ctx_open(&server->call.ctx, link->socket));
	if (s == OK &&
	    pthread_create(&server->thread, NULL, server_run, server) != 0)
		s = E_UNAVAILABLE;
	if (s != OK)
		call_end(&server->call);
	return s;
}

enum status
link_serve(
    struct link *link, unsigned threads, link_answer_fn answer, void *context)
{
	enum status s;

	assert(threads > 0);
	assert(answer != NULL);
	assert(link->servers == NULL);

	link->servers = calloc(threads, sizeof(*link->servers));
	if (link->servers == NULL)
		abort();
	link->answer = answer;
	link->context = context;
	for (unsigned i = 0; i < threads; i++) {
		link->servers[i].slot = i;
		s = server_start(link, &link->servers[i]);
		if (s != OK)
			return s;
		link->server_count++;
	}
	return OK;
}

enum status
link_publish(struct link *link, struct str content)
{
	nng_msg *message = message_new(content);
	enum status s = E_CANCELLED;

	pthread_mutex_lock(&link->lock);
	if (!link->is_stopped)
		s = link_status(
		    nng_sendmsg(link->socket, message, NNG_FLAG_NONBLOCK));
	pthread_mutex_unlock(&link->lock);
	if (s != OK) /* else it is NNG's */
		nng_msg_free(message);
	return s;
}

enum status
link_receive(struct link *link, struct arena *arena, int timeout_ms,
    struct str *out_message)
{
	struct link_call call;
	enum status s;

	call_begin(link, &call);
	s = call_run(&call, start_subscribed, timeout_ms);
	if (s == OK)
		*out_message = message_take(&call, arena);
	call_end(&call);
	return s;
}
