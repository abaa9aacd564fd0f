/*
 * gemini_error.c - errors of Google's APIs.
 *
 * {"error": {code, message, status, details}}, at times within a list.  A bad
 * key is a 400; how long to wait stands in a RetryInfo among the details, and
 * a quota of days does not pass by waiting.
 */
#include "dataplane/translate/gemini.h"

#include "dataplane/translate/failure_reading.h"

static bool
is_daily(const struct tree *detail)
{
	TREE_FOREACH(violation, tree_get(detail, "violations"))
	if (str_find(
		tree_text(tree_get(violation, "quotaId")), STR("PerDay")) >= 0)
		return true;
	return false;
}

void
gemini_read_error_tree(struct arena *arena, int http_status,
    const struct tree *root, struct failure *out)
{
	const struct tree *error = tree_get(root, "error");
	struct failure_report report = {
		.http_status = http_status,
		.type = tree_text(tree_get(error, "status")),
		.message = tree_text(tree_get(error, "message")),
	};
	struct str delay = STR("");
	bool has_daily = false;

	if (http_status < 400)
		report.http_status =
		    (int)tree_int(tree_get(error, "code"), http_status);
	TREE_FOREACH(detail, tree_get(error, "details"))
	{
		if (tree_get(detail, "retryDelay") != NULL)
			delay = tree_text(tree_get(detail, "retryDelay"));
		if (tree_text(tree_get(detail, "reason")).len > 0)
			report.code = tree_text(tree_get(detail, "reason"));
		has_daily = has_daily || is_daily(detail);
	}
	failure_read(arena, &report, out);
	out->http_status = http_status;
	if (delay.len > 0)
		out->retry_after_ms = failure_read_delay_ms(delay);
	if (has_daily && out->class == FAILURE_RATE)
		out->class = FAILURE_QUOTA;
}

void
gemini_read_error(
    struct arena *arena, int http_status, struct str body, struct failure *out)
{
	struct tree *root = NULL;

	if (tree_parse(arena, body, &root, NULL) == OK &&
	    tree_is(root, TREE_ARRAY))
		root = root->first;
	if (tree_is(tree_get(root, "error"), TREE_OBJECT)) {
		gemini_read_error_tree(arena, http_status, root, out);
		return;
	}
	failure_read(arena,
	    &(struct failure_report){ .http_status = http_status,
		.message = failure_read_text(body) },
	    out);
}
