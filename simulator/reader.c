/* reader.c - see reader.h. */
#include "simulator/reader.h"

#include <assert.h>

#include "simulator/reader_inside.h"

enum {
	DEPTH_MAX = 128,
};

void
reader_init(struct reader *r, struct arena *arena, struct str json)
{
	*r = (struct reader){
		.arena = arena,
		.at = json.ptr,
		.end = json.ptr + json.len,
	};
}

void
reader_fail(struct reader *r)
{
	r->has_failed = true;
	r->at = r->end;
}

static void
skip_space(struct reader *r)
{
	while (r->at < r->end &&
	    (*r->at == ' ' || *r->at == '\n' || *r->at == '\r' ||
		*r->at == '\t'))
		r->at++;
}

enum reader_kind
reader_peek(struct reader *r)
{
	skip_space(r);
	if (r->at == r->end)
		return READER_NONE;
	switch (*r->at) {
	case '{':
		return READER_OBJECT;
	case '[':
		return READER_ARRAY;
	case '"':
		return READER_STRING;
	case 't':
	case 'f':
		return READER_BOOL;
	case 'n':
		return READER_NULL;
	default:
		return *r->at == '-' || (*r->at >= '0' && *r->at <= '9')
		    ? READER_NUMBER
		    : READER_NONE;
	}
}

bool
reader_take(struct reader *r, char c)
{
	if (r->at == r->end || *r->at != c)
		return false;
	r->at++;
	return true;
}

static void
open_container(struct reader *r, char c)
{
	skip_space(r);
	if (r->depth == DEPTH_MAX || !reader_take(r, c)) {
		reader_fail(r);
		return;
	}
	r->depth++;
	r->is_fresh = true;
}

void
reader_object_open(struct reader *r)
{
	open_container(r, '{');
}

void
reader_array_open(struct reader *r)
{
	open_container(r, '[');
}

/* Whether another item follows in the container that `close` ends. */
static bool
next_item(struct reader *r, char close)
{
	bool is_first = r->is_fresh;

	r->is_fresh = false;
	if (r->has_failed)
		return false;
	skip_space(r);
	if (reader_take(r, close)) {
		assert(r->depth > 0);
		r->depth--;
		return false;
	}
	if (!is_first && !reader_take(r, ',')) {
		reader_fail(r);
		return false;
	}
	return true;
}

static struct str
text_value(struct reader *r)
{
	bool has_escape;
	struct str raw;

	if (!reader_take(r, '"')) {
		reader_fail(r);
		return STR("");
	}
	raw = reader_take_string(r, &has_escape);
	return has_escape ? reader_decode(r->arena, raw) : raw;
}

bool
reader_next_key(struct reader *r, struct str *out_key)
{
	struct str key;

	if (!next_item(r, '}'))
		return false;
	skip_space(r);
	key = text_value(r);
	skip_space(r);
	if (!reader_take(r, ':'))
		reader_fail(r);
	if (r->has_failed)
		return false;
	*out_key = key;
	return true;
}

bool
reader_next_element(struct reader *r)
{
	return next_item(r, ']');
}

static size_t
skip_digits(struct reader *r)
{
	const char *start = r->at;

	while (r->at < r->end && *r->at >= '0' && *r->at <= '9')
		r->at++;
	return (size_t)(r->at - start);
}

static void
skip_number(struct reader *r)
{
	bool starts_with_zero;
	size_t count;

	(void)reader_take(r, '-');
	starts_with_zero = r->at < r->end && *r->at == '0';
	count = skip_digits(r);
	if (count == 0 || (starts_with_zero && count > 1))
		reader_fail(r);
	if (reader_take(r, '.') && skip_digits(r) == 0)
		reader_fail(r);
	if (reader_take(r, 'e') || reader_take(r, 'E')) {
		if (!reader_take(r, '+'))
			(void)reader_take(r, '-');
		if (skip_digits(r) == 0)
			reader_fail(r);
	}
}

static void
skip_word(struct reader *r)
{
	static const struct str words[] = { STR("true"), STR("false"),
		STR("null") };
	struct str rest = str_make(r->at, (size_t)(r->end - r->at));

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (str_has_prefix(rest, words[i])) {
			r->at += words[i].len;
			return;
		}
	}
	reader_fail(r);
}

/* Recursion is bounded by DEPTH_MAX. */
static void
skip_container(struct reader *r, enum reader_kind kind)
{
	struct str key;

	if (kind == READER_ARRAY) {
		reader_array_open(r);
		while (reader_next_element(r))
			(void)reader_skip(r);
		return;
	}
	reader_object_open(r);
	while (reader_next_key(r, &key))
		(void)reader_skip(r);
}

struct str
reader_skip(struct reader *r)
{
	enum reader_kind kind = reader_peek(r);
	const char *start = r->at;
	bool has_escape;

	switch (kind) {
	case READER_OBJECT:
	case READER_ARRAY:
		skip_container(r, kind);
		break;
	case READER_STRING:
		r->at++;
		(void)reader_take_string(r, &has_escape);
		break;
	case READER_NUMBER:
		skip_number(r);
		break;
	case READER_BOOL:
	case READER_NULL:
		skip_word(r);
		break;
	case READER_NONE:
		reader_fail(r);
		break;
	}
	return r->has_failed ? STR("")
			     : str_make(start, (size_t)(r->at - start));
}

struct str
reader_text(struct reader *r)
{
	if (reader_peek(r) == READER_STRING)
		return text_value(r);
	(void)reader_skip(r);
	return STR("");
}

int64_t
reader_int(struct reader *r)
{
	struct str digits = reader_skip(r);
	ptrdiff_t point = str_find_char(digits, '.');
	int64_t value;

	if (point >= 0)
		digits = str_head(digits, (size_t)point);
	return str_to_i64(digits, &value) == OK ? value : 0;
}

bool
reader_bool(struct reader *r)
{
	return str_eq(reader_skip(r), STR("true"));
}

enum status
reader_end(struct reader *r)
{
	skip_space(r);
	return r->has_failed || r->at != r->end || r->depth > 0 ? E_INVALID
								: OK;
}
