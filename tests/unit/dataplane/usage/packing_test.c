/*
 * packing_test.c - usage as bytes: whole, bounded, and always readable.
 */
#include "dataplane/usage/packing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/arena.h"
#include "common/wire.h"
#include "proto/usage.pb-c.h"
#include "tests/unit/dataplane/usage/scratch.h"

static struct arena arena;

static int
set_up(void **state)
{
	arena_init(&arena, 0);
	return 0;
}

static int
tear_down(void **state)
{
	arena_done(&arena);
	return 0;
}

/* As the control plane reads it: strictly. */
static const Weir__Usage__V1__Record *
pack_and_read(const struct record *record)
{
	uint8_t *packed = arena_alloc(&arena, PACKING_RECORD_MAX_BYTES);
	size_t len = packing_write_record(record, packed);
	ProtobufCMessage *message;
	struct str body;

	assert_in_range(len, 1, PACKING_RECORD_MAX_BYTES);
	assert_int_equal(
	    packing_open(str_make(packed, len), &body), PACKING_RECORD);
	assert_int_equal(
	    wire_unpack(&arena, &weir__usage__v1__record__descriptor, body,
		PACKING_RECORD_MAX_BYTES, &message),
	    OK);
	return (const Weir__Usage__V1__Record *)message;
}

static void
test_every_field_arrives(void **state)
{
	struct record record = scratch_record(77);
	const Weir__Usage__V1__Record *read;

	record.tokens.cached = 5;
	record.tokens.reasoning = 6;
	record.attempts[0].failure = FAILURE_RATE;
	record.label_names[0] = STR("team");
	record.label_values[0] = STR("blue");
	record.label_count = 1;
	record.count = 3;
	read = pack_and_read(&record);
	assert_memory_equal(
	    read->subject->request_id.data, &record.subject.request_id, 16);
	assert_int_equal(read->subject->ts_us, record.subject.wall_us);
	assert_int_equal(read->subject->key_sid, 3);
	assert_string_equal(read->subject->alias, "gpt-5");
	assert_string_equal(read->subject->upstream_model, "gpt-5-2025-08-07");
	assert_string_equal(read->subject->dialect, "openai-chat");
	assert_int_equal(read->outcome, WEIR__USAGE__V1__OUTCOME__OUTCOME_OK);
	assert_int_equal(read->http_status, 200);
	assert_int_equal(read->tokens->input, 1000);
	assert_int_equal(read->tokens->cached, 5);
	assert_int_equal(read->tokens->output, 50);
	assert_int_equal(read->tokens->reasoning, 6);
	assert_false(read->estimated);
	assert_int_equal(read->cost_nano, 123456);
	assert_int_equal(read->n_price_ids, 2);
	assert_int_equal(read->price_ids[1], 8);
	assert_int_equal(read->latency_us, 1500000);
	assert_int_equal(read->ttft_us, 300000);
	assert_true(read->stream);
	assert_int_equal(read->n_attempts, 1);
	assert_string_equal(read->attempts[0]->failure, "rate");
	assert_string_equal(read->route_reason, "alias");
	assert_int_equal(read->n_labels, 1);
	assert_string_equal(read->labels[0]->key, "team");
	assert_string_equal(read->labels[0]->value, "blue");
	assert_int_equal(read->count, 3);
	assert_int_equal(read->config_rev, 42);
}

static void
test_largest_record_fits(void **state)
{
	static char text[4096];
	struct record record = scratch_record(1);
	struct str longest = str_make(text, sizeof(text));
	const Weir__Usage__V1__Record *read;

	memset(text, 'x', sizeof(text));
	memset(&record.subject.request_id, 0xff, 16);
	record.subject.alias = longest;
	record.subject.upstream_model = longest;
	record.subject.wall_us = INT64_MAX;
	record.subject.tenant_sid = UINT32_MAX;
	record.error_code = longest;
	record.route_reason = longest;
	record.tokens = (struct tokens){ INT64_MAX, INT64_MAX, INT64_MAX,
		INT64_MAX, INT64_MAX, INT64_MAX, false };
	record.cost_nano = INT64_MIN;
	record.latency_us = INT64_MAX;
	record.ttft_us = INT64_MAX;
	record.upstream_us = INT64_MAX;
	record.count = UINT32_MAX;
	record.config_rev = UINT64_MAX;
	record.price_count = RECORD_PRICES_MAX;
	memset(record.price_sids, 0xff, sizeof(record.price_sids));
	record.attempt_count = RECORD_ATTEMPTS_MAX;
	record.label_count = RECORD_LABELS_MAX;
	for (size_t i = 0; i < RECORD_ATTEMPTS_MAX; i++) {
		record.attempts[i] = (struct record_attempt){ UINT32_MAX,
			longest, INT32_MAX, FAILURE_OVERLOADED, INT64_MAX };
		record.label_names[i] = longest;
		record.label_values[i] = longest;
	}
	read = pack_and_read(&record);
	assert_int_equal(strlen(read->subject->alias), 256);
	assert_int_equal(read->n_attempts, RECORD_ATTEMPTS_MAX);
	assert_int_equal(read->n_labels, RECORD_LABELS_MAX);
	assert_true(read->estimated);
}

