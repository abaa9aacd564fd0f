/* clock_test.c - clocks, and times as text. */
#include "common/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <time.h>

#include "common/base.h"

struct moment {
	const char *text;
	int64_t wall_us;
};

static void
test_mono_goes_forward(void **state)
{
	int64_t last_ns = clock_mono_ns();

	for (int i = 0; i < 1000; i++) {
		int64_t now_ns = clock_mono_ns();

		assert_true(now_ns >= last_ns);
		last_ns = now_ns;
	}
}

static void
test_wall_can_be_pinned(void **state)
{
	int64_t before_us = (int64_t)time(NULL) * US_PER_S;

	assert_true(clock_wall_us() >= before_us);
	clock_pin_wall(1234567890);
	assert_int_equal(clock_wall_us(), 1234567890);
	clock_pin_wall(0);
	assert_true(clock_wall_us() >= before_us);
}

static void
test_both_ways(void **state)
{
	static const struct moment moments[] = {
		{ "1970-01-01T00:00:00.000000Z", 0 },
		{ "1969-12-31T23:59:59.999999Z", -1 },
		{ "2026-11-22T16:04:05.123456Z", 1795363445123456 },
		{ "2000-02-29T12:00:00.000001Z", 951825600000001 },
		{ "2100-03-01T00:00:00.000000Z", 4107542400000000 },
		{ "0000-01-01T00:00:00.000000Z", -62167219200000000 },
		{ "9999-12-31T23:59:59.999999Z", 253402300799999999 },
	};
	char text[CLOCK_TEXT_SIZE];
	int64_t wall_us;

	for (size_t i = 0; i < ARRAY_LEN(moments); i++) {
		assert_int_equal(
		    clock_parse(str_from(moments[i].text), &wall_us), OK);
		assert_int_equal(wall_us, moments[i].wall_us);
		assert_string_equal(
		    clock_format(wall_us, text), moments[i].text);
	}
}

/* The C library knows the calendar, too. */
static void
test_calendar_of_four_centuries(void **state)
{
	const int64_t day_us = 86400 * US_PER_S;
	char expected[CLOCK_TEXT_SIZE], text[CLOCK_TEXT_SIZE];
	int64_t parsed_us;

	for (int64_t day = -73000; day < 146097; day++) {
		time_t moment = day * 86400 + 3661;
		struct tm tm;

		gmtime_r(&moment, &tm);
		strftime(expected, sizeof(expected),
		    "%Y-%m-%dT%H:%M:%S.000000Z", &tm);
		clock_format(day * day_us + 3661 * US_PER_S, text);
		assert_string_equal(text, expected);
		assert_int_equal(clock_parse(str_from(text), &parsed_us), OK);
		assert_int_equal(parsed_us, day * day_us + 3661 * US_PER_S);
	}
}

static void
test_out_of_range_is_clamped(void **state)
{
	char text[CLOCK_TEXT_SIZE];

	assert_string_equal(
	    clock_format(INT64_MAX, text), "9999-12-31T23:59:59.999999Z");
	assert_string_equal(
	    clock_format(INT64_MIN, text), "0000-01-01T00:00:00.000000Z");
}

static void
test_parse_offsets_and_fractions(void **state)
{
	static const struct moment moments[] = {
		{ "1970-01-01T00:00:00Z", 0 },
		{ "1970-01-01t00:00:00z", 0 },
		{ "1970-01-01T02:00:00+02:00", 0 },
		{ "1969-12-31T18:30:00-05:30", 0 },
		{ "1970-01-01T00:00:00-00:00", 0 },
		{ "1970-01-01T00:00:00.5Z", 500000 },
		{ "1970-01-01T00:00:00.000001Z", 1 },
		{ "1970-01-01T00:00:00.1234569Z", 123456 },
		{ "1970-01-01T00:00:00.12345678901234567890+00:00", 123456 },
		{ "2016-12-31T23:59:60Z", 1483228800000000 },
		{ "2017-01-01T00:59:60+01:00", 1483228800000000 },
	};
	int64_t wall_us;

	for (size_t i = 0; i < ARRAY_LEN(moments); i++) {
		assert_int_equal(
		    clock_parse(str_from(moments[i].text), &wall_us), OK);
		assert_int_equal(wall_us, moments[i].wall_us);
	}
}

static void
test_parse_refuses(void **state)
{
	static const char *const texts[] = {
		"",
		"2026",
		"2026-11-22",
		"2026-11-22T16:04:05",
		"2026-11-22T16:04Z",
		"2026-11-22 16:04:05Z",
		" 2026-11-22T16:04:05Z",
		"2026-11-22T16:04:05Z ",
		"2026-11-22T16:04:05.Z",
		"2026-11-22T16:04:05,5Z",
		"2026-13-22T16:04:05Z",
		"2026-00-22T16:04:05Z",
		"2026-11-31T16:04:05Z",
		"2026-11-00T16:04:05Z",
		"2026-02-29T16:04:05Z",
		"1900-02-29T16:04:05Z",
		"2026-11-22T24:00:00Z",
		"2026-11-22T16:60:05Z",
		"2026-11-22T16:04:61Z",
		"2026-11-22T16:04:60Z",
		"2026-11-22T16:04:05+2:00",
		"2026-11-22T16:04:05+0200",
		"2026-11-22T16:04:05+24:00",
		"2026-11-22T16:04:05+02:60",
		"2026-11-22T16:04:05+02:00Z",
		"+2026-11-22T16:04:05Z",
		"12026-11-22T16:04:05Z",
		"2026-1-22T16:04:05Z",
		"2026-11-22T16:04:-5Z",
		"2026-11-22T16:04:0xZ",
	};
	int64_t wall_us = 77;

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		assert_int_equal(
		    clock_parse(str_from(texts[i]), &wall_us), E_INVALID);
	assert_int_equal(wall_us, 77);
}

static void
test_parse_refuses_every_prefix(void **state)
{
	const struct str whole = STR("2026-11-22T16:04:05.123456+02:00");
	int64_t wall_us;

	for (size_t len = 0; len < whole.len; len++)
		assert_int_equal(
		    clock_parse(str_head(whole, len), &wall_us), E_INVALID);
	assert_int_equal(clock_parse(whole, &wall_us), OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mono_goes_forward),
		cmocka_unit_test(test_wall_can_be_pinned),
		cmocka_unit_test(test_both_ways),
		cmocka_unit_test(test_calendar_of_four_centuries),
		cmocka_unit_test(test_out_of_range_is_clamped),
		cmocka_unit_test(test_parse_offsets_and_fractions),
		cmocka_unit_test(test_parse_refuses),
		cmocka_unit_test(test_parse_refuses_every_prefix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
