/*
 * anthropic.c - Anthropic Messages: answers, events, errors.
 */
#include "common/buf.h"
#include "simulator/dialect_inside.h"
#include "simulator/http.h"

static struct str
credential(const struct http_request *req)
{
	struct str key = http_header(req, STR("x-api-key"));

	return str_is_empty(key) ? dialect_openai.credential(req) : key;
}

static enum status
read(struct ask *ask, struct arena *arena, const struct http_request *req,
    struct fault *fault)
{
	if (str_is_empty(http_header(req, STR("anthropic-version"))))
		return fault_set(fault, 400,
		    STR("anthropic-version: header is required"), STR(""));
	return anthropic_read(ask, arena, req->body, fault);
}

static void
emit_model(struct emit *e, const char *model)
{
	emit_object_open(e);
	emit_field_cstr(e, "type", "model");
	emit_field_cstr(e, "id", model);
	emit_field_cstr(e, "display_name", model);
	emit_field_cstr(e, "created_at", "2025-09-29T00:00:00Z");
	emit_object_close(e);
}

static void
write_models(struct buf *out)
{
	struct emit e;

	emit_init(&e, out);
	emit_object_open(&e);
	emit_key(&e, "data");
	emit_array_open(&e);
	dialect_emit_models(&e, "anthropic", emit_model);
	emit_array_close(&e);
	emit_field_bool(&e, "has_more", false);
	emit_object_close(&e);
}

static void
write_headers(struct buf *out, const char *id)
{
	buf_printf(out,
	    "request-id: req_%s\r\n"
	    "anthropic-ratelimit-requests-limit: 10000\r\n"
	    "anthropic-ratelimit-requests-remaining: 9999\r\n"
	    "anthropic-ratelimit-requests-reset: 2026-01-01T00:00:00Z\r\n",
	    id);
}

static const char *
stop_reason(enum finish finish)
{
	static const char *const words[] = {
		[FINISH_STOP] = "end_turn",
		[FINISH_LENGTH] = "max_tokens",
		[FINISH_TOOLS] = "tool_use",
		[FINISH_FILTER] = "refusal",
	};

	return words[finish];
}

/* Cached tokens are not part of input_tokens here. */
static void
emit_input_usage(struct emit *e, const struct usage *usage)
{
	emit_field_int(e, "input_tokens",
	    usage->input - usage->cached - usage->cache_write);
	emit_field_int(e, "cache_creation_input_tokens", usage->cache_write);
	emit_field_int(e, "cache_read_input_tokens", usage->cached);
}

static void
emit_cache_creation(struct emit *e, const struct usage *usage)
{
	emit_key(e, "cache_creation");
	emit_object_open(e);
	emit_field_int(e, "ephemeral_5m_input_tokens", usage->cache_write);
	emit_field_int(e, "ephemeral_1h_input_tokens", 0);
	emit_object_close(e);
}

static void
emit_output_usage(struct emit *e, const struct usage *usage)
{
	emit_field_int(e, "output_tokens", usage->output);
	if (usage->reasoning == 0)
		return;
	emit_key(e, "output_tokens_details");
	emit_object_open(e);
	emit_field_int(e, "thinking_tokens", usage->reasoning);
	emit_object_close(e);
}

static void
emit_block(struct emit *e, const struct part *part, bool is_whole)
{
	struct str text = is_whole ? part->text : STR("");

	emit_object_open(e);
	switch (part->kind) {
	case PART_REASONING:
		emit_field_cstr(e, "type", "thinking");
		emit_field_str(e, "thinking", text);
		emit_field_cstr(e, "signature", is_whole ? "c2ltdWxhdGVk" : "");
		break;
	case PART_TEXT:
		emit_field_cstr(e, "type", "text");
		emit_field_str(e, "text", text);
		break;
	case PART_CALL:
		emit_field_cstr(e, "type", "tool_use");
		dialect_emit_id(e, "id", "toolu_01", part->id);
		emit_field_str(e, "name", part->name);
		emit_field_raw(e, "input", is_whole ? text : STR("{}"));
		break;
	}
	emit_object_close(e);
}

