/*
 * money.c - decimal amounts, read and written exactly.
 *
 * Every amount here is a decimal with a fixed number of decimals, stored as
 * one integer: 9 for nano-USD, 12 for pico-USD.  A price per million units
 * has 6: a pico-USD per unit is a millionth of a USD per million units.
 */
#include "common/money.h"

#include <inttypes.h>
#include <stdio.h>

enum {
	USD_DECIMALS = 9,
	PER_MILLION_DECIMALS = 6,
	PER_UNIT_DECIMALS = 12,
	DECIMALS_SHOWN = 2,
};

static uint64_t
power_of_ten(size_t exponent)
{
	uint64_t power = 1;

	while (exponent-- > 0)
		power *= 10;
	return power;
}

/* As JSON has it: no sign, digits on both sides of a dot, no 0 in front. */
static enum status
parse_decimal(struct str text, size_t decimals, int64_t *out)
{
	ptrdiff_t dot = str_find_char(text, '.');
	struct str whole = dot < 0 ? text : str_head(text, (size_t)dot);
	struct str fraction =
	    dot < 0 ? STR("0") : str_skip(text, (size_t)dot + 1);
	uint64_t units, parts;
	int64_t amount;

	if (whole.len > 1 && whole.ptr[0] == '0')
		return E_INVALID;
	if (fraction.len > decimals)
		return E_INVALID;
	if (str_to_u64(whole, &units) != OK ||
	    str_to_u64(fraction, &parts) != OK)
		return E_INVALID;
	parts *= power_of_ten(decimals - fraction.len);
	if (__builtin_mul_overflow(units, power_of_ten(decimals), &amount) ||
	    __builtin_add_overflow(amount, parts, &amount))
		return E_INVALID;
	*out = amount;
	return OK;
}

static const char *
format_decimal(int64_t amount, size_t decimals, char out[MONEY_TEXT_SIZE])
{
	uint64_t magnitude = amount < 0 ? -(uint64_t)amount : (uint64_t)amount;
	uint64_t scale = power_of_ten(decimals);
	int len;

	len = snprintf(out, MONEY_TEXT_SIZE, "%s%" PRIu64 ".%0*" PRIu64,
	    amount < 0 ? "-" : "", magnitude / scale, (int)decimals,
	    magnitude % scale);
	for (size_t shown = decimals;
	     shown > DECIMALS_SHOWN && out[len - 1] == '0'; shown--)
		out[--len] = '\0';
	return out;
}

enum status
money_parse_usd(struct str text, int64_t *out_nano)
{
	return parse_decimal(text, USD_DECIMALS, out_nano);
}

const char *
money_format_usd(int64_t nano, char out[MONEY_TEXT_SIZE])
{
	return format_decimal(nano, USD_DECIMALS, out);
}

enum status
money_parse_per_million(struct str text, int64_t *out_pico)
{
	return parse_decimal(text, PER_MILLION_DECIMALS, out_pico);
}

const char *
money_format_per_million(int64_t pico, char out[MONEY_TEXT_SIZE])
{
	return format_decimal(pico, PER_MILLION_DECIMALS, out);
}

enum status
money_parse_per_unit(struct str text, int64_t *out_pico)
{
	return parse_decimal(text, PER_UNIT_DECIMALS, out_pico);
}
