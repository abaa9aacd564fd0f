/*
 * openai_chat_encode.c - events as a Chat Completions answer.
 *
 * A stream is chunks of one id: the role first, every call's name before its
 * arguments, one chunk with the reason, the usage if it was asked for, and
 * [DONE].
 */
#include "dataplane/translate/openai_chat.h"

#include "common/arena.h"
#include "common/emit.h"

struct open_call {
	size_t choice;
	size_t call;
	bool has_arguments;
	struct open_call *next;
};

struct open_choice {
	size_t index;
	struct open_choice *next;
};

struct state {
	struct str id;
	struct open_choice *choices; /* whose role was sent */
	struct open_call *calls;
	struct tokens tokens;
	bool ended;
};

static struct state *
state_of(struct encoder *e)
{
	struct state *state = e->state;

	if (state == NULL) {
		e->state = state = arena_alloc(e->arena, sizeof(*state));
		state->id = encoder_id(e, "chatcmpl-");
	}
	return state;
}

/* STOP_REFUSAL comes from dialects that refuse by reason alone. */
static const char *
finish_word(enum chat_stop stop)
{
	static const char *const words[] = {
		[STOP_END] = "stop",
		[STOP_LENGTH] = "length",
		[STOP_SEQUENCE] = "stop",
		[STOP_CALLS] = "tool_calls",
		[STOP_FILTER] = "content_filter",
		[STOP_REFUSAL] = "content_filter",
	};

	return words[stop];
}

static void
write_head(struct encoder *e, struct emit *j, const char *object)
{
	emit_object_open(j);
	emit_field_str(j, "id", state_of(e)->id);
	emit_field_cstr(j, "object", object);
	emit_field_int(j, "created", e->created_s);
	emit_field_str(j, "model", e->plan.model);
	emit_key(j, "choices");
	emit_array_open(j);
}

static void
write_usage(struct emit *j, const struct tokens *t)
{
	emit_key(j, "usage");
	emit_object_open(j);
	emit_field_int(j, "prompt_tokens", t->input);
	emit_field_int(j, "completion_tokens", t->output);
	emit_field_int(j, "total_tokens", t->input + t->output);
	emit_key(j, "prompt_tokens_details");
	emit_object_open(j);
	emit_field_int(j, "cached_tokens", t->cached);
	emit_field_int(
	    j, "cache_write_tokens", t->cache_write_5m + t->cache_write_1h);
	emit_object_close(j);
	emit_key(j, "completion_tokens_details");
	emit_object_open(j);
	emit_field_int(j, "reasoning_tokens", t->reasoning);
	emit_object_close(j);
	emit_object_close(j);
}

static void
delta_open(struct encoder *e, struct emit *j, size_t choice)
{
	buf_add_cstr(e->out, "data: ");
	emit_init(j, e->out);
	write_head(e, j, "chat.completion.chunk");
	emit_object_open(j);
	emit_field_int(j, "index", (int64_t)choice);
	emit_key(j, "delta");
	emit_object_open(j);
}

static void
delta_close(struct encoder *e, struct emit *j, const char *finish)
{
	emit_object_close(j);
	emit_field_null(j, "logprobs");
	emit_field_cstr(j, "finish_reason", finish);
	emit_object_close(j);
	emit_array_close(j);
	if (e->plan.include_usage)
		emit_field_null(j, "usage");
	emit_object_close(j);
	buf_add_cstr(e->out, "\n\n");
}

static void
choice_open(struct encoder *e, size_t index)
{
	struct state *state = state_of(e);
	struct open_choice *choice = state->choices;
	struct emit j;

	while (choice != NULL && choice->index != index)
		choice = choice->next;
	if (choice != NULL)
		return;
	choice = arena_alloc(e->arena, sizeof(*choice));
	choice->index = index;
	choice->next = state->choices;
	state->choices = choice;

	delta_open(e, &j, index);
	emit_field_cstr(&j, "role", "assistant");
	emit_field_cstr(&j, "content", "");
	emit_field_null(&j, "refusal");
	delta_close(e, &j, NULL);
}

static void
encode_text(struct encoder *e, const struct chat_event *event, const char *key)
{
	struct emit j;

	delta_open(e, &j, event->choice);
	emit_field_str(&j, key, event->text);
	delta_close(e, &j, NULL);
}

static void
write_signature(struct emit *j, struct str signature)
{
	if (str_is_empty(signature))
		return;
	emit_key(j, "extra_content");
	emit_object_open(j);
	emit_key(j, "google");
	emit_object_open(j);
	emit_field_str(j, "thought_signature", signature);
	emit_object_close(j);
	emit_object_close(j);
}

static void
encode_call(struct encoder *e, const struct chat_event *event)
{
	struct state *state = state_of(e);
	struct open_call *call = arena_alloc(e->arena, sizeof(*call));
	struct emit j;

	call->choice = event->choice;
	call->call = event->call;
	call->next = state->calls;
	state->calls = call;

	delta_open(e, &j, event->choice);
	emit_key(&j, "tool_calls");
	emit_array_open(&j);
	emit_object_open(&j);
	emit_field_int(&j, "index", (int64_t)event->call);
	emit_field_str(&j, "id", event->id);
	emit_field_cstr(&j, "type", "function");
	emit_key(&j, "function");
	emit_object_open(&j);
	emit_field_str(&j, "name", event->name);
	emit_field_cstr(&j, "arguments", "");
	emit_object_close(&j);
	write_signature(&j, event->signature);
	emit_object_close(&j);
	emit_array_close(&j);
	delta_close(e, &j, NULL);
}