static void
emit_head(struct emit *e, const struct answer *answer)
{
	emit_field_str(e, "model", answer->ask->model);
	dialect_emit_id(e, "id", "msg_01", answer->id);
	emit_field_cstr(e, "type", "message");
	emit_field_cstr(e, "role", "assistant");
}

static void
write_whole(const struct answer *answer, struct buf *out)
{
	struct emit e;

	emit_init(&e, out);
	emit_object_open(&e);
	emit_head(&e, answer);
	emit_key(&e, "content");
	emit_array_open(&e);
	for (size_t i = 0; i < answer->part_count; i++)
		emit_block(&e, &answer->parts[i], true);
	emit_array_close(&e);
	emit_field_cstr(&e, "stop_reason", stop_reason(answer->finish));
	emit_field_null(&e, "stop_sequence");
	if (!answer->usage.is_hidden) {
		emit_key(&e, "usage");
		emit_object_open(&e);
		emit_input_usage(&e, &answer->usage);
		emit_cache_creation(&e, &answer->usage);
		emit_output_usage(&e, &answer->usage);
		emit_field_cstr(&e, "service_tier", "standard");
		emit_object_close(&e);
	}
	emit_object_close(&e);
}

static void
event_open(struct emit *e, struct buf *out, const char *type)
{
	buf_printf(out, "event: %s\ndata: ", type);
	emit_init(e, out);
	emit_object_open(e);
	emit_field_cstr(e, "type", type);
}

/* The real API pads its events with spaces. */
static void
event_close(struct emit *e, struct buf *out, size_t padding)
{
	emit_object_close(e);
	buf_printf(out, "%*s\n\n", (int)(padding % 16), "");
}

static void
write_message_start(const struct answer *answer, struct buf *out)
{
	struct emit e;

	event_open(&e, out, "message_start");
	emit_key(&e, "message");
	emit_object_open(&e);
	emit_head(&e, answer);
	emit_field_raw(&e, "content", STR("[]"));
	emit_field_null(&e, "stop_reason");
	emit_field_null(&e, "stop_sequence");
	emit_key(&e, "usage");
	emit_object_open(&e);
	if (!answer->usage.is_hidden) {
		emit_input_usage(&e, &answer->usage);
		emit_cache_creation(&e, &answer->usage);
	}
	/* The real one guesses here; what counts comes at the end. */
	emit_field_int(&e, "output_tokens", 1);
	emit_field_cstr(&e, "service_tier", "standard");
	emit_object_close(&e);
	emit_object_close(&e);
	event_close(&e, out, 7);
}

static void
write_delta(const struct moment *moment, const char *type, const char *member,
    struct str value, struct buf *out)
{
	struct emit e;

	event_open(&e, out, "content_block_delta");
	emit_field_int(&e, "index", (int64_t)moment->part_index);
	emit_key(&e, "delta");
	emit_object_open(&e);
	emit_field_cstr(&e, "type", type);
	emit_field_str(&e, member, value);
	emit_object_close(&e);
	event_close(&e, out, value.len * 5);
}

static void
write_piece(const struct moment *moment, struct str piece, struct buf *out)
{
	switch (moment->part->kind) {
	case PART_REASONING:
		write_delta(moment, "thinking_delta", "thinking", piece, out);
		break;
	case PART_TEXT:
		write_delta(moment, "text_delta", "text", piece, out);
		break;
	case PART_CALL:
		write_delta(
		    moment, "input_json_delta", "partial_json", piece, out);
		break;
	}
}

