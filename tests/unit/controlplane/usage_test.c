/* Every record counts once, whatever is sent and how often. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "common/clock.h"
#include "common/link.h"
#include "tests/unit/controlplane/service.h"

static int64_t
count_events(void)
{
	return world_int(&world, "SELECT count(*) FROM usage_events");
}

static void
every_record_counts_once(void **state)
{
	int64_t before = count_events();
	struct gateway_client g;
	uint64_t acked = 99;

	service_let_in(&g);
	/* A gap: nothing taken. */
	assert_int_equal(gateway_send_usage(&g, 5, 3, &acked), 0);
	assert_int_equal(acked, 0);
	assert_int_equal(gateway_send_usage(&g, 1, 10, &acked), 0);
	assert_int_equal(acked, 10);
	/* The same again; an older part; one that overlaps; a gap. */
	assert_int_equal(gateway_send_usage(&g, 1, 10, &acked), 0);
	assert_int_equal(acked, 10);
	assert_int_equal(gateway_send_usage(&g, 3, 4, &acked), 0);
	assert_int_equal(acked, 10);
	assert_int_equal(gateway_send_usage(&g, 8, 8, &acked), 0);
	assert_int_equal(acked, 15);
	assert_int_equal(gateway_send_usage(&g, 17, 1, &acked), 0);
	assert_int_equal(acked, 15);
	assert_int_equal(gateway_send_usage(&g, 1, 20, &acked), 0);
	assert_int_equal(acked, 20);
	assert_int_equal(count_events() - before, 20);

	/* Another boot counts for itself, an earlier one too. */
	g.boot_id = UINT64_MAX;
	assert_int_equal(gateway_send_usage(&g, 1, 2, &acked), 0);
	assert_int_equal(acked, 2);
	assert_int_equal(count_events() - before, 22);
	assert_int_equal(
	    world_int(&world, "SELECT sum(requests) FROM usage_totals"),
	    count_events());
	assert_int_equal(
	    world_int(&world, "SELECT sum(cost_nano) FROM usage_totals"),
	    count_events());
}

struct storm {
	struct gateway_client gateway;
	unsigned slot;
	uint64_t seed;
};

static struct str
answer_in_slot(
    void *context, unsigned slot, struct arena *arena, struct str question)
{
	return fleet_answer(context, slot, arena, question);
}

/* One sender as it may be at its worst: repeats, overlaps, jumps ahead. */
static void *
send_at_random(void *context)
{
	struct storm *storm = context;
	struct gateway_client *g = &storm->gateway;
	uint64_t acked = 0;
	struct arena arena;

	arena_init(&arena, 0);
	g->arena = &arena;
	for (int i = 0; i < 4000 && acked < 300; i++) {
		storm->seed =
		    storm->seed * 6364136223846793005u + 1442695040888963407u;
		uint64_t back = (storm->seed >> 40) % 20;
		uint64_t first =
		    1 + acked + 5 > back ? 1 + acked + 5 - back : 1;
		size_t count = 1 + (storm->seed >> 50) % 30;

		if (first + count > 301)
			count = first < 301 ? 301 - first : 1;
		if (first > 300)
			first = 300;
		if (gateway_send_usage(g, first, count, &acked) < 0)
			break;
	}
	storm->seed = acked;
	g->arena = NULL;
	arena_done(&arena);
	return NULL;
}

static void
senders_that_race_themselves_count_once(void **state)
{
	struct storm storms[SERVICE_THREADS];
	pthread_t threads[SERVICE_THREADS];
	struct gateway_client g;
	struct link *reply, *ask[SERVICE_THREADS];
	const char *url = service_link_url("reply");

	service_let_in(&g);
	int64_t before = count_events();
	assert_int_equal(link_listen_reply(url, NULL, 1 << 20, &reply), OK);
	assert_int_equal(
	    link_serve(reply, SERVICE_THREADS, answer_in_slot, fleet), OK);
	for (unsigned i = 0; i < SERVICE_THREADS; i++) {
		assert_int_equal(link_dial_request(url, NULL, &ask[i]), OK);
		storms[i] = (struct storm){ .gateway = g, .seed = i + 1 };
		storms[i].gateway.link = ask[i];
		pthread_create(&threads[i], NULL, send_at_random, &storms[i]);
	}
	for (unsigned i = 0; i < SERVICE_THREADS; i++) {
		pthread_join(threads[i], NULL);
		link_close(ask[i]);
		assert_int_equal(storms[i].seed, 300);
	}
	link_close(reply);
	assert_int_equal(count_events() - before, 300);
	assert_int_equal(
	    world_int(&world, "SELECT sum(requests) FROM usage_totals"),
	    count_events());
}

