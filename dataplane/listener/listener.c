/*
 * listener.c - the MHD daemon of one worker: connections in, exchanges out.
 *
 * libmicrohttpd without a thread of its own has no way to wake its poller, so
 * whoever resumes a connection sets must_run and the same turn of the loop
 * calls MHD_run().  How a stream leaves is in stream.c.
 */
#include "dataplane/listener/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/metrics.h"
#include "dataplane/listener/client.h"
#include "dataplane/listener/listener_private.h"
#include "dataplane/settings.h"

#define REAP_INTERVAL_NS NS_PER_S
#define RUNS_PER_TURN 4
#define BODY_RESERVE_MAX (1u << 20)

static struct client *
client_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
	    connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info != NULL ? info->socket_context : NULL;
}

static int64_t
announced_length(struct MHD_Connection *connection)
{
	const char *text;
	int64_t length = 0;

	if (MHD_lookup_connection_value(
		connection, MHD_HEADER_KIND, "Transfer-Encoding") != NULL)
		return -1;
	text = MHD_lookup_connection_value(
	    connection, MHD_HEADER_KIND, "Content-Length");
	if (text != NULL && str_to_i64(str_from(text), &length) != OK)
		return -1;
	return length;
}

/* An answer of our own to what the guard would not let through. */
static enum MHD_Result
answer_guard(
    struct MHD_Connection *connection, const struct http_verdict *verdict)
{
	struct buf body;
	struct MHD_Response *response;
	enum MHD_Result result;

	metric_add(METRIC_GATEWAY_GUARD_REJECTED, 1);
	buf_init(&body, 1024);
	buf_printf(&body,
	    "{\"error\":{\"message\":\"%s\",\"type\":\"invalid_request_error\","
	    "\"param\":null,\"code\":\"malformed_http\"}}",
	    verdict->why);
	response = MHD_create_response_from_buffer(buf_len(&body),
	    (void *)(uintptr_t)buf_str(&body).ptr, MHD_RESPMEM_MUST_COPY);
	MHD_add_response_header(response, "Content-Type", "application/json");
	MHD_add_response_header(response, "Connection", "close");
	result = MHD_queue_response(connection, verdict->status, response);
	MHD_destroy_response(response);
	buf_done(&body);
	return result;
}

static struct exchange *
exchange_make(struct listener *listener, struct MHD_Connection *connection)
{
	struct exchange *exchange =
	    listener->events->on_head(listener->context);

	exchange->listener = listener;
	exchange->connection = connection;
	exchange->client = client_of(connection);
	exchange->client->exchange = exchange;
	exchange->body_length = announced_length(connection);
	list_init(&exchange->lost);
	buf_init(&exchange->body, (size_t)listener->settings->body_max_bytes);
	buf_init(&exchange->output, SIZE_MAX / 2);
	return exchange;
}

static enum MHD_Result
begin(struct exchange *exchange, const char *path, const char *method,
    const char *version)
{
	struct listener *listener = exchange->listener;

	exchange->path = path;
	exchange->method = method;
	exchange->chunked = strcmp(version, "HTTP/1.1") == 0;
	client_start_body(exchange->client, loop_now_ns(listener->loop));
	if (exchange->body_length > 0)
		buf_reserve(&exchange->body,
		    size_min((size_t)exchange->body_length, BODY_RESERVE_MAX));
	listener->events->on_begin(exchange);
	if (exchange->phase != EXCHANGE_READING)
		return exchange_queue(exchange);
	return MHD_YES;
}

/* A chunked body past the limit: MHD lets nobody answer in its middle. */
static enum MHD_Result
last_words(struct exchange *exchange)
{
	static const char text[] =
	    "HTTP/1.1 413 Content Too Large\r\nConnection: close\r\n"
	    "Content-Type: application/json\r\nContent-Length: 104\r\n\r\n"
	    "{\"error\":{\"message\":\"the request body is too large\","
	    "\"type\":\"invalid_request_error\",\"code\":\"too_large\"}}"
	    "\r\n\r\n";

	send(exchange->client->source.fd, text, sizeof(text) - 1,
	    MSG_NOSIGNAL | MSG_DONTWAIT);
	return MHD_NO;
}

static enum MHD_Result
take_body(struct exchange *exchange, const char *bytes, size_t *count)
{
	buf_add(&exchange->body, bytes, *count);
	exchange->client->body_bytes += *count;
	*count = 0;
	return buf_has_failed(&exchange->body) ? last_words(exchange) : MHD_YES;
}

