/*
 * outcome.c - see outcome.h.
 */
#include "controlplane/store/outcome.h"

#include "controlplane/store/document.h"

const char *const outcome_words[] = {
	"ok",
	"client_gone",
	"upstream_error",
	"timeout",
	"refused_auth",
	"refused_budget",
	"refused_limit",
	"refused_policy",
	"cut_budget",
	"error",
	NULL,
};

#define OUTCOMES ((int64_t)ARRAY_LEN(outcome_words) - 1)

const char *
outcome_word(int64_t number)
{
	if (number < 1 || number > OUTCOMES)
		return "unknown";
	return outcome_words[number - 1];
}

int64_t
outcome_number(struct str word)
{
	for (int64_t i = 0; i < OUTCOMES; i++) {
		if (str_eq(word, str_from(outcome_words[i])))
			return i + 1;
	}
	return 0;
}

void
outcome_to_number(json_t *filter)
{
	struct str word = document_member(filter, "outcome");

	if (!str_is_empty(word))
		json_object_set_new(
		    filter, "outcome", json_integer(outcome_number(word)));
}
