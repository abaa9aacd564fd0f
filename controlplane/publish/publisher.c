/* publisher.c - see publisher.h. */
#include "controlplane/publish/publisher.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/arena.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/metrics.h"
#include "controlplane/publish/fleet.h"
#include "controlplane/store/config.h"

#define POLL_MS 5000
#define RETRY_MS 1000
#define DEBOUNCE_MS 20 /* changes so close together are one */
#define FAULT_MAX_BYTES 1024

struct publisher {
	struct publisher_options options;
	struct db *db;
	pthread_t thread;
	int stop_fd;
	bool listening;
	uint64_t failed_rev; /* said so in the log */

	pthread_mutex_t lock; /* of the two below */
	struct compiled *newest;
	struct compiled *previous;
};

/* True when it is time to stop. */
static bool
pause_for(struct publisher *p, int timeout_ms)
{
	struct pollfd pollfd = { .fd = p->stop_fd, .events = POLLIN };

	return poll(&pollfd, 1, timeout_ms) > 0;
}

static void
offer(struct publisher *p, struct compiled *compiled)
{
	struct compiled *dropped;

	pthread_mutex_lock(&p->lock);
	dropped = p->previous;
	p->previous = p->newest;
	p->newest = compiled;
	pthread_mutex_unlock(&p->lock);
	compiled_unref(dropped);

	metric_add(METRIC_CONTROL_SNAPSHOTS, 1);
	log_info("snapshot_compiled", log_int("rev", (int64_t)compiled->rev),
	    log_int("chunks", (int64_t)compiled->chunk_count),
	    log_int("bytes", (int64_t)compiled->size_bytes));
	if (p->options.bell)
		fleet_ring(p->options.bell, compiled->rev);
}

/* A revision that cannot be compiled is tried again, but named once. */
static void
compile(struct publisher *p, uint64_t rev)
{
	struct compiled *compiled = NULL;
	struct buf fault CLEANUP(buf_done);

	buf_init(&fault, FAULT_MAX_BYTES);
	enum status s =
	    compile_run(p->db, &p->options.compile, &compiled, &fault);
	if (s == OK) {
		p->failed_rev = 0;
		offer(p, compiled);
		return;
	}
	if (p->failed_rev != rev)
		log_error("snapshot_failed", log_int("rev", (int64_t)rev),
		    log_status(s), log_str("fault", buf_str(&fault)));
	p->failed_rev = rev;
}

/* Looks at the head and follows it; E_UNAVAILABLE: there is no database. */
static enum status
follow(struct publisher *p)
{
	struct arena arena CLEANUP(arena_done);
	int64_t rev;

	arena_init(&arena, 0);
	enum status s = OK;
	if (!p->listening)
		s = db_listen(p->db, "weir_config");
	p->listening = s == OK;
	if (s == OK)
		s = store_config_head(p->db, &arena, &rev);
	if (s != OK) {
		p->listening = false;
		return s;
	}
	if (!publisher_is_ready(p) || (uint64_t)rev != publisher_rev(p))
		compile(p, (uint64_t)rev);
	return OK;
}

/* Until there is news, or it is time to look anyway. */
static bool
wait_for_news(struct publisher *p)
{
	switch (db_wait_notify(p->db, POLL_MS, p->stop_fd)) {
	case OK:
		return pause_for(p, DEBOUNCE_MS);
	case E_CANCELLED:
		return true;
	case E_TIMEOUT:
		return false;
	default:
		p->listening = false;
		return pause_for(p, RETRY_MS);
	}
}

static void *
publish(void *context)
{
	struct publisher *p = context;
	bool is_stopping = false;

	while (!is_stopping) {
		if (follow(p) == OK)
			is_stopping = wait_for_news(p);
		else
			is_stopping = pause_for(p, RETRY_MS);
	}
	return NULL;
}

enum status
publisher_open(const struct publisher_options *options, struct publisher **out)
{
	struct publisher *p = calloc(1, sizeof(*p));

	if (!p)
		abort();
	p->options = *options;
	p->db = db_open(options->database_url, "weir-publisher");
	db_set_statement_timeout(p->db, 60000);
	pthread_mutex_init(&p->lock, NULL);
	p->stop_fd = eventfd(0, EFD_CLOEXEC);
	if (p->stop_fd < 0 || pthread_create(&p->thread, NULL, publish, p) != 0)
		abort();
	*out = p;
	return OK;
}

void
publisher_close(struct publisher *p)
{
	if (!p)
		return;
	if (eventfd_write(p->stop_fd, 1) != 0)
		abort();
	pthread_join(p->thread, NULL);
	close(p->stop_fd);
	compiled_unref(p->newest);
	compiled_unref(p->previous);
	pthread_mutex_destroy(&p->lock);
	db_close(p->db);
	free(p);
}

bool
publisher_is_ready(struct publisher *p)
{
	pthread_mutex_lock(&p->lock);
	bool ready = p->newest != NULL;
	pthread_mutex_unlock(&p->lock);
	return ready;
}

uint64_t
publisher_rev(struct publisher *p)
{
	pthread_mutex_lock(&p->lock);
	uint64_t rev = p->newest ? p->newest->rev : 0;
	pthread_mutex_unlock(&p->lock);
	return rev;
}

struct compiled *
publisher_newest(struct publisher *p)
{
	pthread_mutex_lock(&p->lock);
	struct compiled *found = p->newest ? compiled_ref(p->newest) : NULL;
	pthread_mutex_unlock(&p->lock);
	return found;
}

struct compiled *
publisher_find(struct publisher *p, uint64_t rev)
{
	struct compiled *found = NULL;

	pthread_mutex_lock(&p->lock);
	if (p->newest && p->newest->rev == rev)
		found = compiled_ref(p->newest);
	else if (p->previous && p->previous->rev == rev)
		found = compiled_ref(p->previous);
	pthread_mutex_unlock(&p->lock);
	return found;
}
