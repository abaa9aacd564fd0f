/*
 * status.c - the columns of status.def as tables.
 */
#include "common/status.h"

#include <assert.h>

static const struct {
	const char *name;
	const char *word;
	int http;
	bool is_retryable;
} rows[STATUS_COUNT] = {
#define STATUS(name, http, word, retry) [name] = { #name, word, http, retry },
#include "common/status.def"
#undef STATUS
};

const char *
status_name(enum status status)
{
	assert(status < STATUS_COUNT);
	return rows[status].name;
}

int
status_http(enum status status)
{
	assert(status < STATUS_COUNT);
	return rows[status].http;
}

const char *
status_word(enum status status)
{
	assert(status < STATUS_COUNT);
	return rows[status].word;
}

bool
status_is_retryable(enum status status)
{
	assert(status < STATUS_COUNT);
	return rows[status].is_retryable;
}
