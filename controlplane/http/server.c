/*
 * server.c - see server.h.
 *
 * The life of an exchange: on_uri() makes it, on_access() is called once for
 * the headers, then for each piece of the body, then at its end, when the
 * connection is suspended and the call queued; the worker resumes it, and
 * on_access() is called a last time to queue the answer.  on_completed()
 * frees it, however it ended.
 */
#include "controlplane/http/server.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/http_guard.h"
#include "controlplane/http/call.h"
#include "controlplane/http/pool.h"
#include "controlplane/http/router.h"

#define CONNECTIONS_MAX 512u
#define CONNECTIONS_PER_ADDRESS_MAX 256u
#define IDLE_TIMEOUT_S 60u

enum exchange_state {
	EXCHANGE_NEW,
	EXCHANGE_ARRIVING,
	EXCHANGE_WORKING,
	EXCHANGE_ANSWERED,
};

struct server {
	struct server_config config;
	struct MHD_Daemon *daemon;
	struct pool *pool;
};

struct exchange {
	struct call call;
	struct work work;
	struct server *server;
	struct MHD_Connection *connection;
	struct http_guard guard;
	struct buf body;
	enum exchange_state state;
	bool must_close;
};

/* The first call for a request: nothing but its line is known. */
static void *
on_uri(void *arg, const char *uri, struct MHD_Connection *connection)
{
	struct exchange *exchange = calloc(1, sizeof(*exchange));
	struct server *server = arg;
	struct call *call = &exchange->call;
	struct str rest;

	if (exchange == NULL)
		abort();
	exchange->server = server;
	exchange->connection = connection;
	http_guard_uri(&exchange->guard, uri);
	buf_init(&exchange->body, server->config.body_max_bytes + 1);
	arena_init(&call->arena, 0);
	faults_init(&call->problem.faults, &call->arena);
	call->router = server->config.router;
	call->keyring = server->config.keyring;
	rest = str_copy(&call->arena, str_from(uri));
	str_next(&rest, '?', &call->path);
	call->query_text = rest;
	return exchange;
}

static void
on_completed(void *arg, struct MHD_Connection *connection, void **context,
    enum MHD_RequestTerminationCode code)
{
	struct exchange *exchange = *context;

	if (exchange == NULL)
		return;
	*context = NULL;
	buf_done(&exchange->body);
	arena_done(&exchange->call.arena);
	free(exchange);
}

static struct str
header(struct exchange *exchange, const char *name)
{
	return str_copy(&exchange->call.arena,
	    str_from(MHD_lookup_connection_value(
		exchange->connection, MHD_HEADER_KIND, name)));
}

static struct str
client_ip(struct exchange *exchange)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
	    exchange->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	char text[INET6_ADDRSTRLEN] = "";
	const struct sockaddr *address;

	if (info == NULL)
		return STR("");
	address = info->client_addr;
	if (address->sa_family == AF_INET)
		inet_ntop(AF_INET,
		    &((const struct sockaddr_in *)address)->sin_addr, text,
		    sizeof(text));
	else if (address->sa_family == AF_INET6)
		inet_ntop(AF_INET6,
		    &((const struct sockaddr_in6 *)address)->sin6_addr, text,
		    sizeof(text));
	return str_copy(&exchange->call.arena, str_from(text));
}

static void
read_head(struct exchange *exchange, const char *method)
{
	struct call *call = &exchange->call;

	call->method = str_copy(&call->arena, str_from(method));
	call->authorization = header(exchange, "Authorization");
	call->content_type = header(exchange, "Content-Type");
	call->if_match = header(exchange, "If-Match");
	call->idempotency_key = header(exchange, "Idempotency-Key");
	call->ip = client_ip(exchange);
	call_set_request_id(call, header(exchange, "X-Request-Id"));
}

static void
add_header(struct MHD_Response *response, struct arena *arena, const char *name,
    struct str value)
{
	if (!str_is_empty(value))
		MHD_add_response_header(response, name, str_cstr(arena, value));
}

static void
add_headers(struct exchange *exchange, struct MHD_Response *response)
{
	struct call *call = &exchange->call;
	struct arena *arena = &call->arena;
	const struct reply *reply = &call->reply;
	int wait_s = call->problem.retry_after_s;

	add_header(
	    response, arena, "Content-Type", str_from(reply->content_type));
	add_header(response, arena, "X-Request-Id", call->request_id);
	add_header(response, arena, "ETag", reply->etag);
	add_header(response, arena, "Allow", reply->allow);
	add_header(response, arena, "Cache-Control", STR("no-store"));
	add_header(response, arena, "X-Content-Type-Options", STR("nosniff"));
	if (wait_s > 0)
		add_header(response, arena, "Retry-After",
		    str_printf(arena, "%d", wait_s));
	if (reply->http == 401)
		add_header(response, arena, "WWW-Authenticate",
		    STR("Bearer realm=\"weir\""));
	if (reply->is_replayed)
		add_header(
		    response, arena, "Idempotency-Replayed", STR("true"));
	if (exchange->must_close)
		add_header(response, arena, "Connection", STR("close"));
}

static enum MHD_Result
answer(struct exchange *exchange)
{
	const struct reply *reply = &exchange->call.reply;
	struct MHD_Response *response;
	enum MHD_Result result;

	exchange->state = EXCHANGE_ANSWERED;
	response = MHD_create_response_from_buffer(
	    reply->body.len, (void *)reply->body.ptr, MHD_RESPMEM_PERSISTENT);
	if (response == NULL)
		return MHD_NO;
	add_headers(exchange, response);
	result = MHD_queue_response(
	    exchange->connection, (unsigned)reply->http, response);
	MHD_destroy_response(response);
	return result;
}

