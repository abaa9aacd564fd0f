/* lexer.c - the grammar; see lexer.h.  Strings are in lexer_string.c. */
#include "dataplane/translate/lexer.h"

#include <string.h>

#include "dataplane/translate/lexer_string.h"

void
lexer_init(struct lexer *l, struct str body)
{
	const char *bytes = body.len > 0 ? body.ptr : "";

	*l = (struct lexer){
		.start = bytes, .at = bytes, .end = bytes + body.len
	};
}

enum lexer_token
lexer_fault_at(struct lexer *l, const char *place, const char *what)
{
	if (l->what == NULL) {
		l->what = what;
		l->at = place;
		l->raw = STR("");
	}
	return LEXER_FAULT;
}

void
lexer_fail(struct lexer *l, const char *what)
{
	lexer_fault_at(l, l->raw.len > 0 ? l->raw.ptr : l->at, what);
}

static const char *
skip_blanks(const char *at, const char *end)
{
	while (at < end &&
	    (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t'))
		at++;
	return at;
}

static enum lexer_token
token_until(struct lexer *l, const char *end, enum lexer_token token)
{
	l->raw.ptr = l->at;
	l->raw.len = (size_t)(end - l->at);
	l->at = end;
	return token;
}

/* ---- scalars ---- */

static enum lexer_token
read_string(struct lexer *l, enum lexer_token token)
{
	const char *end = lexer_string_end(l);

	return end == NULL ? LEXER_FAULT : token_until(l, end, token);
}

static const char *
skip_digits(const char *at, const char *end)
{
	while (at < end && *at >= '0' && *at <= '9')
		at++;
	return at;
}

/* Behind at least one digit; NULL when there is none. */
static const char *
need_digits(const char *at, const char *end)
{
	const char *behind = skip_digits(at, end);

	return behind == at ? NULL : behind;
}

static const char *
number_end(const char *at, const char *end)
{
	if (at < end && *at == '-')
		at++;
	if (at < end && *at == '0')
		at++;
	else
		at = need_digits(at, end);
	if (at != NULL && at < end && *at == '.')
		at = need_digits(at + 1, end);
	if (at == NULL || at == end || (*at != 'e' && *at != 'E'))
		return at;
	at++;
	if (at < end && (*at == '+' || *at == '-'))
		at++;
	return need_digits(at, end);
}

static enum lexer_token
read_number(struct lexer *l)
{
	const char *end = number_end(l->at, l->end);

	if (end == NULL)
		return lexer_fault_at(l, l->at, "invalid number");
	return token_until(l, end, LEXER_NUMBER);
}

static enum lexer_token
read_word(struct lexer *l, struct str word, enum lexer_token token)
{
	if ((size_t)(l->end - l->at) < word.len ||
	    memcmp(l->at, word.ptr, word.len) != 0)
		return lexer_fault_at(l, l->at, "invalid value");
	return token_until(l, l->at + word.len, token);
}

/* ---- structure ---- */

static bool
is_in_object(const struct lexer *l)
{
	size_t level = l->depth - 1;

	return (l->objects[level / 64] >> (level % 64) & 1) != 0;
}

static enum lexer_token
open_level(struct lexer *l, enum lexer_token token)
{
	bool is_object = token == LEXER_OPEN_OBJECT;
	uint64_t bit;

	if (l->depth == SCAN_DEPTH_MAX)
		return lexer_fault_at(l, l->at, "nested too deeply");
	bit = UINT64_C(1) << (l->depth % 64);
	if (is_object)
		l->objects[l->depth / 64] |= bit;
	else
		l->objects[l->depth / 64] &= ~bit;
	l->depth++;
	l->expect = is_object ? EXPECT_FIRST_KEY : EXPECT_FIRST_ELEMENT;
	return token_until(l, l->at + 1, token);
}

static enum lexer_token
close_level(struct lexer *l)
{
	if (*l->at != (is_in_object(l) ? '}' : ']'))
		return lexer_fault_at(l, l->at,
		    "expected a comma or the end of "
		    "an array or object");
	l->depth--;
	l->expect = EXPECT_MORE;
	return token_until(l, l->at + 1, LEXER_CLOSE);
}

static enum lexer_token
read_value(struct lexer *l)
{
	l->expect = EXPECT_MORE;
	switch (*l->at) {
	case '"':
		return read_string(l, LEXER_STRING);
	case '{':
		return open_level(l, LEXER_OPEN_OBJECT);
	case '[':
		return open_level(l, LEXER_OPEN_ARRAY);
	case 'n':
		return read_word(l, STR("null"), LEXER_NULL);
	case 'f':
		return read_word(l, STR("false"), LEXER_FALSE);
	case 't':
		return read_word(l, STR("true"), LEXER_TRUE);
	default:
		if (*l->at == '-' || (*l->at >= '0' && *l->at <= '9'))
			return read_number(l);
		return lexer_fault_at(l, l->at, "invalid value");
	}
}

/* A key and the colon behind it. */
static enum lexer_token
read_key(struct lexer *l)
{
	if (*l->at != '"')
		return lexer_fault_at(l, l->at, "expected a member's name");
	if (read_string(l, LEXER_KEY) == LEXER_FAULT)
		return LEXER_FAULT;
	l->at = skip_blanks(l->at, l->end);
	if (l->at == l->end || *l->at != ':')
		return lexer_fault_at(l, l->at, "expected a colon");
	l->at++;
	l->expect = EXPECT_VALUE;
	return LEXER_KEY;
}

/* After a value: a comma and what follows it, or the end of a level. */
static enum lexer_token
read_more(struct lexer *l)
{
	if (*l->at != ',')
		return close_level(l);
	l->at = skip_blanks(l->at + 1, l->end);
	if (l->at == l->end)
		return lexer_fault_at(l, l->at, "unexpected end");
	return is_in_object(l) ? read_key(l) : read_value(l);
}

enum lexer_token
lexer_next(struct lexer *l)
{
	if (l->what != NULL)
		return LEXER_FAULT;
	l->at = skip_blanks(l->at, l->end);
	if (l->depth == 0 && l->expect == EXPECT_MORE) {
		if (l->at != l->end)
			return lexer_fault_at(
			    l, l->at, "bytes behind the value");
		return token_until(l, l->at, LEXER_END);
	}
	if (l->at == l->end)
		return lexer_fault_at(l, l->at, "unexpected end");
	switch (l->expect) {
	case EXPECT_FIRST_KEY:
		return *l->at == '}' ? close_level(l) : read_key(l);
	case EXPECT_FIRST_ELEMENT:
		return *l->at == ']' ? close_level(l) : read_value(l);
	case EXPECT_MORE:
		return read_more(l);
	case EXPECT_VALUE:
		return read_value(l);
	}
	return LEXER_FAULT;
}

/* ---- walking ---- */

/* The first byte of what comes next, past an element's comma; 0: none. */
static char
peek(const struct lexer *l)
{
	const char *at = skip_blanks(l->at, l->end);

	if (l->what == NULL && l->expect == EXPECT_MORE && at < l->end &&
	    *at == ',')
		at = skip_blanks(at + 1, l->end);
	return l->what == NULL && at < l->end ? *at : '\0';
}

bool
lexer_enter(struct lexer *l, char bracket)
{
	if (peek(l) == bracket)
		return lexer_next(l) != LEXER_FAULT;
	lexer_skip(l);
	return false;
}

bool
lexer_member(struct lexer *l)
{
	return lexer_next(l) == LEXER_KEY;
}

bool
lexer_element(struct lexer *l)
{
	const char *at = skip_blanks(l->at, l->end);

	if (l->what == NULL && at < l->end && *at != ']')
		return true;
	lexer_next(l);
	return false;
}

struct str
lexer_skip(struct lexer *l)
{
	size_t depth = l->depth;
	enum lexer_token token = lexer_next(l);
	const char *start = l->raw.ptr;

	while (l->depth > depth && token != LEXER_FAULT)
		token = lexer_next(l);
	if (token == LEXER_FAULT)
		return STR("");
	return str_make(start, (size_t)(l->at - start));
}

struct str
lexer_string(struct lexer *l)
{
	bool is_string = peek(l) == '"';
	struct str raw = lexer_skip(l);

	return is_string ? raw : STR("");
}

enum status
lexer_finish(struct lexer *l, struct scan_fault *fault)
{
	if (lexer_next(l) == LEXER_END)
		return OK;
	lexer_fault_at(l, l->at, "bytes behind the value");
	if (fault != NULL)
		*fault =
		    (struct scan_fault){ .offset = (size_t)(l->at - l->start),
			    .what = l->what };
	return E_INVALID;
}
