/* script.c - see script.h. */
#include "simulator/script.h"

#include <string.h>

#include "common/arena.h"
#include "common/buf.h"

enum directive_kind {
	DIRECTIVE_NUMBER,
	DIRECTIVE_MISHAP,
	DIRECTIVE_FINISH,
	DIRECTIVE_USAGE,
	DIRECTIVE_CODE,
};

static const struct directive {
	struct str name;
	enum directive_kind kind;
	size_t offset; /* of a number */
	enum mishap mishap;
} directives[] = {
	{ STR("latency"), DIRECTIVE_NUMBER, offsetof(struct script, latency_ms),
	    0 },
	{ STR("ttft"), DIRECTIVE_NUMBER, offsetof(struct script, ttft_ms), 0 },
	{ STR("rate"), DIRECTIVE_NUMBER, offsetof(struct script, rate), 0 },
	{ STR("tokens"), DIRECTIVE_NUMBER, offsetof(struct script, tokens), 0 },
	{ STR("chunk"), DIRECTIVE_NUMBER, offsetof(struct script, chunk_bytes),
	    0 },
	{ STR("status"), DIRECTIVE_NUMBER, offsetof(struct script, status), 0 },
	{ STR("retry_after"), DIRECTIVE_NUMBER,
	    offsetof(struct script, retry_after_s), 0 },
	{ STR("reasoning"), DIRECTIVE_NUMBER,
	    offsetof(struct script, reasoning), 0 },
	{ STR("cached"), DIRECTIVE_NUMBER, offsetof(struct script, cached), 0 },
	{ STR("cache_write"), DIRECTIVE_NUMBER,
	    offsetof(struct script, cache_write), 0 },
	{ STR("reset"), DIRECTIVE_MISHAP, 0, MISHAP_RESET },
	{ STR("stall"), DIRECTIVE_MISHAP, 0, MISHAP_STALL },
	{ STR("cut"), DIRECTIVE_MISHAP, 0, MISHAP_CUT },
	{ STR("garbage"), DIRECTIVE_MISHAP, 0, MISHAP_GARBAGE },
	{ STR("error"), DIRECTIVE_MISHAP, 0, MISHAP_ERROR },
	{ STR("finish"), DIRECTIVE_FINISH, 0, 0 },
	{ STR("usage"), DIRECTIVE_USAGE, 0, 0 },
	{ STR("code"), DIRECTIVE_CODE, 0, 0 },
};

static const struct str finish_words[] = {
	[FINISH_STOP] = STR("stop"),
	[FINISH_LENGTH] = STR("length"),
	[FINISH_TOOLS] = STR("tools"),
	[FINISH_FILTER] = STR("filter"),
};

void
script_init(struct script *script)
{
	*script = (struct script){ 0 };
	for (size_t i = 0; i < ARRAY_LEN(directives); i++) {
		if (directives[i].kind == DIRECTIVE_NUMBER)
			*(int64_t *)((char *)script + directives[i].offset) =
			    -1;
	}
	script->finish = -1;
}

static enum status
read_number(struct str value, int64_t *out)
{
	const int64_t max = 10000000;
	int64_t number;

	if (str_to_i64(value, &number) != OK || number < 0 || number > max)
		return E_INVALID;
	*out = number;
	return OK;
}

/* "after:3", "midstream" (after the first piece) or nothing (before it). */
static enum status
read_mishap(struct script *script, enum mishap mishap, struct str value)
{
	int64_t after = 0;

	if (str_eq(value, STR("midstream")))
		after = 1;
	else if (!str_is_empty(value) &&
	    (!str_has_prefix(value, STR("after:")) ||
		read_number(str_skip(value, 6), &after) != OK))
		return E_INVALID;
	script->mishap = mishap;
	script->mishap_after = after;
	return OK;
}

static enum status
read_finish(struct script *script, struct str value)
{
	for (size_t i = 0; i < ARRAY_LEN(finish_words); i++) {
		if (str_eq(value, finish_words[i])) {
			script->finish = (int64_t)i;
			return OK;
		}
	}
	return E_INVALID;
}

static enum status
read_code(struct script *script, struct str value)
{
	if (str_is_empty(value) || value.len >= SCRIPT_CODE_SIZE)
		return E_INVALID;
	memcpy(script->code, value.ptr, value.len);
	script->code[value.len] = '\0';
	return OK;
}

static enum status
apply(struct script *script, const struct directive *d, struct str value)
{
	switch (d->kind) {
	case DIRECTIVE_NUMBER:
		return read_number(
		    value, (int64_t *)((char *)script + d->offset));
	case DIRECTIVE_MISHAP:
		return read_mishap(script, d->mishap, value);
	case DIRECTIVE_FINISH:
		return read_finish(script, value);
	case DIRECTIVE_USAGE:
		script->has_no_usage = str_eq(value, STR("none"));
		return script->has_no_usage ? OK : E_INVALID;
	case DIRECTIVE_CODE:
		return read_code(script, value);
	}
	return E_INVALID;
}

static enum status
read_directive(struct script *script, struct str text)
{
	ptrdiff_t equals = str_find_char(text, '=');
	struct str name = equals < 0 ? text : str_head(text, (size_t)equals);
	struct str value =
	    equals < 0 ? STR("") : str_skip(text, (size_t)equals + 1);

	for (size_t i = 0; i < ARRAY_LEN(directives); i++) {
		if (str_eq(directives[i].name, name))
			return apply(script, &directives[i], value);
	}
	return E_INVALID;
}

static bool
is_separator(char c)
{
	return c == ' ' || c == ',' || c == '\t' || c == '\n' || c == '\r';
}

enum status
script_read(struct script *script, struct str text, struct buf *fault)
{
	while (text.len > 0) {
		struct str word = text;

		word.len = 0;
		while (word.len < text.len && !is_separator(text.ptr[word.len]))
			word.len++;
		text = str_skip(text, word.len + 1);
		if (word.len == 0 || read_directive(script, word) == OK)
			continue;
		if (fault != NULL)
			buf_printf(fault, "unknown script directive: %.*s",
			    STR_ARGS(word));
		return E_INVALID;
	}
	return OK;
}

struct str
script_extract(struct arena *arena, struct str prompt, struct str *out_text)
{
	const struct str open = STR("[[sim");
	ptrdiff_t start = str_find(prompt, open);
	ptrdiff_t len;
	struct str rest;

	*out_text = prompt;
	if (start < 0)
		return STR("");
	rest = str_skip(prompt, (size_t)start + open.len);
	len = str_find(rest, STR("]]"));
	if (len < 0)
		return STR("");
	*out_text = str_trim(str_printf(arena, "%.*s%.*s",
	    STR_ARGS(str_head(prompt, (size_t)start)),
	    STR_ARGS(str_skip(rest, (size_t)len + 2))));
	return str_trim(str_head(rest, (size_t)len));
}
