/*
 * openai.c - OpenAI chat completions: answers, events, errors.
 */
#include "common/buf.h"
#include "simulator/dialect_inside.h"
#include "simulator/http.h"

static struct str
bearer(const struct http_request *req)
{
	const struct str prefix = STR("Bearer ");
	struct str value = http_header(req, STR("authorization"));

	return str_has_prefix_nocase(value, prefix)
	    ? str_trim(str_skip(value, prefix.len))
	    : STR("");
}

static enum status
read(struct ask *ask, struct arena *arena, const struct http_request *req,
    struct fault *fault)
{
	return openai_read(ask, arena, req->body, true, fault);
}

static void
emit_model(struct emit *e, const char *model)
{
	emit_object_open(e);
	emit_field_cstr(e, "id", model);
	emit_field_cstr(e, "object", "model");
	emit_field_int(e, "created", 1754000000);
	emit_field_cstr(e, "owned_by", "system");
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
	dialect_emit_models(&e, "openai", emit_model);
	emit_array_close(&e);
	emit_object_close(&e);
}

static void
write_headers(struct buf *out, const char *id)
{
	buf_add_cstr(out, "x-request-id: req_");
	buf_add_cstr(out, id);
	buf_add_str(out,
	    STR("\r\n"
		"openai-version: 2020-10-01\r\n"
		"openai-processing-ms: 1\r\n"
		"x-ratelimit-limit-requests: 10000\r\n"
		"x-ratelimit-limit-tokens: 2000000\r\n"
		"x-ratelimit-remaining-requests: 9999\r\n"
		"x-ratelimit-remaining-tokens: 1999990\r\n"
		"x-ratelimit-reset-requests: 6ms\r\n"
		"x-ratelimit-reset-tokens: 0s\r\n"));
}

const char *
openai_finish_word(enum finish finish)
{
	static const char *const words[] = {
		[FINISH_STOP] = "stop",
		[FINISH_LENGTH] = "length",
		[FINISH_TOOLS] = "tool_calls",
		[FINISH_FILTER] = "content_filter",
	};

	return words[finish];
}

/* A call that was forced by name ends in "stop", as the real one does. */
static const char *
finish_of(const struct answer *answer)
{
	if (answer->finish == FINISH_TOOLS &&
	    answer->ask->tool_mode == TOOLS_NAMED)
		return "stop";
	return openai_finish_word(answer->finish);
}

static void
emit_usage(struct emit *e, const struct answer *answer)
{
	const struct usage *usage = &answer->usage;
	int64_t output = answer_output_tokens(answer);

	emit_key(e, "usage");
	emit_object_open(e);
	emit_field_int(e, "prompt_tokens", usage->input);
	emit_field_int(e, "completion_tokens", output);
	emit_field_int(e, "total_tokens", usage->input + output);
	emit_key(e, "prompt_tokens_details");
	emit_object_open(e);
	emit_field_int(e, "cached_tokens", usage->cached);
	emit_field_int(e, "audio_tokens", 0);
	emit_object_close(e);
	emit_key(e, "completion_tokens_details");
	emit_object_open(e);
	emit_field_int(
	    e, "reasoning_tokens", usage->reasoning * answer->ask->choices);
	emit_field_int(e, "audio_tokens", 0);
	emit_field_int(e, "accepted_prediction_tokens", 0);
	emit_field_int(e, "rejected_prediction_tokens", 0);
	emit_object_close(e);
	emit_object_close(e);
}

static void
emit_start(struct emit *e, const struct answer *answer, const char *object)
{
	emit_object_open(e);
	dialect_emit_id(e, "id", "chatcmpl-", answer->id);
	emit_field_cstr(e, "object", object);
	emit_field_int(e, "created", answer->created_s);
	emit_field_str(e, "model", answer->ask->model);
}

