/*
 * listener_private.h - what listener.c and stream.c share.
 */
#pragma once

#include <microhttpd.h>

#include "common/list.h"
#include "common/loop.h"
#include "dataplane/listener/listener.h"

struct listener { /* lifetime: worker */
	struct loop *loop;
	const struct settings *settings;
	const struct listener_events *events;
	void *context;
	struct MHD_Daemon *daemon;
	struct loop_source mhd;
	struct loop_timer reaper;
	struct list clients;
	struct list readers;
	struct list lost; /* exchanges to be told */
	bool must_run;
	bool is_quiet; /* accepts no more */
};

/* Gives MHD the answer there is, or suspends the connection until one is. */
enum MHD_Result exchange_queue(struct exchange *);

/* Lets MHD go on with it in this turn of the loop. */
void exchange_resume(struct exchange *);

/* The client has left; its owner hears of it in this turn. */
void exchange_lose(struct exchange *);

/* The socket takes bytes again. */
void exchange_continue(struct exchange *);
