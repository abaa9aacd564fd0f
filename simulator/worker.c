/* worker.c - see worker.h. */
#include "simulator/worker.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "simulator/connection.h"

enum {
	BACKLOG = 4096,
	SCRATCH_MAX_BYTES = 256 * 1024 * 1024,
};

/* "127.0.0.1:7700" */
static enum status
parse_address(const char *text, struct sockaddr_in *out)
{
	struct str rest = str_from(text);
	struct str host;
	char name[INET_ADDRSTRLEN];
	uint64_t port;

	if (!str_next(&rest, ':', &host) || host.len >= sizeof(name) ||
	    str_to_u64(rest, &port) != OK || port > UINT16_MAX)
		return E_INVALID;
	memcpy(name, host.ptr, host.len);
	name[host.len] = '\0';
	*out = (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
	};
	return inet_pton(AF_INET, name, &out->sin_addr) == 1 ? OK : E_INVALID;
}

static enum status
open_listener(const char *address, int *out_fd)
{
	const int one = 1;
	struct sockaddr_in sa;
	enum status s = parse_address(address, &sa);
	int fd;

	if (s != OK)
		return s;
	fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return E_UNAVAILABLE;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) != 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one)) != 0 ||
	    bind(fd, (struct sockaddr *)&sa, sizeof(sa)) != 0 ||
	    listen(fd, BACKLOG) != 0) {
		close(fd);
		return E_UNAVAILABLE;
	}
	*out_fd = fd;
	return OK;
}

static void
on_listener(struct loop_source *source, uint32_t events)
{
	struct worker *worker = container_of(source, struct worker, listener);
	const int one = 1;
	int fd;

	for (;;) {
		fd = accept4(
		    source->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0)
			return;
		(void)setsockopt(
		    fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		connection_accept(worker, fd);
	}
}

enum status
worker_open(struct worker *worker, struct simulator *simulator,
    const char *address, uint64_t seed)
{
	enum status s;
	int fd;

	s = open_listener(address, &fd);
	if (s != OK)
		return s;
	*worker = (struct worker){
		.simulator = simulator,
		.loop = loop_new(),
		.listener = { .on_event = on_listener, .fd = fd },
		.random = { .state = seed },
		.read_buffer = malloc(WORKER_READ_BYTES),
	};
	list_init(&worker->connections);
	buf_init(&worker->scratch, SCRATCH_MAX_BYTES);
	if (worker->loop == NULL || worker->read_buffer == NULL)
		abort();
	return loop_add(worker->loop, &worker->listener, EPOLLIN);
}

void
worker_close(struct worker *worker)
{
	connection_close_all(worker);
	close(worker->listener.fd);
	loop_free(worker->loop);
	buf_done(&worker->scratch);
	free(worker->read_buffer);
}

static void *
run(void *arg)
{
	struct worker *worker = arg;

	loop_run(worker->loop);
	return NULL;
}

enum status
worker_start(struct worker *worker)
{
	return pthread_create(&worker->thread, NULL, run, worker) == 0
	    ? OK
	    : E_UNAVAILABLE;
}

void
worker_stop(struct worker *worker)
{
	loop_stop(worker->loop);
	pthread_join(worker->thread, NULL);
}
