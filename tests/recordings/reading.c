/* reading.c - see reading.h. */
#include "tests/recordings/reading.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"

void
reading_init(struct reading *r)
{
	*r = (struct reading){ .call_count = 0 };
	buf_init(&r->text, READING_TEXT_MAX);
	buf_init(&r->reasoning, READING_TEXT_MAX);
}

void
reading_done(struct reading *r)
{
	buf_done(&r->text);
	buf_done(&r->reasoning);
	for (size_t i = 0; i < r->call_count; i++) {
		free(r->calls[i].id);
		free(r->calls[i].name);
		buf_done(&r->calls[i].arguments);
	}
}

char *
reading_copy(struct str text)
{
	return strndup(text.len > 0 ? text.ptr : "", text.len);
}

void
reading_fault(struct reading *r, const char *fmt, ...)
{
	va_list args;

	if (r->fault[0] != '\0')
		return;
	va_start(args, fmt);
	vsnprintf(r->fault, sizeof(r->fault), fmt, args);
	va_end(args);
}

struct reading_call *
reading_call(struct reading *r, size_t number)
{
	if (number < r->call_count)
		return &r->calls[number];
	if (number != r->call_count || number == READING_CALLS_MAX)
		return NULL;
	buf_init(&r->calls[number].arguments, READING_TEXT_MAX);
	r->call_count++;
	return &r->calls[number];
}

/* One line without its end, which may be LF or CRLF. */
static bool
line_next(struct str *rest, struct str *line)
{
	ptrdiff_t end = str_find_char(*rest, '\n');

	if (end < 0)
		return false;
	*line = str_head(*rest, (size_t)end);
	*rest = str_skip(*rest, (size_t)end + 1);
	if (str_has_suffix(*line, STR("\r")))
		*line = str_head(*line, line->len - 1);
	return true;
}

bool
reading_event(struct str *rest, struct buf *name, struct buf *data)
{
	struct str line;

	buf_reset(name);
	buf_reset(data);
	while (line_next(rest, &line)) {
		if (line.len == 0 && buf_len(data) > 0)
			return true;
		if (str_has_prefix(line, STR("event:")))
			buf_add_str(name, str_trim(str_skip(line, 6)));
		if (str_has_prefix(line, STR("data:")))
			buf_add_str(data, str_trim(str_skip(line, 5)));
	}
	return buf_len(data) > 0;
}

/* Equal as JSON; an empty text is an empty object. */
static bool
has_equal_arguments(const struct reading_call *a, const struct reading_call *b)
{
	struct str left = str_trim(buf_str(&a->arguments));
	struct str right = str_trim(buf_str(&b->arguments));
	CLEANUP(json_release) json_t *l = NULL;
	CLEANUP(json_release) json_t *r = NULL;

	if (left.len == 0 || str_eq(left, STR("null")))
		left = STR("{}");
	if (right.len == 0)
		right = STR("{}");
	if (json_parse(left, 128, &l, NULL) != OK)
		return str_eq(left, right); /* cut by max_tokens */
	return json_parse(right, 128, &r, NULL) == OK && json_equal(l, r);
}

static const char *
compare_calls(const struct reading *wanted, const struct reading *seen)
{
	if (wanted->call_count != seen->call_count)
		return "number of calls";
	for (size_t i = 0; i < wanted->call_count; i++) {
		const struct reading_call *w = &wanted->calls[i];
		const struct reading_call *s = &seen->calls[i];

		if (w->name == NULL || s->name == NULL ||
		    strcmp(w->name, s->name) != 0)
			return "name of a call";
		if (w->id != NULL && w->id[0] != '\0' &&
		    strcmp(w->id, s->id) != 0)
			return "id of a call";
		if (!has_equal_arguments(w, s))
			return "arguments of a call";
	}
	return NULL;
}

const char *
reading_compare(const struct reading *wanted, const struct reading *seen)
{
	if (!str_eq(buf_str(&wanted->text), buf_str(&seen->text)))
		return "text";
	if (!str_eq(buf_str(&wanted->reasoning), buf_str(&seen->reasoning)))
		return "reasoning";
	if (compare_calls(wanted, seen) != NULL)
		return compare_calls(wanted, seen);
	if (wanted->finish != seen->finish)
		return "finish";
	if (!wanted->has_usage)
		return NULL;
	if (wanted->input != seen->input)
		return "input tokens";
	if (wanted->cached != seen->cached)
		return "cached tokens";
	if (wanted->output != seen->output)
		return "output tokens";
	return NULL;
}
