/*
 * gemini.c - Gemini generateContent: answers, chunks, errors.
 *
 * A stream is made of whole responses: as events that end in CR LF, or as
 * the elements of one JSON array when the client did not ask for events.
 */
#include <inttypes.h>
#include <stdio.h>

#include "common/buf.h"
#include "simulator/dialect_inside.h"
#include "simulator/http.h"

static struct str
credential(const struct http_request *req)
{
	struct str key = http_header(req, STR("x-goog-api-key"));

	if (str_is_empty(key))
		key = http_query(req, STR("key"));
	return str_is_empty(key) ? dialect_openai.credential(req) : key;
}

/* …/models/{model}:streamGenerateContent */
static enum status
read(struct ask *ask, struct arena *arena, const struct http_request *req,
    struct fault *fault)
{
	const struct str models = STR("/models/");
	ptrdiff_t place = str_find(req->path, models);
	struct str rest = str_skip(req->path, (size_t)place + models.len);
	ptrdiff_t colon = place < 0 ? -1 : str_find_char(rest, ':');
	struct str method;

	if (colon < 0)
		return fault_set(fault, 404, STR("Not found."), STR(""));
	method = str_skip(rest, (size_t)colon + 1);
	ask->model = str_head(rest, (size_t)colon);
	ask->is_stream = str_eq(method, STR("streamGenerateContent"));
	ask->is_array =
	    ask->is_stream && !str_eq(http_query(req, STR("alt")), STR("sse"));
	if (!ask->is_stream && !str_eq(method, STR("generateContent")))
		return fault_set(fault, 404,
		    str_printf(
			arena, "%.*s is not supported.", STR_ARGS(method)),
		    STR(""));
	return gemini_read(ask, arena, req->body, fault);
}

static void
emit_model(struct emit *e, const char *model)
{
	emit_object_open(e);
	dialect_emit_id(e, "name", "models/", model);
	emit_field_cstr(e, "version", "001");
	emit_field_cstr(e, "displayName", model);
	emit_field_int(e, "inputTokenLimit", 1048576);
	emit_field_int(e, "outputTokenLimit", 65536);
	emit_field_raw(
	    e, "supportedGenerationMethods", STR("[\"generateContent\"]"));
	emit_object_close(e);
}

static void
write_models(struct buf *out)
{
	struct emit e;

	emit_init(&e, out);
	emit_object_open(&e);
	emit_key(&e, "models");
	emit_array_open(&e);
	dialect_emit_models(&e, "gemini", emit_model);
	emit_array_close(&e);
	emit_object_close(&e);
}

static void
write_headers(struct buf *out, const char *id)
{
	buf_add_cstr(out,
	    "x-gemini-service-tier: standard\r\n"
	    "server-timing: gfet4t7; dur=1\r\n");
}

static const char *
finish_reason(enum finish finish)
{
	static const char *const words[] = {
		[FINISH_STOP] = "STOP",
		[FINISH_LENGTH] = "MAX_TOKENS",
		[FINISH_TOOLS] = "STOP",
		[FINISH_FILTER] = "SAFETY",
	};

	return words[finish];
}

static bool
is_shown(const struct answer *answer, const struct part *part)
{
	return part->kind != PART_REASONING || answer->ask->wants_thoughts;
}

static void
emit_part(struct emit *e, const struct part *part, struct str text)
{
	emit_object_open(e);
	if (part->kind == PART_CALL) {
		emit_key(e, "functionCall");
		emit_object_open(e);
		emit_field_str(e, "name", part->name);
		emit_field_raw(e, "args", part->text);
		emit_object_close(e);
		emit_field_cstr(e, "thoughtSignature", "c2ltdWxhdGVk");
	} else {
		emit_field_str(e, "text", text);
		if (part->kind == PART_REASONING)
			emit_field_bool(e, "thought", true);
	}
	emit_object_close(e);
}