static enum MHD_Result
on_access(void *context, struct MHD_Connection *connection, const char *url,
    const char *method, const char *version, const char *upload,
    size_t *upload_size, void **slot)
{
	struct listener *listener = context;
	struct exchange *exchange = *slot;

	if (exchange == NULL) {
		struct http_verdict verdict =
		    http_guard_check(&client_of(connection)->guard, connection,
			url, method, version);

		if (verdict.status != 0)
			return answer_guard(connection, &verdict);
		*slot = exchange = exchange_make(listener, connection);
		exchange->must_close = verdict.must_close;
		return begin(exchange, url, method, version);
	}
	if (*upload_size > 0)
		return take_body(exchange, upload, upload_size);
	if (exchange->phase == EXCHANGE_READING) {
		exchange->phase = EXCHANGE_WAITING;
		client_stop_reading(exchange->client);
		if (exchange->client->hung_up)
			exchange_lose(exchange);
		else
			listener->events->on_request(exchange);
	}
	return exchange_queue(exchange);
}

static void
on_completed(void *context, struct MHD_Connection *connection, void **slot,
    enum MHD_RequestTerminationCode code)
{
	struct listener *listener = context;
	struct exchange *exchange = *slot;
	struct client *client = client_of(connection);

	if (client != NULL) {
		client->exchange = NULL;
		client->guard = (struct http_guard){ 0 };
		client_start_idle(
		    client, &listener->readers, loop_now_ns(listener->loop));
	}
	if (exchange == NULL)
		return;
	*slot = NULL;
	list_remove(&exchange->lost);
	if (code != MHD_REQUEST_TERMINATED_COMPLETED_OK &&
	    exchange->phase != EXCHANGE_READING && !exchange->gone)
		exchange->gone = true;
	if (exchange->gone)
		listener->events->on_gone(exchange);
	buf_done(&exchange->body);
	buf_done(&exchange->output);
	listener->events->on_end(exchange);
}

static void *
on_uri(void *context, const char *uri, struct MHD_Connection *connection)
{
	struct listener *listener = context;
	struct client *client = client_of(connection);

	http_guard_uri(&client->guard, uri);
	client_start_head(client, loop_now_ns(listener->loop));
	return NULL;
}

static void
on_client_event(struct loop_source *source, uint32_t events)
{
	struct client *client = container_of(source, struct client, source);

	if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) {
		client->hung_up = true;
		if (client->exchange != NULL &&
		    client->exchange->phase != EXCHANGE_READING)
			exchange_lose(client->exchange);
		return;
	}
	if ((events & EPOLLOUT) && client->exchange != NULL)
		exchange_continue(client->exchange);
}

static void
client_arrive(struct listener *listener, struct MHD_Connection *connection,
    void **socket_context)
{
	struct client *client = calloc(1, sizeof(*client));

	if (client == NULL)
		abort();
	client->listener = listener;
	client->source.fd = MHD_get_connection_info(
	    connection, MHD_CONNECTION_INFO_CONNECTION_FD)
				->connect_fd;
	client->source.on_event = on_client_event;
	list_init(&client->all);
	list_init(&client->reading);
	list_append(&listener->clients, &client->all);
	if (loop_add(listener->loop, &client->source, EPOLLRDHUP | EPOLLET) !=
	    OK)
		log_warn("client_watch_failed", log_int("errno", errno));
	client_start_idle(
	    client, &listener->readers, loop_now_ns(listener->loop));
	client->idle = false;
	metric_add(METRIC_GATEWAY_CONNECTIONS, 1);
	*socket_context = client;
}

static void
on_connection(void *context, struct MHD_Connection *connection,
    void **socket_context, enum MHD_ConnectionNotificationCode code)
{
	struct listener *listener = context;
	struct client *client = *socket_context;

	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		client_arrive(listener, connection, socket_context);
		return;
	}
	if (client == NULL)
		return;
	loop_remove(listener->loop, &client->source);
	list_remove(&client->reading);
	list_remove(&client->all);
	metric_add(METRIC_GATEWAY_CONNECTIONS, -1);
	free(client);
	*socket_context = NULL;
}

static void
on_mhd_ready(struct loop_source *source, uint32_t events)
{
	container_of(source, struct listener, mhd)->must_run = true;
}

static void
on_reap(struct loop_timer *timer)
{
	struct listener *listener =
	    container_of(timer, struct listener, reaper);
	int64_t now_ns = loop_now_ns(listener->loop);

	client_reap(&listener->readers, listener->settings, now_ns);
	listener->must_run = true; /* MHD has timeouts of its own */
	loop_timer_set(listener->loop, timer, now_ns + REAP_INTERVAL_NS);
}

