/*
 * streams.c - many slow streams at once: opens, reads, counts.
 *
 *	bench-streams --target 127.0.0.1:8080 --body FILE --header "A: b"
 *	    --streams 5000 --seconds 10
 *
 * Opens the streams over two seconds, reads them for the given time, and
 * prints one JSON line: streams open at the end, events seen in the measured
 * time, failures.  An answer that is not 200, or a stream that ends early,
 * is a failure.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/arena.h"
#include "common/clock.h"
#include "common/daemon.h"
#include "common/loop.h"
#include "common/settings.h"
#include "common/str.h"

#define RAMP_TURN_MS 10
#define RAMP_NS (2 * NS_PER_S)
#define SETTLE_NS (2 * NS_PER_S)
#define READ_BYTES 16384

struct options {
	const char *target;
	const char *body;
	const char *header;
	int64_t streams;
	int64_t seconds;
};

static const struct setting table[] = {
	{ "target", SETTING_TEXT, offsetof(struct options, target),
	    "127.0.0.1:8080", 0, 0, "IPv4 address and port." },
	{ "body", SETTING_TEXT, offsetof(struct options, body), "", 0, 0,
	    "File with the request's body." },
	{ "header", SETTING_TEXT, offsetof(struct options, header),
	    "x-bench: 1", 0, 0, "A header line of the request." },
	{ "streams", SETTING_INT, offsetof(struct options, streams), "5000", 1,
	    100000, "Streams open at once." },
	{ "seconds", SETTING_INT, offsetof(struct options, seconds), "10", 1,
	    3600, "Measured time." },
};

struct bench {
	struct loop *loop;
	struct arena arena;
	struct options options;
	struct sockaddr_in address;
	struct str request;
	struct stream *streams;
	int64_t opened;
	int64_t events; /* "data:" lines, when measuring */
	int64_t failed;
	bool measuring;
};

struct stream {
	struct loop_source source;
	struct bench *bench;
	bool sent;
	bool answered;
};

static void
stream_fail(struct stream *stream)
{
	loop_remove(stream->bench->loop, &stream->source);
	close(stream->source.fd);
	stream->source.fd = -1;
	stream->bench->failed++;
}

static void
count_events(struct bench *bench, struct str bytes)
{
	ptrdiff_t place;

	while ((place = str_find(bytes, STR("data:"))) >= 0) {
		bench->events++;
		bytes = str_skip(bytes, (size_t)place + 5);
	}
}

static void
stream_read(struct stream *stream)
{
	char bytes[READ_BYTES];
	ssize_t count = recv(stream->source.fd, bytes, sizeof(bytes), 0);
	struct str got;

	if (count < 0 && errno == EAGAIN)
		return;
	if (count <= 0) {
		stream_fail(stream);
		return;
	}
	got = str_make(bytes, (size_t)count);
	if (!stream->answered && !str_has_prefix(got, STR("HTTP/1.1 200"))) {
		stream_fail(stream);
		return;
	}
	stream->answered = true;
	if (stream->bench->measuring)
		count_events(stream->bench, got);
}

static void
on_stream(struct loop_source *source, uint32_t events)
{
	struct stream *stream = container_of(source, struct stream, source);
	struct str request = stream->bench->request;

	if (!stream->sent) {
		if (send(source->fd, request.ptr, request.len, MSG_NOSIGNAL) !=
		    (ssize_t)request.len) {
			stream_fail(stream);
			return;
		}
		stream->sent = true;
		loop_modify(stream->bench->loop, source, EPOLLIN);
		return;
	}
	stream_read(stream);
}

static void
stream_open(struct bench *bench)
{
	struct stream *stream = &bench->streams[bench->opened++];

	stream->bench = bench;
	stream->source.on_event = on_stream;
	stream->source.fd =
	    socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (stream->source.fd < 0) {
		bench->failed++;
		return;
	}
	if ((connect(stream->source.fd, (struct sockaddr *)&bench->address,
		 sizeof(bench->address)) != 0 &&
		errno != EINPROGRESS) ||
	    loop_add(bench->loop, &stream->source, EPOLLOUT) != OK)
		bench->failed++;
}

static void
open_all(struct bench *bench)
{
	int64_t start_ns = clock_mono_ns();

	while (bench->opened < bench->options.streams) {
		int64_t age_ns = clock_mono_ns() - start_ns;
		int64_t due = bench->options.streams * age_ns / RAMP_NS + 1;

		while (bench->opened < i64_min(due, bench->options.streams))
			stream_open(bench);
		loop_turn(bench->loop, RAMP_TURN_MS);
	}
}

static void
run_for(struct bench *bench, int64_t duration_ns)
{
	int64_t end_ns = clock_mono_ns() + duration_ns;

	while (clock_mono_ns() < end_ns)
		loop_turn(bench->loop, RAMP_TURN_MS);
}

static enum status
compose(struct bench *bench)
{
	struct str body;
	enum status s = daemon_read_file(
	    &bench->arena, bench->options.body, 16 << 20, &body);

	if (s != OK)
		return s;
	bench->request = str_printf(&bench->arena,
	    "POST /v1/chat/completions HTTP/1.1\r\nHost: bench\r\n"
	    "Content-Type: application/json\r\n%s\r\n"
	    "Content-Length: %zu\r\n\r\n%.*s",
	    bench->options.header, body.len, STR_ARGS(body));
	return OK;
}

static enum status
read_target(struct bench *bench)
{
	struct str rest = str_from(bench->options.target);
	struct str host;
	int64_t port;

	if (!str_next(&rest, ':', &host) || str_to_i64(rest, &port) != OK)
		return E_INVALID;
	bench->address.sin_family = AF_INET;
	bench->address.sin_port = htons((uint16_t)port);
	return inet_pton(AF_INET, str_cstr(&bench->arena, host),
		   &bench->address.sin_addr) == 1
	    ? OK
	    : E_INVALID;
}

int
main(int argc, char **argv)
{
	static struct bench bench;
	struct buf fault;

	daemon_init();
	arena_init(&bench.arena, 0);
	buf_init(&fault, 4096);
	argc--;
	if (settings_load(table, ARRAY_LEN(table), &argc, argv + 1,
		&bench.options, &fault) != OK ||
	    read_target(&bench) != OK || compose(&bench) != OK) {
		fprintf(
		    stderr, "bench-streams: %.*s\n", STR_ARGS(buf_str(&fault)));
		return 2;
	}
	bench.loop = loop_new();
	bench.streams =
	    calloc((size_t)bench.options.streams, sizeof(*bench.streams));
	if (bench.streams == NULL)
		abort();
	open_all(&bench);
	run_for(&bench, SETTLE_NS);
	puts("measuring");
	fflush(stdout);
	bench.measuring = true;
	run_for(&bench, bench.options.seconds * NS_PER_S);
	printf("{\"streams\":%lld,\"events\":%lld,\"failed\":%lld}\n",
	    (long long)bench.opened, (long long)bench.events,
	    (long long)bench.failed);
	return bench.failed == 0 ? 0 : 1;
}