/* candidatesTokenCount leaves the thoughts out; the total has them. */
static void
emit_usage(struct emit *e, const struct answer *answer, int64_t shown)
{
	const struct usage *usage = &answer->usage;
	int64_t thoughts = usage->reasoning * answer->ask->choices;

	emit_key(e, "usageMetadata");
	emit_object_open(e);
	emit_field_int(e, "promptTokenCount", usage->input);
	if (shown > 0)
		emit_field_int(e, "candidatesTokenCount", shown);
	emit_field_int(e, "totalTokenCount", usage->input + shown + thoughts);
	if (usage->cached > 0)
		emit_field_int(e, "cachedContentTokenCount", usage->cached);
	emit_key(e, "promptTokensDetails");
	emit_array_open(e);
	emit_object_open(e);
	emit_field_cstr(e, "modality", "TEXT");
	emit_field_int(e, "tokenCount", usage->input);
	emit_object_close(e);
	emit_array_close(e);
	if (thoughts > 0)
		emit_field_int(e, "thoughtsTokenCount", thoughts);
	emit_object_close(e);
}

static void
emit_tail(struct emit *e, const struct answer *answer, int64_t shown)
{
	if (!answer->usage.is_hidden)
		emit_usage(e, answer, shown);
	emit_field_str(e, "modelVersion", answer->ask->model);
	emit_field_cstr(e, "responseId", answer->id);
}

static void
emit_finish(struct emit *e, const struct answer *answer, int64_t index)
{
	emit_field_cstr(e, "finishReason", finish_reason(answer->finish));
	emit_field_int(e, "index", index);
	if (answer_has_calls(answer))
		emit_field_cstr(
		    e, "finishMessage", "Model generated function call(s).");
}

static void
emit_candidate(struct emit *e, const struct answer *answer, int64_t index)
{
	emit_object_open(e);
	emit_key(e, "content");
	emit_object_open(e);
	emit_key(e, "parts");
	emit_array_open(e);
	for (size_t i = 0; i < answer->part_count; i++) {
		const struct part *part = &answer->parts[i];

		if (is_shown(answer, part))
			emit_part(e, part, part->text);
	}
	emit_array_close(e);
	emit_field_cstr(e, "role", "model");
	emit_object_close(e);
	emit_finish(e, answer, index);
	emit_object_close(e);
}

static int64_t
all_shown_tokens(const struct answer *answer)
{
	return (answer->usage.output - answer->usage.reasoning) *
	    answer->ask->choices;
}

static void
write_whole(const struct answer *answer, struct buf *out)
{
	struct emit e;

	emit_init(&e, out);
	emit_object_open(&e);
	emit_key(&e, "candidates");
	emit_array_open(&e);
	for (int64_t i = 0; i < answer->ask->choices; i++)
		emit_candidate(&e, answer, i);
	emit_array_close(&e);
	emit_tail(&e, answer, all_shown_tokens(answer));
	emit_object_close(&e);
}

static bool
is_final(const struct moment *moment)
{
	return moment->is_last || moment->kind == MOMENT_FINISH;
}

static void
emit_chunk_candidate(struct emit *e, const struct answer *answer,
    const struct moment *moment, int64_t index)
{
	emit_object_open(e);
	if (moment->kind == MOMENT_PIECE) {
		emit_key(e, "content");
		emit_object_open(e);
		emit_key(e, "parts");
		emit_array_open(e);
		emit_part(e, moment->part, moment->piece);
		emit_array_close(e);
		emit_field_cstr(e, "role", "model");
		emit_object_close(e);
	}
	if (is_final(moment))
		emit_finish(e, answer, index);
	else
		emit_field_int(e, "index", index);
	emit_object_close(e);
}

