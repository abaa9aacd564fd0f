/* money_test.c - decimals in and out, to the last digit. */
#include "common/money.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/base.h"

struct amount {
	const char *text;
	int64_t value;
};

static void
test_usd_both_ways(void **state)
{
	static const struct amount amounts[] = {
		{ "0.00", 0 },
		{ "12.50", 12500000000 },
		{ "0.01", 10000000 },
		{ "0.000000001", 1 },
		{ "0.10", 100000000 },
		{ "0.125", 125000000 },
		{ "100.00", 100000000000 },
		{ "9223372036.854775807", INT64_MAX },
	};
	char text[MONEY_TEXT_SIZE];
	int64_t nano;

	for (size_t i = 0; i < ARRAY_LEN(amounts); i++) {
		assert_int_equal(
		    money_parse_usd(str_from(amounts[i].text), &nano), OK);
		assert_true(nano == amounts[i].value);
		assert_string_equal(
		    money_format_usd(nano, text), amounts[i].text);
	}
}

static void
test_usd_other_spellings(void **state)
{
	static const struct amount amounts[] = {
		{ "0", 0 },
		{ "0.0", 0 },
		{ "12.5", 12500000000 },
		{ "7", 7000000000 },
		{ "0.100000000", 100000000 },
	};
	int64_t nano;

	for (size_t i = 0; i < ARRAY_LEN(amounts); i++) {
		assert_int_equal(
		    money_parse_usd(str_from(amounts[i].text), &nano), OK);
		assert_true(nano == amounts[i].value);
	}
}

static void
test_usd_refused(void **state)
{
	static const struct str texts[] = {
		STR(""),
		STR("."),
		STR("1."),
		STR(".5"),
		STR("-1"),
		STR("+1"),
		STR("1e3"),
		STR("1E3"),
		STR("1,5"),
		STR(" 1"),
		STR("1 "),
		STR("1.2.3"),
		STR("00"),
		STR("01"),
		STR("00.5"),
		STR("0x1"),
		STR("1.-5"),
		STR("1.+5"),
		STR("NaN"),
		STR("inf"),
		STR("1_0"),
		STR("0.0000000001"), /* ten decimals */
		STR("0.0000000000"),
		STR("9223372036.854775808"), /* one too many */
		STR("9223372037"),
		STR("18446744073.709551616"),
		STR("99999999999999999999999999"),
		STR("1\0"),
	};
	int64_t nano = 77;

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		assert_int_equal(money_parse_usd(texts[i], &nano), E_INVALID);
	assert_int_equal(
	    money_parse_usd((struct str){ NULL, 0 }, &nano), E_INVALID);
	assert_int_equal(nano, 77);
}

static void
test_negative_amounts_are_shown(void **state)
{
	char text[MONEY_TEXT_SIZE];

	assert_string_equal(money_format_usd(-1, text), "-0.000000001");
	assert_string_equal(money_format_usd(-12500000000, text), "-12.50");
	assert_string_equal(
	    money_format_usd(INT64_MIN, text), "-9223372036.854775808");
}

static void
test_per_million(void **state)
{
	static const struct amount prices[] = {
		{ "0.25", 250000 },
		{ "0.00", 0 },
		{ "15.00", 15000000 },
		{ "0.000001", 1 },
		{ "0.0375", 37500 },
		{ "9223372036854.775807", INT64_MAX },
	};
	char text[MONEY_TEXT_SIZE];
	int64_t pico = 77;

	assert_int_equal(
	    money_parse_per_million(STR("0.0000001"), &pico), E_INVALID);
	assert_int_equal(
	    money_parse_per_million(STR("9223372036854.775808"), &pico),
	    E_INVALID);
	assert_int_equal(pico, 77);
	for (size_t i = 0; i < ARRAY_LEN(prices); i++) {
		assert_int_equal(
		    money_parse_per_million(str_from(prices[i].text), &pico),
		    OK);
		assert_true(pico == prices[i].value);
		assert_string_equal(
		    money_format_per_million(pico, text), prices[i].text);
	}
}

static void
test_per_unit(void **state)
{
	int64_t pico = 77;

	assert_int_equal(
	    money_parse_per_unit(STR("0.0000000000001"), &pico), E_INVALID);
	assert_int_equal(
	    money_parse_per_unit(STR("9223373"), &pico), E_INVALID);
	assert_int_equal(pico, 77);
	assert_int_equal(money_parse_per_unit(STR("0.04"), &pico), OK);
	assert_int_equal(pico, 40000000000);
	assert_int_equal(
	    money_parse_per_unit(STR("0.000000000001"), &pico), OK);
	assert_int_equal(pico, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_usd_both_ways),
		cmocka_unit_test(test_usd_other_spellings),
		cmocka_unit_test(test_usd_refused),
		cmocka_unit_test(test_negative_amounts_are_shown),
		cmocka_unit_test(test_per_million),
		cmocka_unit_test(test_per_unit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