static void
encode_arguments(
    struct encoder *e, size_t choice, size_t number, struct str text)
{
	struct open_call *call = state_of(e)->calls;
	struct emit j;

	while (call != NULL && (call->choice != choice || call->call != number))
		call = call->next;
	if (call != NULL)
		call->has_arguments = true;

	delta_open(e, &j, choice);
	emit_key(&j, "tool_calls");
	emit_array_open(&j);
	emit_object_open(&j);
	emit_field_int(&j, "index", (int64_t)number);
	emit_key(&j, "function");
	emit_object_open(&j);
	emit_field_str(&j, "arguments", text);
	emit_object_close(&j);
	emit_object_close(&j);
	emit_array_close(&j);
	delta_close(e, &j, NULL);
}

/* A call without arguments has "{}". */
static void
encode_finish(struct encoder *e, const struct chat_event *event)
{
	struct emit j;

	for (struct open_call *c = state_of(e)->calls; c != NULL; c = c->next)
		if (c->choice == event->choice && !c->has_arguments)
			encode_arguments(e, c->choice, c->call, STR("{}"));
	delta_open(e, &j, event->choice);
	delta_close(e, &j, finish_word(event->stop));
}

static void
encode_end(struct encoder *e)
{
	struct state *state = state_of(e);
	struct emit j;

	if (state->ended)
		return;
	state->ended = true;
	if (e->plan.include_usage && state->tokens.reported) {
		buf_add_cstr(e->out, "data: ");
		emit_init(&j, e->out);
		write_head(e, &j, "chat.completion.chunk");
		emit_array_close(&j);
		write_usage(&j, &state->tokens);
		emit_object_close(&j);
		buf_add_cstr(e->out, "\n\n");
	}
	buf_add_cstr(e->out, "data: [DONE]\n\n");
}

void
openai_chat_encode_event(struct encoder *e, const struct chat_event *event)
{
	switch (event->kind) {
	case CHAT_EVENT_USAGE:
		state_of(e)->tokens = event->tokens;
		return;
	case CHAT_EVENT_END:
		encode_end(e);
		return;
	case CHAT_EVENT_SIGNATURE: /* has no place in this dialect */
	case CHAT_EVENT_FAILURE:   /* written by write_error */
		return;
	default:
		choice_open(e, event->choice);
	}
	if (event->kind == CHAT_EVENT_TEXT)
		encode_text(e, event, "content");
	else if (event->kind == CHAT_EVENT_REASONING)
		encode_text(e, event, "reasoning_content");
	else if (event->kind == CHAT_EVENT_REFUSAL)
		encode_text(e, event, "refusal");
	else if (event->kind == CHAT_EVENT_CALL)
		encode_call(e, event);
	else if (event->kind == CHAT_EVENT_ARGUMENTS)
		encode_arguments(e, event->choice, event->call, event->text);
	else if (event->kind == CHAT_EVENT_FINISH)
		encode_finish(e, event);
}

/* ---- one document ---- */

static bool
has_refused(const struct collected_choice *choice)
{
	const struct collected_part *part = choice->parts;

	while (part != NULL && part->kind != PART_REFUSAL)
		part = part->next;
	return part != NULL;
}

/* Null when there are none; thinking is left out then. */
static void
write_joined(struct encoder *e, struct emit *j, const char *key,
    const struct collected_choice *choice, enum chat_part_kind kind)
{
	struct str text = encoder_join(e, choice, kind);

	if (!str_is_empty(text) ||
	    (kind == PART_TEXT && !choice->has_calls && !has_refused(choice)))
		emit_field_str(j, key, text);
	else if (kind != PART_REASONING)
		emit_field_null(j, key);
}

static void
write_call(struct emit *j, const struct collected_part *part)
{
	struct str arguments = buf_str(&part->text);

	emit_object_open(j);
	emit_field_str(j, "id", part->id);
	emit_field_cstr(j, "type", "function");
	emit_key(j, "function");
	emit_object_open(j);
	emit_field_str(j, "name", part->name);
	emit_field_str(
	    j, "arguments", arguments.len > 0 ? arguments : STR("{}"));
	emit_object_close(j);
	write_signature(j, part->signature);
	emit_object_close(j);
}

static void
write_choice(
    struct encoder *e, struct emit *j, const struct collected_choice *choice)
{
	emit_object_open(j);
	emit_field_int(j, "index", (int64_t)choice->index);
	emit_key(j, "message");
	emit_object_open(j);
	emit_field_cstr(j, "role", "assistant");
	write_joined(e, j, "content", choice, PART_TEXT);
	write_joined(e, j, "refusal", choice, PART_REFUSAL);
	write_joined(e, j, "reasoning_content", choice, PART_REASONING);
	if (choice->has_calls) {
		emit_key(j, "tool_calls");
		emit_array_open(j);
		for (const struct collected_part *p = choice->parts; p != NULL;
		     p = p->next)
			if (p->kind == PART_CALL)
				write_call(j, p);
		emit_array_close(j);
	}
	emit_object_close(j);
	emit_field_null(j, "logprobs");
	emit_field_cstr(j, "finish_reason", finish_word(choice->stop));
	emit_object_close(j);
}

void
openai_chat_encode_whole(struct encoder *e)
{
	struct emit j;

	emit_init(&j, e->out);
	write_head(e, &j, "chat.completion");
	for (const struct collected_choice *c = e->choices; c != NULL;
	     c = c->next)
		write_choice(e, &j, c);
	emit_array_close(&j);
	if (e->tokens.reported)
		write_usage(&j, &e->tokens);
	emit_object_close(&j);
}
