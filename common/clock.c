/*
 * clock.c - clocks, and times as RFC 3339 text.
 *
 * The calendar is computed here: gmtime_r() takes the lock of the time zone
 * database, and a log line is written with every request.  Years are counted
 * from March, so that the leap day is the last of its year.
 */
#include "common/clock.h"

#include <stdatomic.h>
#include <string.h>
#include <time.h>

enum {
	DAYS_PER_ERA = 146097,	   /* 400 years, after which dates repeat */
	DAYS_BEFORE_1970 = 719468, /* since 0000-03-01 */
	S_PER_DAY = 86400,
};

/* From 0000-01-01T00:00:00Z to 9999-12-31T23:59:59.999999Z. */
#define WALL_US_MIN (-62167219200 * US_PER_S)
#define WALL_US_MAX (253402300800 * US_PER_S - 1)

struct date {
	int64_t year;
	int64_t month;
	int64_t day;
};

static _Atomic int64_t pinned_wall_us;

static int64_t
read_clock_ns(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return now.tv_sec * NS_PER_S + now.tv_nsec;
}

int64_t
clock_mono_ns(void)
{
	return read_clock_ns(CLOCK_MONOTONIC);
}

int64_t
clock_wall_us(void)
{
	int64_t pinned =
	    atomic_load_explicit(&pinned_wall_us, memory_order_relaxed);

	return pinned != 0 ? pinned : read_clock_ns(CLOCK_REALTIME) / 1000;
}

void
clock_pin_wall(int64_t wall_us)
{
	atomic_store(&pinned_wall_us, wall_us);
}

static int64_t
days_from_date(struct date date)
{
	/* March is month 0 and begins the year. */
	int64_t year = date.year - (date.month <= 2) + 400;
	int64_t month = (date.month + 9) % 12;

	return year * 365 + year / 4 - year / 100 + year / 400 +
	    (153 * month + 2) / 5 + date.day - 1 - DAYS_PER_ERA -
	    DAYS_BEFORE_1970;
}

static struct date
date_from_days(int64_t days)
{
	int64_t since_march_0000 = days + DAYS_BEFORE_1970 + DAYS_PER_ERA;
	int64_t era = since_march_0000 / DAYS_PER_ERA - 1;
	int64_t day_of_era = since_march_0000 % DAYS_PER_ERA;
	/* One in 4 years, none in 100, one in 400. */
	int64_t leap_days =
	    day_of_era / 1460 - day_of_era / 36524 + day_of_era / 146096;
	int64_t year = (day_of_era - leap_days) / 365;
	int64_t day = day_of_era - (year * 365 + year / 4 - year / 100);
	int64_t month = (5 * day + 2) / 153;

	return (struct date){
		.year = era * 400 + year + (month >= 10),
		.month = (month + 2) % 12 + 1,
		.day = day - (153 * month + 2) / 5 + 1,
	};
}

/* Writes exactly width digits; returns where the next character goes. */
static char *
put_digits(char *out, int64_t value, int width)
{
	for (int i = width - 1; i >= 0; i--) {
		out[i] = (char)('0' + value % 10);
		value /= 10;
	}
	return out + width;
}

static char *
put_char(char *out, char c)
{
	*out = c;
	return out + 1;
}

const char *
clock_format(int64_t wall_us, char out[CLOCK_TEXT_SIZE])
{
	int64_t us = i64_max(WALL_US_MIN, i64_min(wall_us, WALL_US_MAX));
	int64_t since_year_0 = us - WALL_US_MIN;
	int64_t us_of_day = since_year_0 % (S_PER_DAY * US_PER_S);
	int64_t s = us_of_day / US_PER_S;
	struct date date =
	    date_from_days((us - us_of_day) / (S_PER_DAY * US_PER_S));
	char *p = out;

	p = put_char(put_digits(p, date.year, 4), '-');
	p = put_char(put_digits(p, date.month, 2), '-');
	p = put_char(put_digits(p, date.day, 2), 'T');
	p = put_char(put_digits(p, s / 3600, 2), ':');
	p = put_char(put_digits(p, s / 60 % 60, 2), ':');
	p = put_char(put_digits(p, s % 60, 2), '.');
	p = put_char(put_digits(p, us_of_day % US_PER_S, 6), 'Z');
	*p = '\0';
	return out;
}

/* Reading goes on after a mistake, so that it is asked for once, at the end. */
struct reader {
	struct str rest;
	bool is_valid;
};

/* One character of those allowed; returns it. */
static char
read_char(struct reader *reader, const char *allowed)
{
	struct str rest = reader->rest;

	if (str_is_empty(rest) ||
	    str_find_char(str_from(allowed), rest.ptr[0]) < 0) {
		reader->is_valid = false;
		return '\0';
	}
	reader->rest = str_skip(rest, 1);
	return rest.ptr[0];
}

/* Exactly width digits, of a value in min..max. */
static int64_t
read_number(struct reader *reader, size_t width, int64_t min, int64_t max)
{
	int64_t value = 0;

	for (size_t i = 0; i < width; i++)
		value = value * 10 + read_char(reader, "0123456789") - '0';
	if (value < min || value > max)
		reader->is_valid = false;
	return value;
}

/* Any number of digits after a dot, cut off to microseconds. */
static int64_t
read_fraction_us(struct reader *reader)
{
	int64_t unit_us = US_PER_S;
	int64_t us = 0;

	if (!str_has_prefix(reader->rest, STR(".")))
		return 0;
	read_char(reader, ".");
	do {
		unit_us /= 10;
		us += unit_us * read_number(reader, 1, 0, 9);
	} while (reader->is_valid && !str_is_empty(reader->rest) &&
	    str_find_char(STR("0123456789"), reader->rest.ptr[0]) >= 0);
	return us;
}

/* "Z" or how far the local time is ahead of UTC. */
static int64_t
read_offset_s(struct reader *reader)
{
	char sign = read_char(reader, "Zz+-");
	int64_t offset_s;

	if (sign == 'Z' || sign == 'z')
		return 0;
	offset_s = read_number(reader, 2, 0, 23) * 3600;
	read_char(reader, ":");
	offset_s += read_number(reader, 2, 0, 59) * 60;
	return sign == '-' ? -offset_s : offset_s;
}

static struct date
read_date(struct reader *reader)
{
	struct date date;

	date.year = read_number(reader, 4, 0, 9999);
	read_char(reader, "-");
	date.month = read_number(reader, 2, 1, 12);
	read_char(reader, "-");
	date.day = read_number(reader, 2, 1, 31);
	if (reader->is_valid &&
	    date_from_days(days_from_date(date)).day != date.day)
		reader->is_valid = false; /* 30 February */
	return date;
}

enum status
clock_parse(struct str text, int64_t *out_wall_us)
{
	struct reader reader = { text, true };
	int64_t wall_s, second, us;

	wall_s = days_from_date(read_date(&reader)) * S_PER_DAY;
	read_char(&reader, "Tt");
	wall_s += read_number(&reader, 2, 0, 23) * 3600;
	read_char(&reader, ":");
	wall_s += read_number(&reader, 2, 0, 59) * 60;
	read_char(&reader, ":");
	second = read_number(&reader, 2, 0, 60);
	us = read_fraction_us(&reader);
	wall_s += second - read_offset_s(&reader);
	if (!reader.is_valid || !str_is_empty(reader.rest))
		return E_INVALID;
	if (second == 60 && wall_s % S_PER_DAY != 0)
		return E_INVALID; /* leap seconds end a day in UTC */
	*out_wall_us = wall_s * US_PER_S + us;
	return OK;
}
