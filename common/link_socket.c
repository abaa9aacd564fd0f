/*
 * link_socket.c - a link's beginning and end.
 *
 * A link ends in three steps: what waits inside is cancelled, the threads
 * leave, the NNG socket is closed.  That last step can hang in NNG 1.5.2: a
 * pipe closed after the length of an incoming message was read, and before
 * its body, is never finished, and NNG waits for it.  So what is on its way
 * is given a moment to arrive, and the socket is closed by a thread of its
 * own, which is left behind when it takes too long.
 */
#include "common/link_private.h"

#include <nng/protocol/pubsub0/pub.h>
#include <nng/protocol/pubsub0/sub.h>
#include <nng/protocol/reqrep0/rep.h>
#include <nng/protocol/reqrep0/req.h>
#include <nng/supplemental/util/platform.h>
#include <stdlib.h>
#include <time.h>

#include "common/base.h"
#include "common/clock.h"

#define RECONNECT_MIN_MS 100
#define RECONNECT_MAX_MS 5000
#define RESEND_MS 2000
#define QUIET_MS 50
#define CLOSE_MAX_MS 2000

/* Subscribers have nothing to say. */
#define PUBLISH_RECEIVE_MAX_BYTES 1024

typedef int (*open_fn)(nng_socket *);

enum status
link_status(int error)
{
	switch (error) {
	case 0:
		return OK;
	case NNG_ETIMEDOUT:
		return E_TIMEOUT;
	case NNG_ECLOSED:
	case NNG_ECANCELED:
		return E_CANCELLED;
	case NNG_EADDRINUSE:
		return E_CONFLICT;
	case NNG_EINVAL:
	case NNG_EADDRINVAL:
	case NNG_ENOTSUP:
	case NNG_ECRYPTO: /* not a certificate, or not its key */
		return E_INVALID;
	case NNG_EPERM:
		return E_FORBIDDEN;
	case NNG_ENOENT:
		return E_NOT_FOUND;
	case NNG_EMSGSIZE:
		return E_TOO_LARGE;
	case NNG_ENOMEM:
		abort();
	default:
		return E_UNAVAILABLE;
	}
}

/* For what fails only when this file names an option wrongly. */
static void
require_nng(int error)
{
	if (error != 0)
		abort();
}

static enum status
link_new(open_fn open_socket, size_t receive_max_bytes, struct link **out)
{
	struct link *link = calloc(1, sizeof(*link));
	enum status s;

	if (link == NULL)
		abort();
	s = link_status(open_socket(&link->socket));
	if (s != OK) {
		free(link);
		return s;
	}
	require_nng(nng_socket_set_size(
	    link->socket, NNG_OPT_RECVMAXSZ, receive_max_bytes));
	pthread_mutex_init(&link->lock, NULL);
	pthread_cond_init(&link->idle, NULL);
	list_init(&link->calls);
	*out = link;
	return OK;
}

void
link_stop(struct link *link)
{
	pthread_mutex_lock(&link->lock);
	link->is_stopped = true;
	LIST_FOREACH (node, &link->calls)
		nng_aio_cancel(container_of(node, struct link_call, node)->aio);
	pthread_mutex_unlock(&link->lock);
}

struct closing {
	nng_socket socket;
	pthread_mutex_t lock; /* guards is_done */
	pthread_cond_t done;
	bool is_done;
};

static void *
close_run(void *arg)
{
	struct closing *closing = arg;

	nng_close(closing->socket);
	pthread_mutex_lock(&closing->lock);
	closing->is_done = true;
	pthread_cond_signal(&closing->done);
	pthread_mutex_unlock(&closing->lock);
	return NULL;
}

/* False when the socket was not closed in time. */
static bool
closing_wait(struct closing *closing)
{
	int64_t end_ns = clock_mono_ns() + CLOSE_MAX_MS * NS_PER_MS;
	struct timespec end = { .tv_sec = end_ns / NS_PER_S,
		.tv_nsec = end_ns % NS_PER_S };
	int error = 0;
	bool is_done;

	pthread_mutex_lock(&closing->lock);
	while (!closing->is_done && error == 0)
		error = pthread_cond_clockwait(
		    &closing->done, &closing->lock, CLOCK_MONOTONIC, &end);
	is_done = closing->is_done;
	pthread_mutex_unlock(&closing->lock);
	return is_done;
}

static void
socket_close(nng_socket socket)
{
	struct closing *closing = calloc(1, sizeof(*closing));
	pthread_t thread;

	if (closing == NULL)
		abort();
	closing->socket = socket;
	pthread_mutex_init(&closing->lock, NULL);
	pthread_cond_init(&closing->done, NULL);
	nng_msleep(QUIET_MS);
	if (pthread_create(&thread, NULL, close_run, closing) != 0)
		abort();
	if (!closing_wait(closing)) {
		pthread_detach(thread); /* and it keeps what it waits on */
		return;
	}
	pthread_join(thread, NULL);
	pthread_cond_destroy(&closing->done);
	pthread_mutex_destroy(&closing->lock);
	free(closing);
}

