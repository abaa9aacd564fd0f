/* throttle.c - see throttle.h. */
#include "controlplane/publish/throttle.h"

#include <string.h>

#include "common/clock.h"
#include "common/digest.h"

#define FAILURES_MAX 10
#define WINDOW_NS (10 * NS_PER_S)

void
throttle_init(struct throttle *throttle)
{
	memset(throttle, 0, sizeof(*throttle));
	pthread_mutex_init(&throttle->lock, NULL);
}

void
throttle_done(struct throttle *throttle)
{
	pthread_mutex_destroy(&throttle->lock);
}

/* Its place, emptied when its window is over. */
static struct throttle_place *
find(struct throttle *throttle, struct str name)
{
	struct throttle_place *place =
	    &throttle->places[digest_crc32(name) % THROTTLE_PLACES];
	int64_t now_ns = clock_mono_ns();

	if (place->until_ns <= now_ns) {
		place->until_ns = now_ns + WINDOW_NS;
		place->failures = 0;
	}
	return place;
}

bool
throttle_is_closed(struct throttle *throttle, struct str name)
{
	pthread_mutex_lock(&throttle->lock);
	bool closed = find(throttle, name)->failures >= FAILURES_MAX;
	pthread_mutex_unlock(&throttle->lock);
	return closed;
}

void
throttle_add_failure(struct throttle *throttle, struct str name)
{
	pthread_mutex_lock(&throttle->lock);
	find(throttle, name)->failures++;
	pthread_mutex_unlock(&throttle->lock);
}
