/*
 * address.h - which addresses a provider may live at.
 *
 * Checked for the address a connection is really made to, after name
 * resolution, so a name that points inwards does not help.  Loopback,
 * private, link-local, carrier and other special ranges need
 * allow_private_network; those that clouds serve their metadata from are
 * never allowed.
 */
#pragma once

#include <stdbool.h>
#include <sys/socket.h>

bool address_is_allowed(const struct sockaddr *, bool allow_private_network);