static void
test_text_of_strangers_becomes_utf8(void **state)
{
	struct record record = scratch_record(1);
	const Weir__Usage__V1__Record *read;

	record.subject.alias = STR("bad\xff\xfe"
				   "bytes");
	record.subject.upstream_model = str_make("nul\0inside", 10);
	record.route_reason = STR("caf\xc3\xa9");
	read = pack_and_read(&record);
	assert_string_equal(read->subject->alias, "bad??bytes");
	assert_string_equal(read->subject->upstream_model, "nul?inside");
	assert_string_equal(read->route_reason, "caf\xc3\xa9");

	/* Cut between characters, never inside one. */
	static char text[600];
	for (size_t i = 0; i + 1 < sizeof(text); i += 2)
		memcpy(text + i, "\xc3\xa9", 2);
	record.subject.alias = str_make(text, sizeof(text));
	record.error_code = str_make(text + 1, 100);
	read = pack_and_read(&record);
	assert_true(str_is_utf8(str_from(read->subject->alias)));
	assert_int_equal(strlen(read->subject->alias), 256);
	assert_true(str_is_utf8(str_from(read->error_code)));
}

static void
test_negative_numbers_are_none(void **state)
{
	struct record record = scratch_record(1);
	const Weir__Usage__V1__Record *read;

	record.latency_us = -1;
	record.tokens.input = -5;
	record.http_status = -1;
	read = pack_and_read(&record);
	assert_int_equal(read->latency_us, 0);
	assert_int_equal(read->tokens->input, 0);
	assert_int_equal(read->http_status, 0);
}

static void
test_intent_and_back(void **state)
{
	struct record_intent intent = scratch_intent(9), read;
	uint8_t packed[PACKING_INTENT_MAX_BYTES];
	struct str body;

	intent.reserved_nano = -7;
	size_t len = packing_write_intent(&intent, packed);
	assert_int_equal(
	    packing_open(str_make(packed, len), &body), PACKING_INTENT);
	assert_int_equal(packing_read_intent(&arena, body, &read), OK);
	assert_true(id_eq(read.subject.request_id, intent.subject.request_id));
	assert_int_equal(read.input_guess, 1000);
	assert_int_equal(read.reserved_nano, -7);
	assert_true(str_eq(read.subject.alias, STR("gpt-5")));
	assert_string_equal(read.subject.dialect, "openai-chat");
}

static void
test_what_is_no_entry(void **state)
{
	struct record_intent intent;
	struct str body;

	assert_int_equal(packing_open(STR(""), &body), PACKING_NONE);
	assert_int_equal(packing_open(STR("\x0a"), &body), PACKING_NONE);
	assert_int_equal(packing_open(STR("\x0a\x05xx"), &body), PACKING_NONE);
	assert_int_equal(packing_open(STR("\x1a\x02xx"), &body), PACKING_NONE);
	assert_int_equal(
	    packing_open(STR("\x0a\xff\xff\xff\xff\xff\xff"), &body),
	    PACKING_NONE);
	assert_int_equal(
	    packing_read_intent(&arena, STR("xx"), &intent), E_CORRUPT);
	assert_int_equal(
	    packing_read_intent(&arena, STR(""), &intent), E_CORRUPT);
}

static void
test_lost_says_so(void **state)
{
	struct str record = packing_write_lost(&arena, "usage_lost");
	struct record_subject subject;

	assert_string_equal(scratch_code(record), "usage_lost");
	assert_int_equal(packing_read_subject(&arena, record, &subject), OK);
	assert_false(id_is_zero(subject.request_id));
	assert_int_equal(subject.key_sid, 0);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_every_field_arrives),
		TEST(test_largest_record_fits),
		TEST(test_text_of_strangers_becomes_utf8),
		TEST(test_negative_numbers_are_none),
		TEST(test_intent_and_back),
		TEST(test_what_is_no_entry),
		TEST(test_lost_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
