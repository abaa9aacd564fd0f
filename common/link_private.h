/*
 * link_private.h - what the three files of the link share, and nobody else.
 */
#pragma once

#include <nng/nng.h>
#include <nng/supplemental/tls/tls.h>
#include <pthread.h>
#include <stdbool.h>

#include "common/link.h"
#include "common/list.h"

/* One thread's stay inside a link: an ask, a receive, a serving thread. */
struct link_call {
	struct list node;
	struct link *link;
	nng_ctx ctx;
	nng_aio *aio;
};

struct link_server { /* one serving thread */
	struct link_call call;
	unsigned slot;
	pthread_t thread;
};

struct link {
	nng_socket socket;

	link_answer_fn answer;
	void *context;
	struct link_server *servers;
	unsigned server_count;

	pthread_mutex_t lock; /* guards what follows */
	pthread_cond_t idle;  /* calls is empty */
	struct list calls;
	bool is_stopped;
};

/* Our word for NNG's error; out of memory aborts. */
enum status link_status(int nng_error);

/*
 * The configuration for a URL, to be freed; NULL for a link without TLS.
 * E_INVALID when URL and files disagree about TLS or a file is not valid.
 */
enum status link_tls_new(const char *url, const struct link_tls *, nng_tls_mode,
    nng_tls_config **out);
