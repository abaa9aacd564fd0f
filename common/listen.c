/*
 * listen.c - see listen.h.
 */
#include "common/listen.h"

#include <netdb.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define HOST_MAX 64

static int
bind_socket(const struct addrinfo *address, int backlog)
{
	int on = 1;
	int fd = socket(
	    address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
	if (bind(fd, address->ai_addr, address->ai_addrlen) == 0 &&
	    listen(fd, backlog) == 0)
		return fd;
	close(fd);
	return -1;
}

/* Copies the host without its brackets; the port follows the last colon. */
static enum status
split(const char *where, char host[HOST_MAX], const char **out_port)
{
	const char *colon = strrchr(where, ':');
	size_t len;

	if (colon == NULL)
		return E_INVALID;
	len = (size_t)(colon - where);
	if (len >= 2 && where[0] == '[' && where[len - 1] == ']') {
		where++;
		len -= 2;
	}
	if (len >= HOST_MAX)
		return E_INVALID;
	memcpy(host, where, len);
	host[len] = '\0';
	*out_port = colon + 1;
	return OK;
}

enum status
listen_open(const char *where, int backlog, int *out_fd)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE };
	struct addrinfo *found = NULL;
	char host[HOST_MAX];
	const char *port;
	enum status s = split(where, host, &port);
	int fd;

	if (s != OK)
		return s;
	if (getaddrinfo(host[0] != '\0' ? host : NULL, port, &hints, &found) !=
	    0)
		return E_INVALID;
	fd = bind_socket(found, backlog);
	freeaddrinfo(found);
	if (fd < 0)
		return E_CONFLICT;
	*out_fd = fd;
	return OK;
}