static void
emit_function(struct emit *e, const struct part *part, struct str arguments)
{
	dialect_emit_id(e, "id", "call_", part->id);
	emit_field_cstr(e, "type", "function");
	emit_key(e, "function");
	emit_object_open(e);
	emit_field_str(e, "name", part->name);
	emit_field_str(e, "arguments", arguments);
	emit_object_close(e);
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
		emit_function(e, part, part->text);
		emit_object_close(e);
	}
	emit_array_close(e);
}

static void
emit_choice(struct emit *e, const struct answer *answer, int64_t index)
{
	emit_object_open(e);
	emit_field_int(e, "index", index);
	emit_key(e, "message");
	emit_object_open(e);
	emit_field_cstr(e, "role", "assistant");
	if (answer_has_calls(answer)) {
		emit_field_null(e, "content");
		emit_calls(e, answer);
	} else {
		emit_field_str(e, "content", answer_text(answer, PART_TEXT));
	}
	emit_field_null(e, "refusal");
	emit_field_raw(e, "annotations", STR("[]"));
	emit_object_close(e);
	emit_field_null(e, "logprobs");
	emit_field_cstr(e, "finish_reason", finish_of(answer));
	emit_object_close(e);
}

static void
write_whole(const struct answer *answer, struct buf *out)
{
	struct emit e;

	emit_init(&e, out);
	emit_start(&e, answer, "chat.completion");
	emit_key(&e, "choices");
	emit_array_open(&e);
	for (int64_t i = 0; i < answer->ask->choices; i++)
		emit_choice(&e, answer, i);
	emit_array_close(&e);
	if (!answer->usage.is_hidden)
		emit_usage(&e, answer);
	emit_field_cstr(&e, "service_tier", "default");
	emit_field_cstr(&e, "system_fingerprint", "fp_simulator");
	emit_object_close(&e);
}

/* A call that stays alone travels in the first delta. */
static bool
is_single_call(const struct answer *answer)
{
	return answer_has_calls(answer) &&
	    answer_call_index(answer, answer->part_count - 1) == 0;
}

static void
emit_call_delta(struct emit *e, const struct answer *answer,
    const struct moment *moment, size_t part_index)
{
	emit_key(e, "tool_calls");
	emit_array_open(e);
	emit_object_open(e);
	emit_field_int(e, "index", answer_call_index(answer, part_index));
	if (moment->kind == MOMENT_PIECE) {
		emit_key(e, "function");
		emit_object_open(e);
		emit_field_str(e, "arguments", moment->piece);
		emit_object_close(e);
	} else {
		emit_function(e, &answer->parts[part_index], STR(""));
	}
	emit_object_close(e);
	emit_array_close(e);
}

static void
emit_first_delta(
    struct emit *e, const struct answer *answer, const struct moment *moment)
{
	emit_field_cstr(e, "role", "assistant");
	if (answer_has_calls(answer))
		emit_field_null(e, "content");
	else
		emit_field_cstr(e, "content", "");
	if (is_single_call(answer))
		emit_call_delta(e, answer, moment, answer->part_count - 1);
	emit_field_null(e, "refusal");
}

static void
emit_delta(
    struct emit *e, const struct answer *answer, const struct moment *moment)
{
	emit_key(e, "delta");
	emit_object_open(e);
	if (moment->kind == MOMENT_OPEN)
		emit_first_delta(e, answer, moment);
	else if (moment->kind != MOMENT_FINISH &&
	    moment->part->kind == PART_CALL)
		emit_call_delta(e, answer, moment, moment->part_index);
	else if (moment->kind == MOMENT_PIECE)
		emit_field_str(e, "content", moment->piece);
	emit_object_close(e);
}

/* The real API pads chunks so that their length says nothing. */
static void
emit_padding(struct emit *e, const struct moment *moment)
{
	static const struct str padding = STR("aQ8xZ3mK0pLw7Rt2");

	emit_field_str(e, "obfuscation",
	    str_skip(padding, moment->piece.len % padding.len));
}

