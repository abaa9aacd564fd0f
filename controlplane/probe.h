/*
 * probe.h - /livez, /readyz and /metrics, on a port of their own.
 *
 * What readiness needs to know is looked up by a thread every second, so
 * that a probe answers at once whatever the database does.
 */
#pragma once

#include "common/buf.h"
#include "common/status.h"

struct migrations;
struct probe;
struct publisher;

struct probe_options {
	const char *host;
	int64_t port;
	const char *database_url;
	const struct migrations *migrations;
};

/* Not ready until there is a publisher and it has compiled a snapshot. */
enum status probe_open(
    const struct probe_options *, struct probe **out, struct buf *fault);
void probe_close(struct probe *);

/* NULL takes it back, before the publisher goes. */
void probe_watch_publisher(struct probe *, struct publisher *);
