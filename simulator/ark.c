/*
 * ark.c - Ark's chat completions: OpenAI's shape with habits of its own.
 *
 * Ids start in 0217, every delta carries the role, reasoning is shown, and
 * arguments may start with a space: here they always do.
 */
#include <stdio.h>

#include "common/buf.h"
#include "simulator/dialect_inside.h"
#include "simulator/http.h"

static enum status
read(struct ask *ask, struct arena *arena, const struct http_request *req,
    struct fault *fault)
{
	return openai_read(ask, arena, req->body, false, fault);
}

static struct str
bearer(const struct http_request *req)
{
	return dialect_openai.credential(req);
}

static void
emit_model(struct emit *e, const char *model)
{
	emit_object_open(e);
	emit_field_cstr(e, "id", model);
	emit_field_cstr(e, "object", "model");
	emit_field_int(e, "created", 1754000000);
	emit_object_close(e);
}

static void
write_models(struct buf *out)
{
	struct emit e;

	emit_init(&e, out);
	emit_object_open(&e);
	emit_field_cstr(&e, "object", "list");
	emit_key(&e, "data");
	emit_array_open(&e);
	dialect_emit_models(&e, "ark", emit_model);
	emit_array_close(&e);
	emit_object_close(&e);
}

static void
write_headers(struct buf *out, const char *id)
{
	buf_printf(out,
	    "x-request-id: 0217%s\r\n"
	    "x-client-request-id: unknown-%s\r\n"
	    "server: istio-envoy\r\n",
	    id, id);
}

static void
emit_usage(struct emit *e, const struct answer *answer)
{
	const struct usage *usage = &answer->usage;
	int64_t output = answer_output_tokens(answer);

	emit_key(e, "usage");
	emit_object_open(e);
	emit_field_int(e, "completion_tokens", output);
	emit_field_int(e, "prompt_tokens", usage->input);
	emit_field_int(e, "total_tokens", usage->input + output);
	emit_key(e, "prompt_tokens_details");
	emit_object_open(e);
	emit_field_int(e, "cached_tokens", usage->cached);
	emit_object_close(e);
	emit_key(e, "completion_tokens_details");
	emit_object_open(e);
	emit_field_int(
	    e, "reasoning_tokens", usage->reasoning * answer->ask->choices);
	emit_object_close(e);
	emit_object_close(e);
}

/* The members behind the choices, in Ark's order. */
static void
emit_tail(struct emit *e, const struct answer *answer, const char *object)
{
	emit_field_int(e, "created", answer->created_s);
	dialect_emit_id(e, "id", "0217", answer->id);
	emit_field_str(e, "model", answer->ask->model);
	emit_field_cstr(e, "service_tier", "default");
	emit_field_cstr(e, "object", object);
}

static void
emit_call(struct emit *e, const struct part *part, struct str arguments)
{
	emit_key(e, "function");
	emit_object_open(e);
	emit_field_str(e, "arguments", arguments);
	emit_field_str(e, "name", part->name);
	emit_object_close(e);
	dialect_emit_id(e, "id", "call_", part->id);
	emit_field_cstr(e, "type", "function");
}

static void
emit_calls(struct emit *e, const struct answer *answer)
{
	emit_key(e, "tool_calls");
	emit_array_open(e);
	for (size_t i = 0; i < answer->part_count; i++) {
		const struct part *part = &answer->parts[i];

		if (part->kind != PART_CALL)
			continue;
		emit_object_open(e);
		emit_call(e, part,
		    str_printf(answer->arena, " %.*s", STR_ARGS(part->text)));
		emit_object_close(e);
	}
	emit_array_close(e);
}

static void
emit_message(struct emit *e, const struct answer *answer)
{
	struct str reasoning = answer_text(answer, PART_REASONING);

	emit_key(e, "message");
	emit_object_open(e);
	emit_field_str(e, "content", answer_text(answer, PART_TEXT));
	if (!str_is_empty(reasoning))
		emit_field_str(e, "reasoning_content", reasoning);
	emit_field_cstr(e, "role", "assistant");
	if (answer_has_calls(answer))
		emit_calls(e, answer);
	emit_object_close(e);
}

static void
write_whole(const struct answer *answer, struct buf *out)
{
	struct emit e;

	emit_init(&e, out);
	emit_object_open(&e);
	emit_key(&e, "choices");
	emit_array_open(&e);
	for (int64_t i = 0; i < answer->ask->choices; i++) {
		emit_object_open(&e);
		emit_field_cstr(
		    &e, "finish_reason", openai_finish_word(answer->finish));
		emit_field_int(&e, "index", i);
		emit_field_null(&e, "logprobs");
		emit_message(&e, answer);
		emit_object_close(&e);
	}
	emit_array_close(&e);
	emit_tail(&e, answer, "chat.completion");
	if (!answer->usage.is_hidden)
		emit_usage(&e, answer);
	emit_object_close(&e);
}

static void
emit_call_delta(
    struct emit *e, const struct answer *answer, const struct moment *moment)
{
	emit_key(e, "tool_calls");
	emit_array_open(e);
	emit_object_open(e);
	if (moment->kind == MOMENT_PART_OPEN) {
		emit_call(e, moment->part, STR(" "));
	} else {
		emit_key(e, "function");
		emit_object_open(e);
		emit_field_str(e, "arguments", moment->piece);
		emit_object_close(e);
	}
	emit_field_int(
	    e, "index", answer_call_index(answer, moment->part_index));
	emit_object_close(e);
	emit_array_close(e);
}

