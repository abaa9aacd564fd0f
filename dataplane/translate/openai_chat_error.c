/*
 * openai_chat_error.c - errors of the OpenAI family, and ours in its shape.
 *
 * The family agrees on little: the error may be an object, a text, a list of
 * faults, or the document itself; codes may be words or numbers.
 */
#include "dataplane/translate/openai_chat.h"

#include "common/arena.h"
#include "common/emit.h"
#include "dataplane/translate/failure_reading.h"

/* Numbers stand for an HTTP status, also as a text ("401"). */
static int
status_in(const struct tree *value)
{
	int64_t number = tree_int(value, 0);

	if (tree_is(value, TREE_STRING) &&
	    str_to_i64(tree_text(value), &number) != OK)
		return 0;
	return number >= 400 && number < 600 ? (int)number : 0;
}

/*
 * The first that is a text; else a list or an object as it stands.  What
 * OpenRouter says itself is less than what its provider said.
 */
static struct str
message_of(const struct tree *root, const struct tree *error)
{
	const struct tree *const places[] = {
		tree_path(error, "metadata.raw"),
		tree_get(error, "message"),
		error,
		tree_get(root, "message"),
		tree_get(root, "detail"),
	};

	for (size_t i = 0; i < ARRAY_LEN(places); i++)
		if (tree_text(places[i]).len > 0)
			return tree_text(places[i]);
	for (size_t i = ARRAY_LEN(places); i > 0; i--)
		if (places[i - 1] != NULL && !tree_is(places[i - 1], TREE_NULL))
			return places[i - 1]->raw;
	return STR("");
}

void
openai_chat_read_error_tree(struct arena *arena, int http_status,
    const struct tree *root, struct failure *out)
{
	const struct tree *error = tree_get(root, "error");
	const struct tree *holder = tree_is(error, TREE_OBJECT) ? error : root;
	const struct tree *const statuses[] = {
		tree_get(holder, "status_code"),
		tree_get(holder, "code"),
		tree_get(root, "raw_status_code"),
	};
	struct failure_report report = { .http_status = http_status };

	for (size_t i = 0; i < ARRAY_LEN(statuses); i++)
		if (report.http_status < 400)
			report.http_status = status_in(statuses[i]);
	report.code = tree_text(tree_get(holder, "code"));
	report.type = tree_text(tree_get(holder, "type"));
	report.message = message_of(root, error);
	failure_read(arena, &report, out);
	out->http_status = http_status;
}

void
openai_chat_read_error(
    struct arena *arena, int http_status, struct str body, struct failure *out)
{
	struct tree *root = NULL;
	struct scan_fault fault;

	if (tree_parse(arena, body, &root, &fault) == OK &&
	    tree_is(root, TREE_ARRAY))
		root = root->first;
	if (tree_is(root, TREE_OBJECT)) {
		openai_chat_read_error_tree(arena, http_status, root, out);
		return;
	}
	failure_read(arena,
	    &(struct failure_report){ .http_status = http_status,
		.message = failure_read_text(body) },
	    out);
}

static const char *
type_of(const struct dialect_error *error)
{
	switch (error->http_status) {
	case 401:
		return "authentication_error";
	case 403:
		return "permission_error";
	case 404:
		return "not_found_error";
	case 429:
		return str_eq(str_from(error->word), STR("budget_exceeded"))
		    ? "budget_exceeded"
		    : "rate_limit_error";
	default:
		return error->http_status < 500 ? "invalid_request_error"
						: "server_error";
	}
}

void
openai_chat_write_error(struct buf *out, const struct dialect_error *error)
{
	struct emit j;

	if (error->in_stream)
		buf_add_cstr(out, "data: ");
	emit_init(&j, out);
	emit_object_open(&j);
	emit_key(&j, "error");
	emit_object_open(&j);
	emit_field_str(&j, "message", error->message);
	emit_field_cstr(&j, "type", type_of(error));
	if (str_is_empty(error->param))
		emit_field_null(&j, "param");
	else
		emit_field_str(&j, "param", error->param);
	emit_field_cstr(&j, "code", error->word);
	emit_field_str(&j, "request_id", error->request_id);
	emit_object_close(&j);
	emit_object_close(&j);
	if (error->in_stream)
		buf_add_cstr(out, "\n\n");
}
