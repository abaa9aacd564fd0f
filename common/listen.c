/*
 * listen.c - see listen.h.
 */
#include "common/listen.h"

#include <netdb.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define HOST_MAX 64

static int
bind_socket(const struct addrinfo *address, bool is_shared)
{
	int on = 1;
	int fd = socket(
	    address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (is_shared)
		setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
	if (bind(fd, address->ai_addr, address->ai_addrlen) == 0)
		return fd;
	close(fd);
	return -1;
}

/*
 * Another process of the same user could share the port unnoticed, and half
 * of the connections would go to it: a first bind that does not share tells.
 */
static bool
is_free(const struct addrinfo *address)
{
	int fd = bind_socket(address, false);

	if (fd < 0 || listen(fd, 1) != 0)
		return false;
	close(fd);
	return true;
}

static enum status
open_all(
    const struct addrinfo *address, int backlog, size_t count, int *out_fds)
{
	for (size_t i = 0; i < count; i++) {
		out_fds[i] = bind_socket(address, count > 1);
		if (out_fds[i] >= 0 && listen(out_fds[i], backlog) == 0)
			continue;
		for (size_t open = 0; open <= i; open++)
			if (out_fds[open] >= 0)
				close(out_fds[open]);
		return E_CONFLICT;
	}
	return OK;
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
listen_open(const char *where, int backlog, size_t count, int *out_fds)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE };
	struct addrinfo *found = NULL;
	char host[HOST_MAX];
	const char *port;
	enum status s = split(where, host, &port);

	if (s != OK)
		return s;
	if (getaddrinfo(host[0] != '\0' ? host : NULL, port, &hints, &found) !=
	    0)
		return E_INVALID;
	s = is_free(found) ? open_all(found, backlog, count, out_fds)
			   : E_CONFLICT;
	freeaddrinfo(found);
	return s;
}
