/* sse_test.c - event streams, whole and in pieces. */
#include "dataplane/translate/sse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

enum {
	EVENT_MAX = 4096,
};

/* Everything that comes out of a stream, as one text to compare. */
struct record {
	struct sse sse;
	struct buf events; /* "name|data;" for each that has data */
	struct buf raw;
};

static void
record_init(struct record *r)
{
	sse_init(&r->sse, EVENT_MAX);
	buf_init(&r->events, 1 << 16);
	buf_init(&r->raw, 1 << 16);
}

static void
record_done(struct record *r)
{
	sse_done(&r->sse);
	buf_done(&r->events);
	buf_done(&r->raw);
}

/* The bytes are gone once the events have been taken. */
static void
record_feed(struct record *r, struct str bytes)
{
	char *copy = malloc(bytes.len + 1);
	struct sse_event event;

	assert_non_null(copy);
	memcpy(copy, bytes.ptr, bytes.len);
	assert_int_equal(sse_feed(&r->sse, str_make(copy, bytes.len)), OK);
	while (sse_next(&r->sse, &event)) {
		buf_add_str(&r->raw, event.raw);
		if (!event.has_data)
			continue;
		buf_add_str(&r->events, event.name);
		buf_add_char(&r->events, '|');
		buf_add_str(&r->events, event.data);
		buf_add_char(&r->events, ';');
	}
	free(copy);
}

/* The same events for every way of cutting the stream in three. */
static void
assert_events(struct str stream, const char *expected)
{
	for (size_t first = 0; first <= stream.len; first++) {
		for (size_t second = first; second <= stream.len; second++) {
			struct record r;

			record_init(&r);
			record_feed(&r, str_head(stream, first));
			record_feed(
			    &r, str_make(stream.ptr + first, second - first));
			record_feed(&r, str_skip(stream, second));
			assert_true(
			    str_eq(buf_str(&r.events), str_from(expected)));
			buf_add_str(&r.raw, sse_rest(&r.sse));
			assert_true(str_eq(buf_str(&r.raw), stream));
			record_done(&r);
		}
	}
}

static void
test_events(void **state)
{
	assert_events(STR("data: a\n\n"), "|a;");
	assert_events(STR("event: x\ndata: a\n\ndata: b\n\n"), "x|a;|b;");
	assert_events(STR("data: a\nevent: x\nevent: y\n\n"), "y|a;");
	assert_events(STR("data:a\ndata:  b\ndata\n\n"), "|a\n b\n;");
	assert_events(STR("data\n\ndata\ndata\n\n"), "|;|\n;");
	assert_events(STR("id: 1\nretry: 2\nwhat: 3\nDATA: x\n\n"), "");
	assert_events(STR("event: lonely\n\ndata: a\n\n"), "|a;");
	assert_events(STR("data: a:b\n\n"), "|a:b;");
}

static void
test_line_ends(void **state)
{
	assert_events(STR("data: a\r\n\r\ndata: b\r\n\r\n"), "|a;|b;");
	assert_events(STR("data: a\r\rdata: b\r\r"), "|a;|b;");
	assert_events(STR("data: a\r\ndata: b\ndata: c\r\r\n"), "|a\nb\nc;");
	assert_events(STR("\n\r\n\rdata: a\n\r"), "|a;");
	assert_events(STR("data: a\r\n\rdata: b\n\r\n"), "|a;|b;");
}

static void
test_comments_and_marks(void **state)
{
	assert_events(STR(": ping\n\n:\n\ndata: a\n: in between\n\n"), "|a;");
	assert_events(STR("\xef\xbb\xbf"
			  "data: a\n\n"),
	    "|a;");
	assert_events(STR("\xef\xbb\xbf\n\ndata: a\n\n"), "|a;");
	assert_events(STR("data: a\n\n\xef\xbb\xbf"
			  "data: b\n\n"),
	    "|a;");
}

static void
test_unfinished(void **state)
{
	assert_events(STR("data: a\n\ndata: b\n"), "|a;");
	assert_events(STR("data: a"), "");
	assert_events(STR(""), "");
}

static void
test_long_lines(void **state)
{
	char stream[300];
	char expected[300];

	memset(stream, 'x', sizeof(stream));
	memcpy(stream, "data: ", 6);
	memcpy(stream + sizeof(stream) - 2, "\n\n", 2);
	memset(expected, 'x', sizeof(expected));
	expected[0] = '|';
	memcpy(expected + 1 + sizeof(stream) - 8, ";", 2);
	assert_events(str_make(stream, sizeof(stream)), expected);
}

static void
test_nothing_is_copied(void **state)
{
	struct str stream = STR("data: one\n\nevent: e\ndata: two\n\n");
	struct sse_event event;
	struct sse sse;

	sse_init(&sse, EVENT_MAX);
	assert_int_equal(sse_feed(&sse, stream), OK);
	assert_true(sse_next(&sse, &event));
	assert_ptr_equal(event.raw.ptr, stream.ptr);
	assert_ptr_equal(event.data.ptr, stream.ptr + 6);
	assert_true(sse_next(&sse, &event));
	assert_ptr_equal(event.raw.ptr, stream.ptr + 11);
	assert_false(sse_next(&sse, &event));
	sse_done(&sse);
}

static void
test_too_large(void **state)
{
	struct sse_event event;
	struct sse sse;

	sse_init(&sse, 16);
	assert_int_equal(sse_feed(&sse, STR("data: 0123456\n\n")), OK);
	assert_true(sse_next(&sse, &event));
	assert_false(sse_next(&sse, &event));
	assert_int_equal(sse_feed(&sse, STR("data: 01")), OK);
	assert_false(sse_next(&sse, &event));
	assert_int_equal(sse_feed(&sse, STR("234567890123456789")), OK);
	assert_false(sse_next(&sse, &event));
	assert_true(sse_has_failed(&sse));
	assert_int_equal(sse_feed(&sse, STR("\n\n")), E_TOO_LARGE);
	assert_false(sse_next(&sse, &event));
	sse_done(&sse);
}

/* An event that came whole is bound by the same limit. */
static void
test_too_large_at_once(void **state)
{
	struct sse_event event;
	struct sse sse;

	sse_init(&sse, 16);
	assert_int_equal(
	    sse_feed(&sse, STR("data: 1\n\ndata: 0123456789012\n\n")), OK);
	assert_true(sse_next(&sse, &event));
	assert_false(sse_next(&sse, &event));
	assert_true(sse_has_failed(&sse));
	sse_done(&sse);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_events),
		cmocka_unit_test(test_line_ends),
		cmocka_unit_test(test_comments_and_marks),
		cmocka_unit_test(test_unfinished),
		cmocka_unit_test(test_long_lines),
		cmocka_unit_test(test_nothing_is_copied),
		cmocka_unit_test(test_too_large),
		cmocka_unit_test(test_too_large_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