static void
emit_delta(
    struct emit *e, const struct answer *answer, const struct moment *moment)
{
	bool is_piece = moment->kind == MOMENT_PIECE;
	enum part_kind kind =
	    moment->part != NULL ? moment->part->kind : PART_TEXT;

	emit_key(e, "delta");
	emit_object_open(e);
	emit_field_str(e, "content",
	    is_piece && kind == PART_TEXT ? moment->piece : STR(""));
	if (is_piece && kind == PART_REASONING)
		emit_field_str(e, "reasoning_content", moment->piece);
	emit_field_cstr(e, "role", "assistant");
	if (kind == PART_CALL)
		emit_call_delta(e, answer, moment);
	emit_object_close(e);
}

static void
write_chunk(const struct answer *answer, const struct moment *moment,
    int64_t index, struct buf *out)
{
	struct emit e;

	buf_add_cstr(out, "data: ");
	emit_init(&e, out);
	emit_object_open(&e);
	emit_key(&e, "choices");
	emit_array_open(&e);
	emit_object_open(&e);
	emit_delta(&e, answer, moment);
	if (moment->kind == MOMENT_FINISH)
		emit_field_cstr(
		    &e, "finish_reason", openai_finish_word(answer->finish));
	emit_field_int(&e, "index", index);
	emit_object_close(&e);
	emit_array_close(&e);
	emit_tail(&e, answer, "chat.completion.chunk");
	emit_field_null(&e, "usage");
	emit_object_close(&e);
	buf_add_cstr(out, "\n\n");
}

static void
write_end(const struct answer *answer, struct buf *out)
{
	struct emit e;

	if (answer->ask->wants_usage && !answer->usage.is_hidden) {
		buf_add_cstr(out, "data: ");
		emit_init(&e, out);
		emit_object_open(&e);
		emit_field_raw(&e, "choices", STR("[]"));
		emit_tail(&e, answer, "chat.completion.chunk");
		emit_usage(&e, answer);
		emit_object_close(&e);
		buf_add_cstr(out, "\n\n");
	}
	buf_add_cstr(out, "data: [DONE]\n\n");
}

static void
write_moment(
    const struct answer *answer, const struct moment *moment, struct buf *out)
{
	switch (moment->kind) {
	case MOMENT_END:
		write_end(answer, out);
		return;
	case MOMENT_OPEN:
	case MOMENT_PART_CLOSE:
		return;
	case MOMENT_PART_OPEN:
		if (moment->part->kind != PART_CALL)
			return;
		break;
	case MOMENT_PIECE:
	case MOMENT_FINISH:
		break;
	}
	for (int64_t i = 0; i < answer->ask->choices; i++)
		write_chunk(answer, moment, i, out);
}

static const struct error_shape error_shapes[] = {
	{ 400, "BadRequest", "InvalidParameter" },
	{ 401, "Unauthorized", "AuthenticationError" },
	{ 403, "Forbidden", "AccessDenied" },
	{ 404, "NotFound", "InvalidEndpointOrModel.NotFound" },
	{ 429, "TooManyRequests", "RateLimitExceeded.EndpointRPMExceeded" },
	{ 500, "InternalServerError", "InternalServiceError" },
};

/* Ark ends its messages in the request's id. */
static void
emit_message_with_id(struct emit *e, const struct fault *fault)
{
	char text[512];

	snprintf(text, sizeof(text), "%.*s Request id: 0217%s",
	    STR_ARGS(str_head(fault->message, 400)), fault->request_id);
	emit_cstr(e, text);
}

static void
write_fault(const struct fault *fault, struct buf *out)
{
	const struct error_shape *shape = dialect_error_shape(
	    error_shapes, ARRAY_LEN(error_shapes), fault->status);
	struct emit e;

	emit_init(&e, out);
	emit_object_open(&e);
	emit_key(&e, "error");
	emit_object_open(&e);
	emit_field_cstr(
	    &e, "code", fault->code != NULL ? fault->code : shape->code);
	emit_key(&e, "message");
	emit_message_with_id(&e, fault);
	emit_field_str(&e, "param", fault->param);
	emit_field_cstr(&e, "type", shape->type);
	emit_object_close(&e);
	emit_object_close(&e);
}

static void
write_stream_fault(const struct fault *fault, struct buf *out)
{
	dialect_write_data_fault(fault, out, write_fault);
}

const struct dialect dialect_ark = {
	.name = "ark",
	.has_retry_header = true,
	.no_credential = { .status = 401,
	    .retry_after_s = -1,
	    .message = STR(
		"the API key or AK/SK in the request is missing or invalid.") },
	.bad_credential = { .status = 401,
	    .retry_after_s = -1,
	    .message = STR("The API key format is incorrect.") },
	.write_models = write_models,
	.credential = bearer,
	.read = read,
	.write_headers = write_headers,
	.write_whole = write_whole,
	.write_moment = write_moment,
	.write_fault = write_fault,
	.write_stream_fault = write_stream_fault,
};
