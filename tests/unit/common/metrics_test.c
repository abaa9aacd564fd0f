/* metrics_test.c - what a scraper reads. */
#include "common/metrics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <string.h>

#define ROUNDS 10000

static void
test_add_set_get(void **state)
{
	metric_set(METRIC_GATEWAY_CONNECTIONS, 0);
	metric_add(METRIC_GATEWAY_CONNECTIONS, 3);
	metric_add(METRIC_GATEWAY_CONNECTIONS, -1);
	assert_int_equal(metric_get(METRIC_GATEWAY_CONNECTIONS), 2);
	metric_set(METRIC_GATEWAY_CONNECTIONS, 0);
	assert_int_equal(metric_get(METRIC_GATEWAY_CONNECTIONS), 0);
}

static void *
add_many(void *arg)
{
	for (int i = 0; i < ROUNDS; i++)
		metric_add(METRIC_GATEWAY_GUARD_REJECTED, 1);
	return NULL;
}

static void
test_threads_lose_nothing(void **state)
{
	pthread_t threads[4];

	metric_set(METRIC_GATEWAY_GUARD_REJECTED, 0);
	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		pthread_create(&threads[i], NULL, add_many, NULL);
	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(metric_get(METRIC_GATEWAY_GUARD_REJECTED), 4 * ROUNDS);
}

static size_t
count_lines(struct str text, struct str prefix)
{
	struct str line;
	size_t count = 0;

	while (str_next(&text, '\n', &line))
		count += str_has_prefix(line, prefix);
	return count;
}

static void
test_exposition(void **state)
{
	CLEANUP(buf_done) struct buf out;
	struct str text;

	buf_init(&out, 1 << 20);
	metric_set(METRIC_GATEWAY_REQUESTS_OK, 7);
	metric_set(METRIC_GATEWAY_INFLIGHT, -1);
	metrics_write(&out, STR("weir_gateway_"));
	text = buf_str(&out);

	assert_true(
	    str_find(text,
		STR("\nweir_gateway_requests_total{outcome=\"ok\"} 7\n")) >= 0);
	assert_true(
	    str_find(text, STR("\nweir_gateway_inflight_requests -1\n")) >= 0);
	assert_true(
	    str_find(text,
		STR("# TYPE weir_gateway_inflight_requests gauge\n")) >= 0);
	assert_int_equal(
	    count_lines(text, STR("# HELP weir_gateway_requests_total ")), 1);
	assert_int_equal(count_lines(text,
			     STR("# TYPE weir_gateway_requests_total counter")),
	    1);
	assert_true(count_lines(text, STR("weir_gateway_requests_total{")) > 1);
	assert_int_equal(count_lines(text, STR("weir_process_log_dropped")), 1);
	assert_int_equal(count_lines(text, STR("weir_control_")), 0);
	assert_true(str_has_suffix(text, STR("\n")));
}

/* A name that comes back later would be announced twice. */
static void
test_list_is_grouped_and_explained(void **state)
{
	static const struct {
		const char *name;
		const char *help;
	} rows[] = {
#define METRIC(id, kind, name, labels, help) { name, help },
#include "common/metrics.def"
#undef METRIC
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		bool continues =
		    i > 0 && strcmp(rows[i].name, rows[i - 1].name) == 0;

		assert_int_equal(strlen(rows[i].help) == 0, continues);
		for (size_t j = 0; !continues && j < i; j++)
			assert_string_not_equal(rows[i].name, rows[j].name);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_add_set_get),
		cmocka_unit_test(test_threads_lose_nothing),
		cmocka_unit_test(test_exposition),
		cmocka_unit_test(test_list_is_grouped_and_explained),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