static void
write_block_start(const struct moment *moment, struct buf *out)
{
	struct emit e;

	event_open(&e, out, "content_block_start");
	emit_field_int(&e, "index", (int64_t)moment->part_index);
	emit_key(&e, "content_block");
	emit_block(&e, moment->part, false);
	event_close(&e, out, 11);
	if (moment->part_index == 0)
		buf_add_cstr(
		    out, "event: ping\ndata: {\"type\": \"ping\"}\n\n");
	if (moment->part->kind == PART_CALL)
		write_piece(moment, STR(""), out);
}

static void
write_block_stop(const struct moment *moment, struct buf *out)
{
	struct emit e;

	if (moment->part->kind == PART_REASONING)
		write_delta(moment, "signature_delta", "signature",
		    STR("c2ltdWxhdGVk"), out);
	event_open(&e, out, "content_block_stop");
	emit_field_int(&e, "index", (int64_t)moment->part_index);
	event_close(&e, out, 1);
}

static void
write_message_delta(const struct answer *answer, struct buf *out)
{
	struct emit e;

	event_open(&e, out, "message_delta");
	emit_key(&e, "delta");
	emit_object_open(&e);
	emit_field_cstr(&e, "stop_reason", stop_reason(answer->finish));
	emit_field_null(&e, "stop_sequence");
	emit_object_close(&e);
	emit_key(&e, "usage");
	emit_object_open(&e);
	if (!answer->usage.is_hidden) {
		emit_input_usage(&e, &answer->usage);
		emit_output_usage(&e, &answer->usage);
	}
	emit_object_close(&e);
	event_close(&e, out, 10);
}

static void
write_moment(
    const struct answer *answer, const struct moment *moment, struct buf *out)
{
	struct emit e;

	switch (moment->kind) {
	case MOMENT_OPEN:
		write_message_start(answer, out);
		break;
	case MOMENT_PART_OPEN:
		write_block_start(moment, out);
		break;
	case MOMENT_PIECE:
		write_piece(moment, moment->piece, out);
		break;
	case MOMENT_PART_CLOSE:
		write_block_stop(moment, out);
		break;
	case MOMENT_FINISH:
		write_message_delta(answer, out);
		break;
	case MOMENT_END:
		event_open(&e, out, "message_stop");
		event_close(&e, out, 4);
		break;
	}
}

static const struct error_shape error_shapes[] = {
	{ 400, "invalid_request_error", NULL },
	{ 401, "authentication_error", NULL },
	{ 403, "permission_error", NULL },
	{ 404, "not_found_error", NULL },
	{ 413, "request_too_large", NULL },
	{ 429, "rate_limit_error", NULL },
	{ 500, "api_error", NULL },
	{ 529, "overloaded_error", NULL },
};

static void
write_fault(const struct fault *fault, struct buf *out)
{
	const struct error_shape *shape = dialect_error_shape(
	    error_shapes, ARRAY_LEN(error_shapes), fault->status);
	struct emit e;

	emit_init(&e, out);
	emit_object_open(&e);
	emit_field_cstr(&e, "type", "error");
	emit_key(&e, "error");
	emit_object_open(&e);
	emit_field_cstr(
	    &e, "type", fault->code != NULL ? fault->code : shape->type);
	emit_field_str(&e, "message", fault->message);
	emit_object_close(&e);
	dialect_emit_id(&e, "request_id", "req_", fault->request_id);
	emit_object_close(&e);
}

static void
write_stream_fault(const struct fault *fault, struct buf *out)
{
	buf_add_cstr(out, "event: error\n");
	dialect_write_data_fault(fault, out, write_fault);
}

const struct dialect dialect_anthropic = {
	.name = "anthropic",
	.has_retry_header = true,
	.no_credential = { .status = 401,
	    .retry_after_s = -1,
	    .message = STR("x-api-key header is required") },
	.bad_credential = { .status = 401,
	    .retry_after_s = -1,
	    .message = STR("invalid x-api-key") },
	.write_models = write_models,
	.credential = credential,
	.read = read,
	.write_headers = write_headers,
	.write_whole = write_whole,
	.write_moment = write_moment,
	.write_fault = write_fault,
	.write_stream_fault = write_stream_fault,
};