static void
strange_numbers_are_bent_not_lost(void **state)
{
	struct gateway_client g;
	uint64_t acked;

	service_let_in(&g);
	Weir__Usage__V1__Record *record = gateway_make_record(&g);
	Weir__Usage__V1__Attempt attempt = WEIR__USAGE__V1__ATTEMPT__INIT;
	Weir__Usage__V1__Attempt *attempts[] = { &attempt };
	Weir__Usage__V1__Record__LabelsEntry label =
	    WEIR__USAGE__V1__RECORD__LABELS_ENTRY__INIT;
	Weir__Usage__V1__Record__LabelsEntry *labels[] = { &label };
	uint32_t prices[] = { 7, UINT32_MAX };

	record->subject->ts_us = UINT64_MAX;
	record->subject->tenant_sid = UINT32_MAX;
	record->subject->alias = (char *)str_cstr(
	    &world.arena, str_printf(&world.arena, "%0*d", 100000, 1));
	record->tokens->input = UINT64_MAX;
	record->tokens->output = UINT64_MAX;
	record->cost_nano = INT64_MIN;
	record->http_status = UINT32_MAX;
	record->latency_us = UINT64_MAX;
	record->config_rev = UINT64_MAX;
	record->count = UINT32_MAX;
	attempt.failure = "rate";
	record->attempts = attempts;
	record->n_attempts = 1;
	label.key = "a\x01\"b";
	label.value = "ü";
	record->labels = labels;
	record->n_labels = 1;
	record->price_ids = prices;
	record->n_price_ids = 2;
	assert_int_equal(gateway_send_records(&g, 1, &record, 1, &acked), 0);
	assert_int_equal(acked, 1);
	assert_true(str_eq(
	    world_text(&world,
		"SELECT concat_ws('|', tenant_sid, cost_nano, http_status,"
		" count, input_tokens, length(alias),"
		" ts > now() + interval '23 hours',"
		" detail->'attempts'->0->>'failure', detail->'price_ids'->>1,"
		" detail->'labels'->>(E'a\\x01\"b'))"
		" FROM usage_events ORDER BY ts DESC LIMIT 1"),
	    STR("0|0|999|1000000|1000000000000|256|t|rate|4294967295|ü")));

	record = gateway_make_record(&g);
	record->subject->ts_us = 0;
	record->tokens = NULL;
	assert_int_equal(gateway_send_records(&g, 2, &record, 1, &acked), 0);
	assert_int_equal(acked, 2);
	assert_int_equal(world_int(&world,
			     "SELECT count(*) FROM usage_events"
			     " WHERE ts < now() - interval '399 days'"),
	    1);
	world_sql(&world,
	    "DELETE FROM usage_events WHERE count > 1;"
	    "DELETE FROM usage_totals WHERE requests > 999999");
}

static void
broken_batches_are_refused(void **state)
{
	struct gateway_client g;
	uint64_t acked;

	service_let_in(&g);
	Weir__Usage__V1__Record *record = gateway_make_record(&g);
	record->subject->request_id.len = 3;
	assert_int_equal(
	    gateway_send_records(&g, 1, &record, 1, &acked), INVALID);
	record->subject = NULL;
	assert_int_equal(
	    gateway_send_records(&g, 1, &record, 1, &acked), INVALID);
	assert_int_equal(gateway_send_usage(&g, 1, 0, &acked), INVALID);
	assert_int_equal(gateway_send_usage(&g, 0, 1, &acked), INVALID);
	assert_int_equal(
	    gateway_send_usage(&g, UINT64_MAX, 1, &acked), INVALID);
	assert_int_equal(gateway_send_usage(&g, INT64_MAX, 1, &acked), INVALID);
	assert_int_equal(gateway_send_usage(&g, 1, 1001, &acked), INVALID);
	assert_int_equal(gateway_send_usage(&g, 1, 1000, &acked), 0);
	assert_int_equal(acked, 1000);
}

static void
a_dropped_partition_is_made_again(void **state)
{
	struct gateway_client g;
	uint64_t acked;

	service_let_in(&g);
	assert_int_equal(gateway_send_usage(&g, 1, 1, &acked), 0);
	world_sql(&world,
	    "DO $$ DECLARE t text; BEGIN FOR t IN SELECT inhrelid::regclass"
	    " FROM pg_inherits WHERE inhparent IN ('usage_events'::regclass,"
	    " 'usage_totals'::regclass) LOOP EXECUTE 'DROP TABLE ' || t;"
	    " END LOOP; END $$");
	assert_int_equal(gateway_send_usage(&g, 2, 1, &acked), 0);
	assert_int_equal(acked, 2);
	assert_int_equal(count_events(), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_record_counts_once),
		cmocka_unit_test(senders_that_race_themselves_count_once),
		cmocka_unit_test(strange_numbers_are_bent_not_lost),
		cmocka_unit_test(broken_batches_are_refused),
		cmocka_unit_test(a_dropped_partition_is_made_again),
	};

	return cmocka_run_group_tests(tests, service_open, service_close);
}