static struct MHD_Daemon *
daemon_start(struct listener *listener, int listen_fd)
{
	const struct settings *settings = listener->settings;

	return MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0,
	    NULL, NULL, on_access, listener, MHD_OPTION_LISTEN_SOCKET,
	    listen_fd, MHD_OPTION_NOTIFY_COMPLETED, on_completed, listener,
	    MHD_OPTION_NOTIFY_CONNECTION, on_connection, listener,
	    MHD_OPTION_URI_LOG_CALLBACK, on_uri, listener,
	    MHD_OPTION_CONNECTION_LIMIT, (unsigned)settings->connections_max,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT,
	    (size_t)settings->connection_memory_bytes,
	    MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)settings->keepalive_s,
	    MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
}

struct listener *
listener_new(struct loop *loop, int listen_fd, const struct settings *settings,
    const struct listener_events *events, void *context)
{
	struct listener *listener = calloc(1, sizeof(*listener));

	if (listener == NULL)
		abort();
	listener->loop = loop;
	listener->settings = settings;
	listener->events = events;
	listener->context = context;
	list_init(&listener->clients);
	list_init(&listener->readers);
	list_init(&listener->lost);
	listener->daemon = daemon_start(listener, listen_fd);
	if (listener->daemon == NULL) {
		free(listener);
		return NULL;
	}
	listener->mhd.fd =
	    MHD_get_daemon_info(listener->daemon, MHD_DAEMON_INFO_EPOLL_FD)
		->epoll_fd;
	listener->mhd.on_event = on_mhd_ready;
	listener->reaper.on_expiry = on_reap;
	loop_timer_set(
	    loop, &listener->reaper, clock_mono_ns() + REAP_INTERVAL_NS);
	if (loop_add(loop, &listener->mhd, EPOLLIN) != OK) {
		MHD_stop_daemon(listener->daemon);
		free(listener);
		return NULL;
	}
	listener->must_run = true;
	return listener;
}

void
listener_stop_accepting(struct listener *listener)
{
	MHD_socket fd;

	if (listener->is_quiet)
		return;
	listener->is_quiet = true;
	listener->must_run = true;
	fd = MHD_quiesce_daemon(listener->daemon);
	if (fd != MHD_INVALID_SOCKET)
		shutdown(fd, SHUT_RDWR);
}

/* MHD_stop_daemon() wants nothing suspended, and would close our socket. */
void
listener_free(struct listener *listener)
{
	if (listener == NULL)
		return;
	LIST_FOREACH (node, &listener->clients) {
		struct client *client = container_of(node, struct client, all);

		if (client->exchange != NULL)
			exchange_lose(client->exchange);
	}
	listener_turn(listener);
	loop_timer_clear(listener->loop, &listener->reaper);
	loop_remove(listener->loop, &listener->mhd);
	MHD_stop_daemon(listener->daemon);
	free(listener);
}

static void
tell_lost(struct listener *listener)
{
	while (!list_is_empty(&listener->lost)) {
		struct exchange *exchange =
		    container_of(listener->lost.next, struct exchange, lost);

		list_remove(&exchange->lost);
		listener->events->on_gone(exchange);
		exchange_resume(exchange);
	}
}

void
listener_turn(struct listener *listener)
{
	MHD_UNSIGNED_LONG_LONG wait_ms;

	tell_lost(listener);
	for (int run = 0; run < RUNS_PER_TURN && listener->must_run; run++) {
		listener->must_run = false;
		MHD_run(listener->daemon);
		tell_lost(listener);
		if (MHD_get_timeout(listener->daemon, &wait_ms) == MHD_YES &&
		    wait_ms == 0)
			listener->must_run = true;
	}
}

bool
listener_is_due(const struct listener *listener)
{
	return listener->must_run;
}

const char *
exchange_header(const struct exchange *exchange, const char *name)
{
	return MHD_lookup_connection_value(
	    exchange->connection, MHD_HEADER_KIND, name);
}

const char *
exchange_query(const struct exchange *exchange, const char *name)
{
	return MHD_lookup_connection_value(
	    exchange->connection, MHD_GET_ARGUMENT_KIND, name);
}

void
exchange_address(const struct exchange *exchange, uint8_t out[16])
{
	const struct sockaddr *address = MHD_get_connection_info(
	    exchange->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS)
					     ->client_addr;

	memset(out, 0, 16);
	if (address->sa_family == AF_INET6) {
		memcpy(out, &((const struct sockaddr_in6 *)address)->sin6_addr,
		    16);
	} else if (address->sa_family == AF_INET) {
		out[10] = out[11] = 0xff;
		memcpy(out + 12,
		    &((const struct sockaddr_in *)address)->sin_addr, 4);
	}
}
