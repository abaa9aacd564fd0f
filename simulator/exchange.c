/*
 * exchange.c - see exchange.h.  Reading the request is here, sending the
 * answer in exchange_run.c.
 */
#include "simulator/exchange.h"

#include "simulator/exchange_inside.h"
#include "simulator/http.h"

enum {
	ARENA_MAX_BYTES = 256 * 1024 * 1024,
};

void
exchange_init(struct exchange *ex, struct simulator *simulator)
{
	*ex = (struct exchange){ .simulator = simulator };
	arena_init(&ex->arena, ARENA_MAX_BYTES);
}

void
exchange_done(struct exchange *ex, int64_t now_ns)
{
	exchange_cancel(ex, now_ns);
	arena_done(&ex->arena);
}

void
exchange_record_end(struct exchange *ex, enum outcome outcome, int64_t now_ns)
{
	bool is_fault = ex->kind == EXCHANGE_FAULT;
	const struct record_end end = {
		.dialect = ex->dialect != NULL ? ex->dialect->name : "",
		.is_stream = ex->ask.is_stream,
		.outcome = outcome,
		.status = is_fault ? ex->fault.status : 200,
		.pieces = ex->pieces,
		.after_us = (now_ns - ex->started_ns) / 1000,
	};

	if (!ex->is_recorded)
		return;
	ex->is_recorded = false;
	records_end(ex->simulator->records, ex->record, &end);
}

void
exchange_cancel(struct exchange *ex, int64_t now_ns)
{
	exchange_record_end(ex, OUTCOME_CANCELLED, now_ns);
}

static void
record_begin(struct exchange *ex, const struct http_request *req)
{
	const struct record_start start = {
		.dialect = ex->dialect->name,
		.request = req,
		.model = ex->ask.model,
		.is_stream = ex->ask.is_stream,
	};

	ex->record = records_begin(ex->simulator->records, &start);
	ex->is_recorded = true;
}

static enum status
check_credential(struct exchange *ex, const struct http_request *req)
{
	struct str credential = ex->dialect->credential(req);

	if (str_is_empty(credential))
		ex->fault = ex->dialect->no_credential;
	else if (str_find(credential, STR("invalid")) >= 0)
		ex->fault = ex->dialect->bad_credential;
	else
		return OK;
	return E_UNAUTHENTICATED;
}

static bool
is_method(const struct http_request *req, struct str method)
{
	return str_eq(req->method, method);
}

static bool
is_chat_path(const struct http_request *req)
{
	return str_has_suffix(req->path, STR("/chat/completions")) ||
	    str_has_suffix(req->path, STR("/messages")) ||
	    str_find(req->path, STR("/models/")) >= 0;
}

static enum status
find_kind(struct exchange *ex, const struct http_request *req)
{
	if (is_method(req, STR("GET")) &&
	    str_has_suffix(req->path, STR("/models")))
		ex->kind = EXCHANGE_MODELS;
	else if (is_method(req, STR("POST")) && is_chat_path(req))
		ex->kind = EXCHANGE_CHAT;
	else
		return fault_set(&ex->fault, 404,
		    str_printf(&ex->arena, "Invalid URL (%.*s %.*s)",
			STR_ARGS(req->method), STR_ARGS(req->path)),
		    STR(""));
	return OK;
}

/* "gpt-5#status=429" is the model gpt-5 with a script. */
static struct str
split_model(struct str *model)
{
	ptrdiff_t mark = str_find_char(*model, '#');
	struct str script = STR("");

	if (mark >= 0) {
		script = str_skip(*model, (size_t)mark + 1);
		*model = str_head(*model, (size_t)mark);
	}
	return script;
}

/* Rules, then header, model and prompt, the later ones winning. */
static enum status
read_scripts(struct exchange *ex, const struct http_request *req)
{
	CLEANUP(buf_done) struct buf fault;
	struct str prompt;
	struct str texts[3];

	texts[0] = http_header(req, STR("x-sim-script"));
	texts[1] = split_model(&ex->ask.model);
	texts[2] = script_extract(&ex->arena, ex->ask.user_text, &prompt);
	ex->ask.user_text = prompt;
	ex->ask.model = str_copy(&ex->arena, ex->ask.model);

	buf_init(&fault, 1024);
	rules_apply(&ex->simulator->rules, ex->ask.model, &ex->script);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		if (script_read(&ex->script, texts[i], &fault) != OK)
			return fault_set(&ex->fault, 400,
			    str_copy(&ex->arena, buf_str(&fault)), STR(""));
	}
	return OK;
}

/* The error a script asks for. */
static enum status
apply_status(struct exchange *ex)
{
	const struct script *script = &ex->script;

	if (script->status < 400 || script->status > 599)
		return OK;
	(void)fault_set(&ex->fault, (int)script->status,
	    str_printf(&ex->arena, "Simulated error %d.", (int)script->status),
	    STR(""));
	ex->fault.retry_after_s = script->retry_after_s;
	ex->fault.code = script->code[0] != '\0' ? script->code : NULL;
	return E_UPSTREAM;
}

static enum status
read_chat(struct exchange *ex, const struct http_request *req)
{
	enum status s =
	    ex->dialect->read(&ex->ask, &ex->arena, req, &ex->fault);

	if (s == OK)
		s = read_scripts(ex, req);
	if (s == OK)
		s = apply_status(ex);
	return s;
}

static void
build_answer(struct exchange *ex, struct random *random)
{
	const struct simulator_settings *settings = &ex->simulator->settings;
	const struct answer_settings answer_settings = {
		.seed = (uint64_t)settings->seed,
		.tokens = settings->answer_tokens,
		.chunk_bytes = settings->chunk_bytes,
	};

	answer_build(
	    &ex->answer, &ex->arena, &ex->ask, &ex->script, &answer_settings);
	answer_set_ids(&ex->answer, random);
	stream_init(&ex->stream);
}

static void
start_over(struct exchange *ex, int64_t now_ns)
{
	arena_reset(&ex->arena);
	ex->ask = (struct ask){ .choices = 1 };
	ex->has_moment = false;
	ex->has_head = false;
	ex->pieces = 0;
	ex->started_ns = now_ns;
	script_init(&ex->script);
}

void
exchange_begin(struct exchange *ex, struct random *random,
    const struct http_request *req, int64_t now_ns)
{
	enum status s;

	start_over(ex, now_ns);
	random_word(random, ex->id, ANSWER_ID_LEN);
	ex->is_keep_alive = req->is_keep_alive;
	ex->dialect = dialect_find(req);
	s = check_credential(ex, req);
	if (s == OK)
		s = find_kind(ex, req);
	if (s == OK && ex->kind == EXCHANGE_CHAT)
		s = read_chat(ex, req);
	record_begin(ex, req);
	if (s != OK)
		ex->kind = EXCHANGE_FAULT;
	else if (ex->kind == EXCHANGE_CHAT)
		build_answer(ex, random);
	/* What the fault or the ask borrowed from the request goes now. */
	ex->fault.param = str_copy(&ex->arena, ex->fault.param);
}
