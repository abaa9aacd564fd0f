/*
 * admission.c - the model a key may name; what it may spend comes with money.
 */
#include "dataplane/admission/admission.h"

#include "dataplane/request.h"

static bool
is_match(struct str pattern, struct str name)
{
	if (pattern.len > 0 && pattern.ptr[pattern.len - 1] == '*')
		return str_has_prefix(name, str_head(pattern, pattern.len - 1));
	return str_eq(pattern, name);
}

bool
admission_allows(const struct snapshot_key *key, struct str model)
{
	if (key->allowed_model_count == 0)
		return true;
	for (size_t i = 0; i < key->allowed_model_count; i++)
		if (is_match(key->allowed_models[i], model))
			return true;
	return false;
}

enum status
admission_stage(struct request *req)
{
	if (!admission_allows(req->key, req->facts.model)) {
		request_fail_code(req, "model_not_allowed");
		return request_fail(req, E_FORBIDDEN, "model",
		    "this API key may not use the model \"%.*s\"",
		    STR_ARGS(req->facts.model));
	}
	return OK;
}
