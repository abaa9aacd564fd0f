/*
 * money.h - amounts as integers: nano-USD, and prices as pico-USD per unit.
 *
 * In JSON an amount is a decimal string of USD ("12.50").  Nothing here, or
 * anywhere else that touches money, uses floating point.
 */
#pragma once

#include <stdint.h>

#include "common/status.h"
#include "common/str.h"

#define NANO_PER_USD 1000000000LL
#define PICO_PER_NANO 1000LL

#define MONEY_TEXT_SIZE 32

/* "12.5" -> 12500000000; at most 9 decimals, no sign, no exponent. */
enum status money_parse_usd(struct str, int64_t *out_nano);

/* Shortest exact form with at least two decimals: "0.00", "12.50". */
const char *money_format_usd(int64_t nano, char out[MONEY_TEXT_SIZE]);

/* USD per million units -> pico-USD per unit: "0.25" -> 250000. */
enum status money_parse_per_million(struct str, int64_t *out_pico);
const char *money_format_per_million(int64_t pico, char out[MONEY_TEXT_SIZE]);

/* USD per unit -> pico-USD per unit: "0.04" -> 40000000000. */
enum status money_parse_per_unit(struct str, int64_t *out_pico);
