/*
 * stream.c - how an answer leaves: whole through MHD, streamed by our hand.
 *
 * MHD sends the head of a stream and then asks its reader for content.  The
 * reader suspends the connection at once: from then on the socket is ours,
 * and chunks go out framed with one sendmsg().  When all is sent the
 * connection is resumed and the reader says END_OF_STREAM: MHD writes the
 * last chunk and keeps the connection.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "dataplane/listener/client.h"
#include "dataplane/listener/listener_private.h"

#define CHUNK_HEAD_SIZE 20
#define READER_BLOCK_BYTES 512

void
exchange_resume(struct exchange *exchange)
{
	if (!exchange->suspended)
		return;
	exchange->suspended = false;
	exchange->listener->must_run = true;
	MHD_resume_connection(exchange->connection);
}

static void
exchange_suspend(struct exchange *exchange)
{
	exchange->suspended = true;
	MHD_suspend_connection(exchange->connection);
}

void
exchange_lose(struct exchange *exchange)
{
	if (exchange->gone)
		return;
	exchange->gone = true;
	list_append(&exchange->listener->lost, &exchange->lost);
	exchange->listener->must_run = true;
}

/* --- whole answers --------------------------------------------------------- */

static void
add_headers(struct exchange *exchange, struct MHD_Response *response)
{
	for (size_t i = 0; i < exchange->header_count; i++)
		MHD_add_response_header(response, exchange->headers[i].name,
		    exchange->headers[i].value);
	if (exchange->must_close)
		MHD_add_response_header(response, "Connection", "close");
}