/* Refuses before the body has been read: the connection cannot go on. */
static enum MHD_Result
refuse(
    struct exchange *exchange, int http, const char *code, const char *detail)
{
	struct call *call = &exchange->call;
	enum status s = http == 413 ? E_TOO_LARGE : E_INVALID;

	exchange->must_close = true;
	call->problem.http = http;
	reply_problem(call, call_fail(call, s, code, "%s", detail));
	return answer(exchange);
}

/* The guard stands here: what it refuses reaches nothing behind. */
static enum MHD_Result
on_head(struct exchange *exchange, const char *url, const char *method,
    const char *version)
{
	size_t body_max = exchange->server->config.body_max_bytes;
	struct http_verdict verdict;
	uint64_t announced = 0;
	struct str length;

	read_head(exchange, method);
	verdict = http_guard_check(
	    &exchange->guard, exchange->connection, url, method, version);
	if (verdict.status != 0)
		return refuse(
		    exchange, (int)verdict.status, "bad_framing", verdict.why);
	exchange->must_close = verdict.must_close;
	length = header(exchange, "Content-Length");
	if (!str_is_empty(length) && str_to_u64(length, &announced) == OK &&
	    announced > body_max)
		return refuse(exchange, 413, NULL, "the body is too large");
	exchange->state = EXCHANGE_ARRIVING;
	return MHD_YES;
}

static void
run_call(struct work *work, struct db *db)
{
	struct exchange *exchange = container_of(work, struct exchange, work);
	struct call *call = &exchange->call;

	call->db = db;
	router_run(call->router, call);
	call->db = NULL;
	MHD_resume_connection(exchange->connection);
}

static enum MHD_Result
on_arrived(struct exchange *exchange)
{
	struct call *call = &exchange->call;

	if (buf_has_failed(&exchange->body) ||
	    buf_len(&exchange->body) > exchange->server->config.body_max_bytes)
		return refuse(exchange, 413, NULL, "the body is too large");
	call->body_text = buf_str(&exchange->body);
	exchange->work.run = run_call;
	list_init(&exchange->work.node);
	exchange->state = EXCHANGE_WORKING;
	MHD_suspend_connection(exchange->connection);
	if (pool_submit(exchange->server->pool, &exchange->work))
		return MHD_YES;
	reply_problem(call,
	    call_fail(
		call, E_UNAVAILABLE, "busy", "too many calls are waiting"));
	MHD_resume_connection(exchange->connection);
	return MHD_YES;
}

static enum MHD_Result
on_access(void *arg, struct MHD_Connection *connection, const char *url,
    const char *method, const char *version, const char *data, size_t *data_len,
    void **context)
{
	struct exchange *exchange = *context;

	switch (exchange->state) {
	case EXCHANGE_NEW:
		return on_head(exchange, url, method, version);
	case EXCHANGE_ARRIVING:
		if (*data_len == 0)
			return on_arrived(exchange);
		buf_add(&exchange->body, data, *data_len);
		*data_len = 0;
		return MHD_YES;
	case EXCHANGE_WORKING:
		return answer(exchange);
	default:
		return MHD_YES;
	}
}

/* A listening socket, or -1 with the reason in `fault`. */
static int
listen_at(const struct server_config *config, struct buf *fault)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		.ai_flags = AI_PASSIVE | AI_NUMERICSERV };
	struct addrinfo *address;
	const int on = 1;
	char port[16];
	int fd;

	snprintf(port, sizeof(port), "%d", (int)config->port);
	if (getaddrinfo(config->host, port, &hints, &address) != 0) {
		buf_printf(fault, "%s: no such address", config->host);
		return -1;
	}
	fd = socket(
	    address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (fd < 0 || bind(fd, address->ai_addr, address->ai_addrlen) != 0 ||
	    listen(fd, SOMAXCONN) != 0) {
		buf_printf(fault, "%s:%s: %m", config->host, port);
		if (fd >= 0)
			close(fd);
		fd = -1;
	}
	freeaddrinfo(address);
	return fd;
}

static struct MHD_Daemon *
start_daemon(struct server *server, int fd)
{
	return MHD_start_daemon(
	    MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME, 0, NULL,
	    NULL, on_access, server, MHD_OPTION_LISTEN_SOCKET, fd,
	    MHD_OPTION_URI_LOG_CALLBACK, on_uri, server,
	    MHD_OPTION_NOTIFY_COMPLETED, on_completed, server,
	    MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX,
	    MHD_OPTION_PER_IP_CONNECTION_LIMIT, CONNECTIONS_PER_ADDRESS_MAX,
	    MHD_OPTION_CONNECTION_TIMEOUT, IDLE_TIMEOUT_S,
	    MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
}

enum status
server_open(
    const struct server_config *config, struct server **out, struct buf *fault)
{
	struct server *server;
	enum status s = router_verify(config->router, fault);
	int fd;

	if (s != OK)
		return s;
	fd = listen_at(config, fault);
	if (fd < 0)
		return E_UNAVAILABLE;
	server = calloc(1, sizeof(*server));
	if (server == NULL)
		abort();
	server->config = *config;
	server->pool = pool_open(
	    config->worker_count, config->queue_max, config->database_url);
	server->daemon = start_daemon(server, fd);
	if (server->daemon == NULL) {
		buf_add_cstr(fault, "the HTTP server did not start");
		close(fd);
		pool_close(server->pool);
		free(server);
		return E_UNAVAILABLE;
	}
	*out = server;
	return OK;
}

/* The pool first: every suspended connection must have been resumed. */
void
server_close(struct server *server)
{
	if (server == NULL)
		return;
	pool_close(server->pool);
	MHD_stop_daemon(server->daemon);
	free(server);
}
