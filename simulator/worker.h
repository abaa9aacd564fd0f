/*
 * worker.h - one thread: its own listener, loop and connections.
 *
 * Workers share the port through SO_REUSEPORT and nothing else but the
 * simulator they are given.
 */
#pragma once

#include <pthread.h>

#include "common/buf.h"
#include "common/list.h"
#include "common/loop.h"
#include "common/status.h"
#include "simulator/http.h"
#include "simulator/random.h"
#include "simulator/simulator.h"

#define WORKER_READ_BYTES (256 * 1024)

struct worker {
	struct simulator *simulator;
	struct loop *loop;
	struct loop_source listener;
	struct list connections;
	struct random random;
	pthread_t thread;

	/* For whichever connection is being served. */
	struct http_request request;
	struct buf scratch;
	char *read_buffer;
};

/* Binds and listens.  E_INVALID for a bad address, E_UNAVAILABLE. */
enum status worker_open(
    struct worker *, struct simulator *, const char *address, uint64_t seed);
void worker_close(struct worker *);

/* The thread runs until worker_stop(), which waits for it. */
enum status worker_start(struct worker *);
void worker_stop(struct worker *);