static enum MHD_Result
queue(struct exchange *exchange, struct MHD_Response *response)
{
	enum MHD_Result result;

	if (response == NULL)
		return MHD_NO;
	add_headers(exchange, response);
	result = MHD_queue_response(
	    exchange->connection, exchange->status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result
queue_whole(struct exchange *exchange)
{
	return queue(exchange,
	    MHD_create_response_from_buffer(exchange->content.len,
		(void *)(uintptr_t)exchange->content.ptr,
		MHD_RESPMEM_PERSISTENT));
}

static ssize_t on_read(
    void *context, uint64_t position, char *out, size_t room);

static enum MHD_Result
queue_stream(struct exchange *exchange)
{
	struct MHD_Response *response = MHD_create_response_from_callback(
	    MHD_SIZE_UNKNOWN, READER_BLOCK_BYTES, on_read, exchange, NULL);

	if (response != NULL && exchange->chunked)
		MHD_add_response_header(
		    response, "Transfer-Encoding", "chunked");
	return queue(exchange, response);
}

enum MHD_Result
exchange_queue(struct exchange *exchange)
{
	if (exchange->gone)
		return MHD_NO;
	switch (exchange->phase) {
	case EXCHANGE_REPLYING:
		return queue_whole(exchange);
	case EXCHANGE_OPENING:
		return queue_stream(exchange);
	case EXCHANGE_READING:
	case EXCHANGE_WAITING:
	case EXCHANGE_STREAMING:
		break;
	}
	exchange_suspend(exchange);
	return MHD_YES;
}

static void
set_answer(struct exchange *exchange, unsigned status,
    const struct header *headers, size_t count)
{
	assert(count <= EXCHANGE_HEADERS_MAX);
	assert(exchange->phase <= EXCHANGE_WAITING);

	exchange->status = status;
	exchange->header_count = count;
	memcpy(exchange->headers, headers, count * sizeof(*headers));
}

void
exchange_reply(struct exchange *exchange, unsigned status,
    const struct header *headers, size_t header_count, struct str content)
{
	set_answer(exchange, status, headers, header_count);
	exchange->content = content;
	exchange->phase = EXCHANGE_REPLYING;
	exchange_resume(exchange);
}

void
exchange_close_after(struct exchange *exchange)
{
	exchange->must_close = true;
}

/* --- streams ----------------------------------------------------------------- */

void
exchange_stream_open(struct exchange *exchange, unsigned status,
    const struct header *headers, size_t header_count)
{
	set_answer(exchange, status, headers, header_count);
	exchange->phase = EXCHANGE_OPENING;
	exchange_resume(exchange);
}

static void
want_writable(struct exchange *exchange, bool wanted)
{
	uint32_t events = EPOLLRDHUP | EPOLLET | (wanted ? EPOLLOUT : 0);

	loop_modify(
	    exchange->listener->loop, &exchange->client->source, events);
}

/* How much the socket took; 0 when it is full, -1 when the client left. */
static ssize_t
send_parts(struct exchange *exchange, struct iovec *parts, size_t count)
{
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = count };
	ssize_t sent = sendmsg(
	    exchange->client->source.fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (sent >= 0)
		return sent;
	if (errno == EAGAIN || errno == EINTR)
		return 0;
	exchange_lose(exchange);
	return -1;
}

/* Sends what waits; true when nothing waits any more. */
static bool
flush(struct exchange *exchange)
{
	while (buf_len(&exchange->output) > 0 && !exchange->gone) {
		struct str waiting = buf_str(&exchange->output);
		struct iovec part = { .iov_base =
					  (void *)(uintptr_t)waiting.ptr,
			.iov_len = waiting.len };
		ssize_t sent = send_parts(exchange, &part, 1);

		if (sent <= 0) {
			want_writable(exchange, !exchange->gone);
			return false;
		}
		buf_consume(&exchange->output, (size_t)sent);
	}
	buf_release(&exchange->output);
	return true;
}

static ssize_t
on_read(void *context, uint64_t position, char *out, size_t room)
{
	struct exchange *exchange = context;

	exchange->phase = EXCHANGE_STREAMING;
	if (flush(exchange) && exchange->ended)
		return MHD_CONTENT_READER_END_OF_STREAM;
	if (exchange->gone || exchange->aborted)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	exchange_suspend(exchange);
	return 0;
}

/* Keeps what the socket did not take of the parts. */
static void
keep_rest(struct exchange *exchange, const struct iovec *parts, size_t count,
    size_t sent)
{
	for (size_t i = 0; i < count; i++) {
		size_t skip = size_min(sent, parts[i].iov_len);

		buf_add(&exchange->output,
		    (const char *)parts[i].iov_base + skip,
		    parts[i].iov_len - skip);
		sent -= skip;
	}
}

void
exchange_stream_write(struct exchange *exchange, struct str bytes)
{
	char head[CHUNK_HEAD_SIZE];
	int head_len = exchange->chunked
	    ? snprintf(head, sizeof(head), "%zx\r\n", bytes.len)
	    : 0;
	struct iovec parts[] = {
		{ head, (size_t)head_len },
		{ (void *)(uintptr_t)bytes.ptr, bytes.len },
		{ "\r\n", exchange->chunked ? 2 : 0 },
	};
	size_t total = (size_t)head_len + bytes.len + parts[2].iov_len;
	ssize_t sent = 0;

	if (exchange->gone || bytes.len == 0)
		return;
	if (exchange->phase == EXCHANGE_STREAMING &&
	    buf_len(&exchange->output) == 0)
		sent = send_parts(exchange, parts, ARRAY_LEN(parts));
	if (sent < 0 || (size_t)sent == total)
		return;
	keep_rest(exchange, parts, ARRAY_LEN(parts), (size_t)sent);
	if (exchange->phase == EXCHANGE_STREAMING)
		want_writable(exchange, true);
}

void
exchange_continue(struct exchange *exchange)
{
	if (exchange->phase != EXCHANGE_STREAMING || !flush(exchange))
		return;
	want_writable(exchange, false);
	if (exchange->ended || exchange->aborted)
		exchange_resume(exchange);
	else
		exchange->listener->events->on_drained(exchange);
}

void
exchange_stream_end(struct exchange *exchange)
{
	exchange->ended = true;
	if (exchange->phase == EXCHANGE_STREAMING &&
	    buf_len(&exchange->output) == 0)
		exchange_resume(exchange);
}

void
exchange_stream_abort(struct exchange *exchange)
{
	exchange->aborted = true;
	if (exchange->phase == EXCHANGE_STREAMING &&
	    buf_len(&exchange->output) == 0)
		exchange_resume(exchange);
}

size_t
exchange_unsent(const struct exchange *exchange)
{
	return buf_len(&exchange->output);
}
