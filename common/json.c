/*
 * json.c - see json.h.
 *
 * A scan before jansson finds what it would let through: its own bound on
 * nesting is far above ours, and it takes a NUL between tokens for the end.
 */
#include "common/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/base.h"
#include "common/emit.h"

/* Digits that tell every double apart. */
#define DOUBLE_DIGITS_MAX 17

#define NUMBER_TEXT_SIZE 40

struct place {
	int line;
	int column;
};

static void
fault_set(struct json_fault *fault, struct place at, const char *text)
{
	const char *quote;
	size_t len = strlen(text);

	if (fault == NULL)
		return;
	/* Never what was written: the input may hold secrets. */
	quote = strstr(text, " near '");
	if (quote != NULL)
		len = (size_t)(quote - text);
	fault->line = at.line;
	fault->column = at.column;
	snprintf(fault->text, sizeof(fault->text), "%.*s", (int)len, text);
}

/* Past the string's closing quote, or the end of the text. */
static size_t
string_end(struct str text, size_t at)
{
	for (at++; at < text.len; at++) {
		if (text.ptr[at] == '"')
			return at + 1;
		if (text.ptr[at] == '\\')
			at++;
	}
	return text.len;
}

static struct place
place_of(struct str text, size_t offset)
{
	struct place at = { .line = 1, .column = 1 };

	for (size_t i = 0; i < offset; i++) {
		at.column++;
		if (text.ptr[i] == '\n') {
			at.line++;
			at.column = 1;
		}
	}
	return at;
}

/* What jansson would not mind, at *out_at; NULL when there is nothing. */
static const char *
find_fault(struct str text, size_t depth_max, size_t *out_at)
{
	size_t depth = 0;
	size_t at = 0;

	while (at < text.len) {
		char c = text.ptr[at];

		if (c == '"') {
			at = string_end(text, at);
			continue;
		}
		*out_at = at++;
		if (c == '\0')
			return "NUL byte";
		if (c == '[' || c == '{')
			depth++;
		if ((c == ']' || c == '}') && depth > 0)
			depth--;
		if (depth > depth_max)
			return "nested too deeply";
	}
	return NULL;
}

enum status
json_parse(
    struct str text, size_t depth_max, json_t **out, struct json_fault *fault)
{
	const char *wrong;
	json_error_t error;
	json_t *root;
	size_t at = 0;