void
link_close(struct link *link)
{
	if (link == NULL)
		return;
	link_stop(link);
	for (unsigned i = 0; i < link->server_count; i++)
		pthread_join(link->servers[i].thread, NULL);
	pthread_mutex_lock(&link->lock);
	while (!list_is_empty(&link->calls))
		pthread_cond_wait(&link->idle, &link->lock);
	pthread_mutex_unlock(&link->lock);
	socket_close(link->socket);
	pthread_cond_destroy(&link->idle);
	pthread_mutex_destroy(&link->lock);
	free(link->servers);
	free(link);
}

static void
tls_release(nng_tls_config **config)
{
	if (*config != NULL)
		nng_tls_config_free(*config);
}

static enum status
listen_at(struct link *link, const char *url, const struct link_tls *tls)
{
	CLEANUP(tls_release) nng_tls_config *config = NULL;
	nng_listener listener;
	enum status s;

	s = link_tls_new(url, tls, NNG_TLS_MODE_SERVER, &config);
	if (s != OK)
		return s;
	s = link_status(nng_listener_create(&listener, link->socket, url));
	if (s != OK)
		return s;
	if (config != NULL)
		require_nng(
		    nng_listener_set_ptr(listener, NNG_OPT_TLS_CONFIG, config));
	return link_status(nng_listener_start(listener, 0));
}

static enum status
link_listen(open_fn open_socket, const char *url, const struct link_tls *tls,
    size_t receive_max_bytes, struct link **out)
{
	struct link *link;
	enum status s;

	s = link_new(open_socket, receive_max_bytes, &link);
	if (s != OK)
		return s;
	s = listen_at(link, url, tls);
	if (s != OK) {
		link_close(link);
		return s;
	}
	*out = link;
	return OK;
}

enum status
link_listen_reply(const char *url, const struct link_tls *tls,
    size_t receive_max_bytes, struct link **out)
{
	assert(receive_max_bytes > 0); /* NNG takes 0 for no limit */
	return link_listen(nng_rep0_open, url, tls, receive_max_bytes, out);
}

enum status
link_listen_publish(
    const char *url, const struct link_tls *tls, struct link **out)
{
	return link_listen(
	    nng_pub0_open, url, tls, PUBLISH_RECEIVE_MAX_BYTES, out);
}

static enum status
dial_at(struct link *link, const char *url, const struct link_tls *tls)
{
	CLEANUP(tls_release) nng_tls_config *config = NULL;
	nng_dialer dialer;
	enum status s;

	s = link_tls_new(url, tls, NNG_TLS_MODE_CLIENT, &config);
	if (s != OK)
		return s;
	s = link_status(nng_dialer_create(&dialer, link->socket, url));
	if (s != OK)
		return s;
	if (config != NULL)
		require_nng(
		    nng_dialer_set_ptr(dialer, NNG_OPT_TLS_CONFIG, config));
	require_nng(
	    nng_dialer_set_ms(dialer, NNG_OPT_RECONNMINT, RECONNECT_MIN_MS));
	require_nng(
	    nng_dialer_set_ms(dialer, NNG_OPT_RECONNMAXT, RECONNECT_MAX_MS));
	return link_status(nng_dialer_start(dialer, NNG_FLAG_NONBLOCK));
}

static enum status
link_dial(open_fn open_socket, const char *url, const struct link_tls *tls,
    struct link **out)
{
	struct link *link;
	enum status s;

	s = link_new(open_socket, LINK_MESSAGE_MAX_BYTES, &link);
	if (s != OK)
		return s;
	s = dial_at(link, url, tls);
	if (s != OK) {
		link_close(link);
		return s;
	}
	*out = link;
	return OK;
}

enum status
link_dial_request(
    const char *url, const struct link_tls *tls, struct link **out)
{
	enum status s = link_dial(nng_req0_open, url, tls, out);

	if (s == OK)
		require_nng(nng_socket_set_ms(
		    (*out)->socket, NNG_OPT_REQ_RESENDTIME, RESEND_MS));
	return s;
}

enum status
link_dial_subscribe(
    const char *url, const struct link_tls *tls, struct link **out)
{
	enum status s = link_dial(nng_sub0_open, url, tls, out);

	if (s == OK)
		require_nng(nng_socket_set(
		    (*out)->socket, NNG_OPT_SUB_SUBSCRIBE, "", 0));
	return s;
}
