/*
 * anthropic_error.c - errors of Anthropic, and ours in its shape.
 */
#include "dataplane/translate/anthropic.h"

#include "dataplane/translate/failure_reading.h"

void
anthropic_read_error_tree(struct arena *arena, int http_status,
    const struct tree *root, struct failure *out)
{
	const struct tree *error = tree_get(root, "error");

	failure_read(arena,
	    &(struct failure_report){ .http_status = http_status,
		.type = tree_text(tree_get(error, "type")),
		.message = tree_text(tree_get(error, "message")) },
	    out);
}

/* Clouds that host the models answer with a message alone, or no JSON. */
static struct str
message_of(const struct tree *root, struct str body)
{
	struct str message = tree_text(tree_get(root, "message"));

	return message.len > 0 ? message : failure_read_text(body);
}

void
anthropic_read_error(
    struct arena *arena, int http_status, struct str body, struct failure *out)
{
	struct tree *root = NULL;
	struct scan_fault fault;

	if (tree_parse(arena, body, &root, &fault) == OK &&
	    tree_is(tree_get(root, "error"), TREE_OBJECT)) {
		anthropic_read_error_tree(arena, http_status, root, out);
		return;
	}
	failure_read(arena,
	    &(struct failure_report){
		.http_status = http_status, .message = message_of(root, body) },
	    out);
}

static const char *
type_of(int http_status)
{
	switch (http_status) {
	case 401:
		return "authentication_error";
	case 403:
		return "permission_error";
	case 404:
		return "not_found_error";
	case 413:
		return "request_too_large";
	case 429:
		return "rate_limit_error";
	case 503:
	case 529:
		return "overloaded_error";
	case 504:
		return "timeout_error";
	default:
		return http_status < 500 ? "invalid_request_error"
					 : "api_error";
	}
}

/* The dialect has no member for what is wrong: the message says it. */
static void
write_message(struct emit *j, const struct dialect_error *error)
{
	struct buf text;

	if (str_is_empty(error->param)) {
		emit_field_str(j, "message", error->message);
		return;
	}
	buf_init(&text, error->param.len + error->message.len + 3);
	buf_add_str(&text, error->param);
	buf_add_cstr(&text, ": ");
	buf_add_str(&text, error->message);
	emit_field_str(j, "message", buf_str(&text));
	buf_done(&text);
}

void
anthropic_write_error(struct buf *out, const struct dialect_error *error)
{
	struct emit j;

	if (error->in_stream)
		buf_add_cstr(out, "event: error\ndata: ");
	emit_init(&j, out);
	emit_object_open(&j);
	emit_field_cstr(&j, "type", "error");
	emit_key(&j, "error");
	emit_object_open(&j);
	emit_field_cstr(&j, "type", type_of(error->http_status));
	write_message(&j, error);
	emit_object_close(&j);
	emit_field_str(&j, "request_id", error->request_id);
	emit_object_close(&j);
	if (error->in_stream)
		buf_add_cstr(out, "\n\n");
}
