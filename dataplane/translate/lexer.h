/*
 * lexer.h - strict JSON, token by token; what scan, tree and passthrough read
 * with.
 *
 * The grammar is RFC 8259's whole: UTF-8, escapes (no half of a surrogate
 * pair), numbers, commas and colons, nesting up to SCAN_DEPTH_MAX.  Nothing
 * is allocated and no call recurses.  A fault is sticky: after it nothing is
 * read any more, and lexer_finish() tells.
 *
 *	if (lexer_enter(&l, '{'))
 *		while (lexer_member(&l))
 *			if (lexer_key_is(&l, STR("model")))
 *				model = lexer_skip(&l);
 *			else
 *				lexer_skip(&l);
 *	return lexer_finish(&l, fault);
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "common/status.h"
#include "common/str.h"
#include "dataplane/translate/scan.h"

enum lexer_token {
	LEXER_FAULT,
	LEXER_END, /* behind the one value of the document */
	LEXER_KEY,
	LEXER_NULL,
	LEXER_FALSE,
	LEXER_TRUE,
	LEXER_NUMBER,
	LEXER_STRING,
	LEXER_OPEN_ARRAY,
	LEXER_OPEN_OBJECT,
	LEXER_CLOSE, /* of the innermost array or object */
};

enum lexer_expect {
	EXPECT_VALUE,
	EXPECT_FIRST_ELEMENT, /* or the end of the array */
	EXPECT_FIRST_KEY,     /* or the end of the object */
	EXPECT_MORE,	      /* a comma, or the end of what is open */
};

struct lexer {		 /* fields are private but for `raw` */
	struct str raw;	 /* of the last token, quotes included */
	bool has_escape; /* the last string or key */
	const char *start;
	const char *at;
	const char *end;
	size_t depth;
	enum lexer_expect expect;
	uint64_t objects[(SCAN_DEPTH_MAX + 63) / 64];
	const char *what; /* the fault, or NULL */
};

void lexer_init(struct lexer *, struct str body);
enum lexer_token lexer_next(struct lexer *);

/*
 * Enters the value to come when it is an array ('[') or an object ('{');
 * skips it and says no when it is something else.
 */
bool lexer_enter(struct lexer *, char bracket);

/* Is there a member still?  Its key has been read, its value comes next. */
bool lexer_member(struct lexer *);

/* Is there an element still?  It comes next. */
bool lexer_element(struct lexer *);

/* For lexer_key_is(). */
bool lexer_escaped_key_is(const struct lexer *, struct str name);

/* Is it this key, however it is spelt? */
static inline bool
lexer_key_is(const struct lexer *l, struct str name)
{
	if (l->has_escape)
		return lexer_escaped_key_is(l, name);
	return l->raw.len == name.len + 2 &&
	    memcmp(l->raw.ptr + 1, name.ptr, name.len) == 0;
}

/* Passes over the value to come; its raw bytes, empty after a fault. */
struct str lexer_skip(struct lexer *);

/* The same when it is a string; else it is passed over and empty. */
struct str lexer_string(struct lexer *);

/* Makes a fault of the caller's own, at the last token. */
void lexer_fail(struct lexer *, const char *what);

/* OK at the end of the document; else E_INVALID and, unless NULL, where. */
enum status lexer_finish(struct lexer *, struct scan_fault *);

/*
 * The text of a string that the lexer accepted, given without its quotes.
 * `out` has room for inner.len bytes: a text is never longer than its
 * spelling.  Returns its length.
 */
size_t lexer_unescape(struct str inner, char *out);
