/* scan.c - validation and the members that are wanted; see scan.h. */
#include "dataplane/translate/scan.h"

#include "dataplane/translate/lexer.h"

static struct scan_member *
find_wanted(const struct lexer *l, struct scan_member *wanted, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (lexer_key_is(l, str_from(wanted[i].name)))
			return &wanted[i];
	}
	return NULL;
}

static void
read_wanted(struct lexer *l, struct scan_member *member)
{
	const char *start = l->raw.ptr;

	if (member->value.len > 0) {
		lexer_fail(l, "member appears twice");
		return;
	}
	member->value = lexer_skip(l);
	member->pair = str_make(start, (size_t)(l->at - start));
}

enum status
scan_object(struct str body, struct scan_member *wanted, size_t wanted_count,
    struct scan_fault *fault)
{
	struct lexer l;

	for (size_t i = 0; i < wanted_count; i++) {
		wanted[i].value = STR("");
		wanted[i].pair = STR("");
	}
	lexer_init(&l, body);
	if (lexer_next(&l) != LEXER_OPEN_OBJECT)
		lexer_fail(&l, "expected an object");
	while (lexer_member(&l)) {
		struct scan_member *member =
		    find_wanted(&l, wanted, wanted_count);

		if (member != NULL)
			read_wanted(&l, member);
		else
			lexer_skip(&l);
	}
	return lexer_finish(&l, fault);
}

enum status
scan_value(struct str body, struct scan_fault *fault)
{
	struct lexer l;

	lexer_init(&l, body);
	lexer_skip(&l);
	return lexer_finish(&l, fault);
}

bool
scan_is_string(struct str raw)
{
	return raw.len > 0 && raw.ptr[0] == '"';
}

bool
scan_is_true(struct str raw)
{
	return str_eq(raw, STR("true"));
}

bool
scan_is_null(struct str raw)
{
	return str_eq(raw, STR("null"));
}

bool
scan_is_object(struct str raw)
{
	return raw.len > 0 && raw.ptr[0] == '{';
}
