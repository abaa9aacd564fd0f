/*
 * connection.c - see connection.h.
 *
 * All steps meet in serve(): it sends what is ready, lets the exchange make
 * more, and takes the next request when the last one is answered.
 */
#include "simulator/connection.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "simulator/control.h"
#include "simulator/exchange.h"
#include "simulator/worker.h"

enum {
	OUT_MAX_BYTES = 512 * 1024 * 1024,
	PIPELINED_MAX_BYTES = 64 * 1024,
	IDLE_KEPT_BYTES = 16 * 1024,
};

enum fate { /* of the connection, once its output is sent */
	FATE_OPEN,
	FATE_CLOSE,
	FATE_RESET,
};

struct connection {
	struct worker *worker;
	struct list node;
	struct loop_source source;
	struct loop_timer timer;
	struct http_parser parser;
	struct exchange exchange;
	struct buf in;
	struct buf out;
	enum fate fate;
	bool is_busy;  /* a request is being answered */
	bool is_quiet; /* waits for its timer, or stalls for ever */
};

static void
close_now(struct connection *c)
{
	const struct linger reset = { .l_onoff = 1, .l_linger = 0 };

	if (c->fate == FATE_RESET)
		(void)setsockopt(
		    c->source.fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	loop_timer_clear(c->worker->loop, &c->timer);
	loop_remove(c->worker->loop, &c->source);
	close(c->source.fd);
	exchange_done(&c->exchange, clock_mono_ns());
	http_parser_done(&c->parser);
	buf_done(&c->in);
	buf_done(&c->out);
	list_remove(&c->node);
	free(c);
}

/* PENDING: the client is slow; E_CANCELLED: it is gone. */
static enum status
flush(struct connection *c)
{
	while (buf_len(&c->out) > 0) {
		struct str rest = buf_str(&c->out);
		ssize_t sent =
		    send(c->source.fd, rest.ptr, rest.len, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return errno == EAGAIN ? PENDING : E_CANCELLED;
		buf_consume(&c->out, (size_t)sent);
	}
	return OK;
}

/* Answers what is no HTTP with a plain 400 and closes. */
static void
refuse(struct connection *c, enum status s)
{
	int code = status_http(s);

	buf_printf(&c->out,
	    "HTTP/1.1 %d Error\r\nconnection: close\r\n"
	    "content-length: 0\r\n\r\n",
	    code);
	c->fate = FATE_CLOSE;
}

/* Takes the next request, if a whole one is there; E_… after refusing. */
static enum status
take_request(struct connection *c)
{
	struct worker *worker = c->worker;
	struct http_request *req = &worker->request;
	size_t used;
	enum status s;

	if (buf_len(&c->in) == 0)
		return PENDING;
	s = http_parse(&c->parser, buf_str(&c->in), req, &used);
	if (s == PENDING && http_take_continue(&c->parser))
		buf_add_cstr(&c->out, "HTTP/1.1 100 Continue\r\n\r\n");
	if (s != OK) {
		if (s != PENDING)
			refuse(c, s);
		return s;
	}
	if (control_is_path(req)) {
		control_answer(worker->simulator, req, &c->out);
		if (!req->is_keep_alive)
			c->fate = FATE_CLOSE;
	} else {
		exchange_begin(
		    &c->exchange, &worker->random, req, clock_mono_ns());
		c->is_busy = true;
		c->is_quiet = false;
	}
	buf_consume(&c->in, used);
	if (used > IDLE_KEPT_BYTES && buf_len(&c->in) == 0)
		buf_release(&c->in);
	return OK;
}

static void
advance(struct connection *c)
{
	int64_t due_ns;
	enum progress progress = exchange_run(&c->exchange, clock_mono_ns(),
	    &c->worker->scratch, &c->out, &due_ns);

	switch (progress) {
	case PROGRESS_MORE:
		break;
	case PROGRESS_WAIT:
		c->is_quiet = true;
		loop_timer_set(c->worker->loop, &c->timer, due_ns);
		break;
	case PROGRESS_STALL:
		c->is_quiet = true;
		break;
	case PROGRESS_DONE:
		c->is_busy = false;
		break;
	case PROGRESS_CLOSE:
		c->is_busy = false;
		c->fate = FATE_CLOSE;
		break;
	case PROGRESS_RESET:
		c->is_busy = false;
		c->fate = FATE_RESET;
		break;
	}
}

/* Does everything that can be done now.  The connection may be gone after. */
static void
serve(struct connection *c)
{
	enum status s;

	for (;;) {
		s = flush(c);
		if (s == E_CANCELLED || (s == OK && c->fate != FATE_OPEN)) {
			close_now(c);
			return;
		}
		if (s == PENDING)
			break;
		if (c->is_busy && c->is_quiet)
			break;
		if (c->is_busy)
			advance(c);
		else if (take_request(c) == PENDING && buf_len(&c->out) == 0)
			break;
	}
	loop_modify(c->worker->loop, &c->source,
	    EPOLLIN | EPOLLRDHUP | (s == PENDING ? EPOLLOUT : 0u));
}

static void
on_timer(struct loop_timer *timer)
{
	struct connection *c = container_of(timer, struct connection, timer);

	c->is_quiet = false;
	serve(c);
}

/* E_CANCELLED when the client closed or asks for too much at once. */
static enum status
receive(struct connection *c)
{
	for (;;) {
		ssize_t got = recv(
		    c->source.fd, c->worker->read_buffer, WORKER_READ_BYTES, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return errno == EAGAIN ? OK : E_CANCELLED;
		if (got == 0)
			return E_CANCELLED;
		buf_add(&c->in, c->worker->read_buffer, (size_t)got);
		if (buf_has_failed(&c->in) ||
		    (c->is_busy && buf_len(&c->in) > PIPELINED_MAX_BYTES))
			return E_CANCELLED;
		if (got < WORKER_READ_BYTES)
			return OK;
	}
}

/*
 * A client that shuts its side down is taken for gone: then a stream has
 * nobody to go to.  What it sent before that is still answered.
 */
static void
on_event(struct loop_source *source, uint32_t events)
{
	struct connection *c = container_of(source, struct connection, source);
	bool is_closed = (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;

	if ((events & EPOLLIN) != 0 && receive(c) != OK) {
		close_now(c);
		return;
	}
	if (is_closed && (c->is_busy || buf_len(&c->in) == 0)) {
		close_now(c);
		return;
	}
	serve(c);
}

void
connection_accept(struct worker *worker, int fd)
{
	size_t body_max = (size_t)worker->simulator->settings.body_max_bytes;
	struct connection *c = calloc(1, sizeof(*c));

	if (c == NULL)
		abort();
	c->worker = worker;
	c->source = (struct loop_source){ .on_event = on_event, .fd = fd };
	c->timer.on_expiry = on_timer;
	http_parser_init(&c->parser, body_max);
	exchange_init(&c->exchange, worker->simulator);
	buf_init(&c->in, body_max + 2 * HTTP_HEAD_MAX_BYTES);
	buf_init(&c->out, OUT_MAX_BYTES);
	list_append(&worker->connections, &c->node);
	if (loop_add(worker->loop, &c->source, EPOLLIN | EPOLLRDHUP) != OK)
		close_now(c);
}

void
connection_close_all(struct worker *worker)
{
	LIST_FOREACH (node, &worker->connections)
		close_now(container_of(node, struct connection, node));
}
