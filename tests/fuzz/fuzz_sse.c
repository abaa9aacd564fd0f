/*
 * fuzz_sse.c - event streams: cut into pieces anywhere they give the same
 * events as in one piece, and no byte is lost.
 *
 * The first byte of the input says how it is cut.
 */
#include <stdlib.h>

#include "dataplane/translate/sse.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

enum {
	EVENT_MAX_BYTES = 512,
	RECORD_MAX_BYTES = 16 << 20,
};

struct record {
	struct buf raw;
	struct buf events;
	bool has_failed;
};

static void
check(bool holds)
{
	if (!holds)
		abort();
}

static void
take(struct record *record, const struct sse_event *event)
{
	buf_add_str(&record->raw, event->raw);
	check(event->raw.len <= EVENT_MAX_BYTES);
	if (!event->has_data)
		return;
	buf_printf(
	    &record->events, "%zu %zu\n", event->name.len, event->data.len);
	buf_add_str(&record->events, event->name);
	buf_add_str(&record->events, event->data);
}

static void
play(struct record *record, struct str stream, size_t step)
{
	struct sse_event event;
	struct sse sse;

	buf_init(&record->raw, RECORD_MAX_BYTES);
	buf_init(&record->events, RECORD_MAX_BYTES);
	sse_init(&sse, EVENT_MAX_BYTES);
	while (stream.len > 0 && sse_feed(&sse, str_head(stream, step)) == OK) {
		while (sse_next(&sse, &event))
			take(record, &event);
		stream = str_skip(stream, step);
	}
	record->has_failed = sse_has_failed(&sse);
	if (!record->has_failed)
		buf_add_str(&record->raw, sse_rest(&sse));
	sse_done(&sse);
}

static void
record_done(struct record *record)
{
	buf_done(&record->raw);
	buf_done(&record->events);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct record whole;
	struct record pieces;
	struct str stream;
	size_t step;

	if (size == 0)
		return 0;
	stream = str_make(bytes + 1, size - 1);
	step = (size_t)bytes[0] % 64 + 1;
	play(&whole, stream, size);
	play(&pieces, stream, step);
	/* An LF cut off its CR is not counted: the bound may differ by it. */
	if (!whole.has_failed && !pieces.has_failed) {
		check(str_eq(buf_str(&whole.events), buf_str(&pieces.events)));
		check(str_eq(buf_str(&whole.raw), stream));
		check(str_eq(buf_str(&pieces.raw), stream));
	}
	record_done(&whole);
	record_done(&pieces);
	return 0;
}