	wrong = find_fault(text, depth_max, &at);
	if (wrong != NULL) {
		fault_set(fault, place_of(text, at), wrong);
		return E_INVALID;
	}
	/* An empty slice may have no address, which jansson minds. */
	root = json_loadb(text.len > 0 ? text.ptr : "", text.len,
	    JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
	if (root == NULL) {
		struct place place = { .line = error.line,
			.column = error.column };

		fault_set(fault, place, error.text);
		return E_INVALID;
	}
	*out = root;
	return OK;
}

void
json_release(json_t **value)
{
	json_decref(*value);
	*value = NULL;
}

struct str
json_text(const json_t *value)
{
	return str_make(json_string_value(value), json_string_length(value));
}

struct member {
	struct str key;
	const json_t *value;
};

/*
 * The place of a UTF-8 byte in the order of UTF-16 units: characters past
 * U+FFFF (F0 to F4) are pairs of surrogates, which sort before U+E000 to
 * U+FFFF (EE and EF).  Everything else sorts as its bytes do.
 */
static int
utf16_rank(char c)
{
	int byte = (unsigned char)c;

	if (byte == 0xee || byte == 0xef)
		return byte + 0x10;
	return byte;
}

static int
compare_members(const void *left, const void *right)
{
	struct str a = ((const struct member *)left)->key;
	struct str b = ((const struct member *)right)->key;
	size_t common = size_min(a.len, b.len);

	for (size_t i = 0; i < common; i++) {
		if (a.ptr[i] != b.ptr[i])
			return utf16_rank(a.ptr[i]) - utf16_rank(b.ptr[i]);
	}
	return (a.len > b.len) - (a.len < b.len);
}

static const struct member *
sorted_members(struct arena *scratch, const json_t *object)
{
	json_t *source = (json_t *)object; /* jansson's iterators want it so */
	size_t count = json_object_size(object);
	struct member *members =
	    arena_alloc_array(scratch, count, sizeof(*members));
	void *at = json_object_iter(source);

	for (size_t i = 0; at != NULL; i++) {
		members[i].key = str_make(
		    json_object_iter_key(at), json_object_iter_key_len(at));
		members[i].value = json_object_iter_value(at);
		at = json_object_iter_next(source, at);
	}
	qsort(members, count, sizeof(*members), compare_members);
	return members;
}

/* A positive number as 0.DIGITS times ten to the power of `point`. */
struct decimal {
	char digits[DOUBLE_DIGITS_MAX + 1];
	int count;
	int point;
};

/* The decimal of `count` digits that is nearest to the value. */
static void
decimal_round(struct decimal *d, double value, int count)
{
	char text[NUMBER_TEXT_SIZE];

	snprintf(text, sizeof(text), "%.*e", count - 1, value);
	d->digits[0] = text[0];
	if (count > 1)
		memcpy(d->digits + 1, text + 2, (size_t)count - 1);
	d->point = (int)strtol(strchr(text, 'e') + 1, NULL, 10) + 1;
	d->digits[count] = '\0';
	d->count = count;
}

static double
decimal_value(const struct decimal *d)
{
	char text[NUMBER_TEXT_SIZE];

	snprintf(text, sizeof(text), "0.%se%d", d->digits, d->point);
	return strtod(text, NULL);
}

/*
 * One more in the last place.  Where that would carry, the result has fewer
 * digits and was tried before.
 */
static void
decimal_step(struct decimal *d)
{
	if (d->digits[d->count - 1] < '9')
		d->digits[d->count - 1]++;
}

/*
 * The fewest digits that read back as the value.  Below a power of two doubles
 * lie closer than above it, so there the next decimal up may read back where
 * the nearest one does not.
 */
static void
decimal_shortest(struct decimal *d, double value)
{
	for (int count = 1; count < DOUBLE_DIGITS_MAX; count++) {
		decimal_round(d, value, count);
		if (decimal_value(d) == value)
			return;
		decimal_step(d);
		if (decimal_value(d) == value)
			return;
	}
	decimal_round(d, value, DOUBLE_DIGITS_MAX);
}

static void
add_zeros(struct buf *out, int count)
{
	for (int i = 0; i < count; i++)
		buf_add_char(out, '0');
}

/* ECMAScript's Number::toString, which RFC 8785 prescribes. */
static void
write_real(struct buf *out, double value)
{
	struct decimal d;

	assert(isfinite(value));
	if (value == 0) {
		buf_add_char(out, '0');
		return;
	}
	if (value < 0)
		buf_add_char(out, '-');
	decimal_shortest(&d, fabs(value));

	if (d.point > 21 || d.point <= -6) {
		buf_add_char(out, d.digits[0]);
		if (d.count > 1)
			buf_printf(out, ".%s", d.digits + 1);
		buf_printf(out, "e%+d", d.point - 1);
	} else if (d.point <= 0) {
		buf_add_cstr(out, "0.");
		add_zeros(out, -d.point);
		buf_add_cstr(out, d.digits);
	} else if (d.point >= d.count) {
		buf_add_cstr(out, d.digits);
		add_zeros(out, d.point - d.count);
	} else {
		buf_printf(
		    out, "%.*s.%s", d.point, d.digits, d.digits + d.point);
	}
}

static void write_value(struct buf *, struct arena *, const json_t *);

static void
write_object(struct buf *out, struct arena *scratch, const json_t *object)
{
	size_t count = json_object_size(object);
	const struct member *members = sorted_members(scratch, object);

	buf_add_char(out, '{');
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			buf_add_char(out, ',');
		emit_quoted(out, members[i].key);
		buf_add_char(out, ':');
		write_value(out, scratch, members[i].value);
	}
	buf_add_char(out, '}');
}

static void
write_array(struct buf *out, struct arena *scratch, const json_t *array)
{
	buf_add_char(out, '[');
	for (size_t i = 0; i < json_array_size(array); i++) {
		if (i > 0)
			buf_add_char(out, ',');
		write_value(out, scratch, json_array_get(array, i));
	}
	buf_add_char(out, ']');
}

static void
write_value(struct buf *out, struct arena *scratch, const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		write_object(out, scratch, value);
		break;
	case JSON_ARRAY:
		write_array(out, scratch, value);
		break;
	case JSON_STRING:
		emit_quoted(out, json_text(value));
		break;
	case JSON_INTEGER:
		buf_printf(
		    out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
		break;
	case JSON_REAL:
		write_real(out, json_real_value(value));
		break;
	case JSON_TRUE:
		buf_add_cstr(out, "true");
		break;
	case JSON_FALSE:
		buf_add_cstr(out, "false");
		break;
	case JSON_NULL:
		buf_add_cstr(out, "null");
		break;
	}
}

void
json_write_canonical(struct buf *out, const json_t *value)
{
	CLEANUP(arena_done) struct arena scratch;

	assert(value != NULL);
	arena_init(&scratch, 0);
	write_value(out, &scratch, value);
}
