/*
 * call.c - see call.h.
 */
#include "controlplane/http/call.h"

#include "controlplane/store/document.h"

#define REQUEST_ID_MIN 8
#define REQUEST_ID_MAX 128

static bool
is_request_id(struct str text)
{
	if (text.len < REQUEST_ID_MIN || text.len > REQUEST_ID_MAX)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];

		if ((c < 'A' || c > 'Z') && (c < 'a' || c > 'z') &&
		    (c < '0' || c > '9') && c != '.' && c != '_' && c != '-')
			return false;
	}
	return true;
}

void
call_set_request_id(struct call *call, struct str offered)
{
	char text[ID_TEXT_SIZE];

	call->request_id = is_request_id(offered)
	    ? str_copy(&call->arena, offered)
	    : str_copy(&call->arena,
		  str_from(
		      id_format(id_make(), kind_prefix(KIND_REQUEST), text)));
}

enum status
call_fail(struct call *call, enum status status, const char *code,
    const char *fmt, ...)
{
	struct problem *problem = &call->problem;
	va_list args;

	assert(status != OK);
	if (problem->status != OK)
		return problem->status;
	problem->status = status;
	problem->code = code;
	va_start(args, fmt);
	problem->detail = str_vprintf(&call->arena, fmt, args);
	va_end(args);
	return status;
}

enum status
call_faults(struct call *call)
{
	if (call->problem.faults.count == 0)
		return OK;
	return call_fail(call, E_INVALID, NULL,
	    "the request has faults, each named in errors");
}

enum status
call_id(struct call *call, enum kind kind, struct id *out)
{
	if (id_parse(call->id_text, kind_prefix(kind), out) == OK)
		return OK;
	return call_fail(call, E_NOT_FOUND, NULL, "there is no %s of this id",
	    kind_word(kind));
}

struct str
call_param(const struct call *call, const char *name)
{
	return document_member(call->query, name);
}

int64_t
call_param_int(const struct call *call, const char *name, int64_t fallback)
{
	const json_t *value = json_object_get(call->query, name);

	return json_is_integer(value) ? json_integer_value(value) : fallback;
}

void
reply_set(struct call *call, int http, const json_t *value)
{
	const json_t *version = json_object_get(value, "version");

	call->reply = (struct reply){
		.http = http,
		.content_type = "application/json",
		.body = document_text(&call->arena, value),
	};
	if (json_is_integer(version))
		call->reply.etag =
		    str_printf(&call->arena, "\"%" JSON_INTEGER_FORMAT "\"",
			json_integer_value(version));
}

enum status
reply_ok(struct call *call, const json_t *value)
{
	reply_set(call, 200, value);
	return OK;
}

#define PROBLEM_MAX_BYTES (256 << 10)

void
reply_problem(struct call *call, enum status status)
{
	struct problem *problem = &call->problem;
	struct buf CLEANUP(buf_done) text;
	struct emit emit;

	assert(status != OK);
	if (problem->status == OK)
		problem->status = status;
	if (problem->retry_after_s == 0 && problem_http(problem) == 503)
		problem->retry_after_s = 1;
	buf_init(&text, PROBLEM_MAX_BYTES);
	emit_init(&emit, &text);
	problem_write(&emit, problem, call->path, call->request_id);
	call->reply = (struct reply){
		.http = problem_http(problem),
		.content_type = "application/problem+json",
		.body = str_copy(&call->arena, buf_str(&text)),
		.allow = call->reply.allow,
	};
}