static void
write_chunk(
    const struct answer *answer, const struct moment *moment, struct buf *out)
{
	struct emit e;

	emit_init(&e, out);
	emit_object_open(&e);
	emit_key(&e, "candidates");
	emit_array_open(&e);
	for (int64_t i = 0; i < answer->ask->choices; i++)
		emit_chunk_candidate(&e, answer, moment, i);
	emit_array_close(&e);
	emit_tail(&e, answer,
	    is_final(moment) ? all_shown_tokens(answer)
			     : moment->tokens_shown * answer->ask->choices);
	emit_object_close(&e);
}

/* Only what has something to show makes a chunk. */
static bool
is_silent(const struct answer *answer, const struct moment *moment)
{
	if (moment->kind == MOMENT_FINISH)
		return answer->part_count > 0 &&
		    is_shown(answer, &answer->parts[answer->part_count - 1]);
	return moment->kind != MOMENT_PIECE || !is_shown(answer, moment->part);
}

static void
write_moment(
    const struct answer *answer, const struct moment *moment, struct buf *out)
{
	bool is_array = answer->ask->is_array;

	if (is_array && moment->kind == MOMENT_OPEN)
		buf_add_char(out, '[');
	if (is_array && moment->kind == MOMENT_END)
		buf_add_char(out, ']');
	if (is_silent(answer, moment))
		return;
	if (!is_array)
		buf_add_cstr(out, "data: ");
	write_chunk(answer, moment, out);
	if (!is_array)
		buf_add_cstr(out, "\r\n\r\n");
	else if (!is_final(moment))
		buf_add_cstr(out, "\r\n,");
}

static const struct error_shape error_shapes[] = {
	{ 400, "INVALID_ARGUMENT", NULL },
	{ 401, "UNAUTHENTICATED", NULL },
	{ 403, "PERMISSION_DENIED", NULL },
	{ 404, "NOT_FOUND", NULL },
	{ 429, "RESOURCE_EXHAUSTED", NULL },
	{ 500, "INTERNAL", NULL },
	{ 503, "UNAVAILABLE", NULL },
	{ 504, "DEADLINE_EXCEEDED", NULL },
};

static void
emit_details(struct emit *e, const struct fault *fault)
{
	emit_key(e, "details");
	emit_array_open(e);
	emit_object_open(e);
	if (fault->retry_after_s >= 0) {
		char delay[32];

		snprintf(
		    delay, sizeof(delay), "%" PRId64 "s", fault->retry_after_s);
		emit_field_cstr(
		    e, "@type", "type.googleapis.com/google.rpc.RetryInfo");
		emit_field_cstr(e, "retryDelay", delay);
	} else {
		emit_field_cstr(
		    e, "@type", "type.googleapis.com/google.rpc.ErrorInfo");
		emit_field_cstr(e, "reason", fault->code);
		emit_field_cstr(e, "domain", "googleapis.com");
	}
	emit_object_close(e);
	emit_array_close(e);
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
	emit_field_int(&e, "code", fault->status);
	emit_field_str(&e, "message", fault->message);
	emit_field_cstr(&e, "status", shape->type);
	if (fault->retry_after_s >= 0 || fault->code != NULL)
		emit_details(&e, fault);
	emit_object_close(&e);
	emit_object_close(&e);
}

static void
write_stream_fault(const struct fault *fault, struct buf *out)
{
	buf_add_cstr(out, "data: ");
	write_fault(fault, out);
	buf_add_cstr(out, "\r\n\r\n");
}

const struct dialect dialect_gemini = {
	.name = "gemini",
	.has_whole_calls = true,
	.no_credential = { .status = 403,
	    .retry_after_s = -1,
	    .message = STR("Method doesn't allow unregistered callers.") },
	.bad_credential = { .status = 400,
	    .retry_after_s = -1,
	    .code = "API_KEY_INVALID",
	    .message = STR("API key not valid. Please pass a valid API key.") },
	.write_models = write_models,
	.credential = credential,
	.read = read,
	.write_headers = write_headers,
	.write_whole = write_whole,
	.write_moment = write_moment,
	.write_fault = write_fault,
	.write_stream_fault = write_stream_fault,
};
