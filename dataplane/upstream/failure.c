/* failure.c - the columns of failure.def; see failure.h. */
#include "dataplane/upstream/failure.h"

#include <assert.h>

#include "common/base.h"

static const struct {
	const char *word;
	bool is_retryable;
	enum status status;
} rows[] = {
#define FAILURE(name, word, is_retryable, status) \
	[FAILURE_##name] = { word, is_retryable, status },
#include "dataplane/upstream/failure.def"
#undef FAILURE
};

static_assert(ARRAY_LEN(rows) == FAILURE_COUNT);

const char *failure_word(enum failure_class class)
{
	assert(class < FAILURE_COUNT);
	return rows[class].word;
}

enum failure_class
failure_parse(struct str word)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (str_eq(word, str_from(rows[i].word)))
			return (enum failure_class)i;
	}
	return FAILURE_NONE;
}

bool failure_is_retryable(enum failure_class class)
{
	assert(class < FAILURE_COUNT);
	return rows[class].is_retryable;
}

enum status failure_status(enum failure_class class)
{
	assert(class < FAILURE_COUNT);
	return rows[class].status;
}
