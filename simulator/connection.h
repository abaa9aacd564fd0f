/*
 * connection.h - one client's TCP connection.
 *
 * Lives on its worker's list until either side closes it; nobody else holds
 * it.  Requests may be pipelined; they are answered one after the other.
 */
#pragma once

struct worker;

/* Takes the descriptor. */
void connection_accept(struct worker *, int fd);

void connection_close_all(struct worker *);
