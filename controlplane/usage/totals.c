/* totals.c - see totals.h. */
#include "controlplane/usage/totals.h"

#include <string.h>

#include "common/arena.h"
#include "common/clock.h"
#include "common/map.h"

#define BUCKET_US (900 * US_PER_S)

/* The bytes by which events belong to one total. */
static struct str
key_of(struct arena *arena, int64_t bucket_us, const struct usage_subject *s)
{
	const int64_t numbers[] = { bucket_us, s->tenant_sid, s->team_sid,
		s->key_sid, s->provider_sid, s->outcome,
		(int64_t)s->alias.len };
	size_t len = sizeof(numbers) + s->alias.len + s->upstream_model.len;
	char *bytes = arena_alloc(arena, len);
	char *at = bytes;

	memcpy(at, numbers, sizeof(numbers));
	at += sizeof(numbers);
	if (s->alias.len > 0)
		memcpy(at, s->alias.ptr, s->alias.len);
	at += s->alias.len;
	if (s->upstream_model.len > 0)
		memcpy(at, s->upstream_model.ptr, s->upstream_model.len);
	return str_make(bytes, len);
}

static void
add(struct usage_total *total, const struct usage_event *event)
{
	total->tokens.input += event->tokens.input;
	total->tokens.cached += event->tokens.cached;
	total->tokens.cache_write_5m += event->tokens.cache_write_5m;
	total->tokens.cache_write_1h += event->tokens.cache_write_1h;
	total->tokens.output += event->tokens.output;
	total->tokens.reasoning += event->tokens.reasoning;
	total->requests += event->count;
	total->estimated += event->estimated ? event->count : 0;
	total->unpriced += event->unpriced ? event->count : 0;
	total->cost_nano += event->cost_nano;
}

size_t
totals_sum(struct arena *arena, const struct usage_event *events, size_t count,
    struct usage_total **out)
{
	struct usage_total *totals =
	    arena_alloc_array(arena, count, sizeof(*totals));
	struct map by_key CLEANUP(map_done);
	size_t used = 0;

	map_init(&by_key);
	for (size_t i = 0; i < count; i++) {
		const struct usage_event *event = &events[i];
		int64_t bucket_us = event->ts_us - event->ts_us % BUCKET_US;
		struct str key = key_of(arena, bucket_us, &event->subject);
		struct usage_total *total = map_get(&by_key, key);

		if (!total) {
			total = &totals[used++];
			total->bucket_us = bucket_us;
			total->subject = event->subject;
			map_put(&by_key, key, total);
		}
		add(total, event);
	}
	*out = totals;
	return used;
}