static void
emit_chunk_start(struct emit *e, const struct answer *answer)
{
	emit_start(e, answer, "chat.completion.chunk");
	emit_field_cstr(e, "service_tier", "default");
	emit_field_cstr(e, "system_fingerprint", "fp_simulator");
}

static void
write_chunk(const struct answer *answer, const struct moment *moment,
    int64_t index, struct buf *out)
{
	struct emit e;

	buf_add_cstr(out, "data: ");
	emit_init(&e, out);
	emit_chunk_start(&e, answer);
	emit_key(&e, "choices");
	emit_array_open(&e);
	emit_object_open(&e);
	emit_field_int(&e, "index", index);
	emit_delta(&e, answer, moment);
	emit_field_null(&e, "logprobs");
	emit_field_cstr(&e, "finish_reason",
	    moment->kind == MOMENT_FINISH ? finish_of(answer) : NULL);
	emit_object_close(&e);
	emit_array_close(&e);
	if (answer->ask->wants_usage)
		emit_field_null(&e, "usage");
	emit_padding(&e, moment);
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
		emit_chunk_start(&e, answer);
		emit_field_raw(&e, "choices", STR("[]"));
		emit_usage(&e, answer);
		emit_field_cstr(&e, "obfuscation", "");
		emit_object_close(&e);
		buf_add_cstr(out, "\n\n");
	}
	buf_add_cstr(out, "data: [DONE]\n\n");
}

/* Reasoning is not shown, and a call opened with the stream is open. */
static bool
is_silent(const struct answer *answer, const struct moment *moment)
{
	if (moment->kind == MOMENT_PART_CLOSE)
		return true;
	if (moment->kind != MOMENT_PART_OPEN && moment->kind != MOMENT_PIECE)
		return false;
	if (moment->part->kind == PART_REASONING)
		return true;
	return moment->kind == MOMENT_PART_OPEN &&
	    (moment->part->kind == PART_TEXT || is_single_call(answer));
}

static void
write_moment(
    const struct answer *answer, const struct moment *moment, struct buf *out)
{
	if (moment->kind == MOMENT_END) {
		write_end(answer, out);
		return;
	}
	if (is_silent(answer, moment))
		return;
	for (int64_t i = 0; i < answer->ask->choices; i++)
		write_chunk(answer, moment, i, out);
}

static const struct error_shape error_shapes[] = {
	{ 400, "invalid_request_error", NULL },
	{ 401, "invalid_request_error", "invalid_api_key" },
	{ 403, "invalid_request_error",
	    "unsupported_country_region_territory" },
	{ 404, "invalid_request_error", "model_not_found" },
	{ 429, "requests", "rate_limit_exceeded" },
	{ 500, "server_error", NULL },
};

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
	emit_field_str(&e, "message", fault->message);
	emit_field_cstr(&e, "type", shape->type);
	if (str_is_empty(fault->param))
		emit_field_null(&e, "param");
	else
		emit_field_str(&e, "param", fault->param);
	emit_field_cstr(
	    &e, "code", fault->code != NULL ? fault->code : shape->code);
	emit_object_close(&e);
	emit_object_close(&e);
}

static void
write_stream_fault(const struct fault *fault, struct buf *out)
{
	dialect_write_data_fault(fault, out, write_fault);
}

const struct dialect dialect_openai = {
	.name = "openai",
	.has_retry_header = true,
	.no_credential = { .status = 401,
	    .retry_after_s = -1,
	    .message = STR("You didn't provide an API key.") },
	.bad_credential = { .status = 401,
	    .retry_after_s = -1,
	    .message = STR("Incorrect API key provided.") },
	.write_models = write_models,
	.credential = bearer,
	.read = read,
	.write_headers = write_headers,
	.write_whole = write_whole,
	.write_moment = write_moment,
	.write_fault = write_fault,
	.write_stream_fault = write_stream_fault,
};
