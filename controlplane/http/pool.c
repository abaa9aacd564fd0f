/*
 * pool.c - see pool.h.
 */
#include "controlplane/http/pool.h"

#include <pthread.h>
#include <stdlib.h>

#include "controlplane/store/db.h"

#define STATEMENT_TIMEOUT_MS 10000

struct pool {
	pthread_mutex_t lock;
	pthread_cond_t filled;
	struct list queue;
	size_t queued;
	size_t queue_max;
	bool is_closing;
	const char *database_url;
	pthread_t *threads;
	size_t thread_count;
};

/* NULL once the pool is closing and nothing is left. */
static struct work *
take(struct pool *pool)
{
	struct work *work = NULL;

	pthread_mutex_lock(&pool->lock);
	while (pool->queued == 0 && !pool->is_closing)
		pthread_cond_wait(&pool->filled, &pool->lock);
	if (pool->queued > 0) {
		work = container_of(pool->queue.next, struct work, node);
		list_remove(&work->node);
		pool->queued--;
	}
	pthread_mutex_unlock(&pool->lock);
	return work;
}

static void *
serve(void *arg)
{
	struct pool *pool = arg;
	struct db *db = db_open(pool->database_url, "weir-control admin");
	struct work *work;

	db_set_statement_timeout(db, STATEMENT_TIMEOUT_MS);
	while ((work = take(pool)) != NULL)
		work->run(work, db);
	db_close(db);
	return NULL;
}

struct pool *
pool_open(size_t worker_count, size_t queue_max, const char *database_url)
{
	struct pool *pool = calloc(1, sizeof(*pool));

	assert(worker_count > 0);
	assert(queue_max > 0);
	if (pool == NULL)
		abort();
	pthread_mutex_init(&pool->lock, NULL);
	pthread_cond_init(&pool->filled, NULL);
	list_init(&pool->queue);
	pool->queue_max = queue_max;
	pool->database_url = database_url;
	pool->threads = calloc(worker_count, sizeof(*pool->threads));
	if (pool->threads == NULL)
		abort();
	for (; pool->thread_count < worker_count; pool->thread_count++) {
		if (pthread_create(&pool->threads[pool->thread_count], NULL,
			serve, pool) != 0)
			abort();
	}
	return pool;
}

bool
pool_submit(struct pool *pool, struct work *work)
{
	bool is_taken;

	pthread_mutex_lock(&pool->lock);
	is_taken = pool->queued < pool->queue_max && !pool->is_closing;
	if (is_taken) {
		list_append(&pool->queue, &work->node);
		pool->queued++;
		pthread_cond_signal(&pool->filled);
	}
	pthread_mutex_unlock(&pool->lock);
	return is_taken;
}

void
pool_close(struct pool *pool)
{
	pthread_mutex_lock(&pool->lock);
	pool->is_closing = true;
	pthread_cond_broadcast(&pool->filled);
	pthread_mutex_unlock(&pool->lock);
	for (size_t i = 0; i < pool->thread_count; i++)
		pthread_join(pool->threads[i], NULL);
	pthread_cond_destroy(&pool->filled);
	pthread_mutex_destroy(&pool->lock);
	free(pool->threads);
	free(pool);
}
