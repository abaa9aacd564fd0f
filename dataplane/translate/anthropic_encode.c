/*
 * anthropic_encode.c - events as a stream of Messages events.
 *
 * One block is open at a time.  A block that is text closes when something
 * else comes; a call closes when its arguments are one JSON object.  What
 * comes for another block before that is held, and taken up in order when
 * the call is complete, so fragments of parallel calls never mix.
 */
#include "dataplane/translate/anthropic.h"

#include "common/arena.h"

enum block {
	BLOCK_NONE,
	BLOCK_TEXT,
	BLOCK_THINKING,
	BLOCK_CALL,
};

struct held_event {
	struct chat_event event;
	struct held_event *next;
};

struct state {
	enum block block;
	int64_t index; /* of the open block */
	size_t call;   /* within it */
	bool has_arguments;
	bool in_string; /* of the call's JSON */
	bool in_escape;
	int64_t depth;
	struct held_event *held;
	struct held_event **held_end;
	struct tokens tokens;
	enum chat_stop stop;
	bool has_begun;
	bool has_ended;
};

static void encode_content(struct encoder *, const struct chat_event *);

static struct state *
state_of(struct encoder *e)
{
	struct state *state = e->state;

	if (state == NULL) {
		e->state = state = arena_alloc(e->arena, sizeof(*state));
		state->index = -1;
		state->held_end = &state->held;
	}
	return state;
}

static void
event_open(struct encoder *e, struct emit *j, const char *type)
{
	buf_printf(e->out, "event: %s\ndata: ", type);
	emit_init(j, e->out);
	emit_object_open(j);
	emit_field_cstr(j, "type", type);
}

static void
event_close(struct encoder *e, struct emit *j)
{
	emit_object_close(j);
	buf_add_cstr(e->out, "\n\n");
}

/* Comes with the first content, when some providers know the input's size. */
static void
encode_start(struct encoder *e)
{
	struct state *state = state_of(e);
	struct emit j;

	if (state->has_begun)
		return;
	state->has_begun = true;
	event_open(e, &j, "message_start");
	emit_key(&j, "message");
	emit_object_open(&j);
	emit_field_str(&j, "id", encoder_id(e, "msg_"));
	emit_field_cstr(&j, "type", "message");
	emit_field_cstr(&j, "role", "assistant");
	emit_field_str(&j, "model", e->plan.model);
	emit_key(&j, "content");
	emit_array_open(&j);
	emit_array_close(&j);
	emit_field_null(&j, "stop_reason");
	emit_field_null(&j, "stop_sequence");
	anthropic_write_usage(&j, &state->tokens);
	emit_object_close(&j);
	event_close(e, &j);
}

static void
delta_open(struct encoder *e, struct emit *j, const char *type)
{
	event_open(e, j, "content_block_delta");
	emit_field_int(j, "index", state_of(e)->index);
	emit_key(j, "delta");
	emit_object_open(j);
	emit_field_cstr(j, "type", type);
}

static void
delta_close(struct encoder *e, struct emit *j)
{
	emit_object_close(j);
	event_close(e, j);
}

static void
encode_delta(
    struct encoder *e, const char *type, const char *key, struct str text)
{
	struct emit j;

	delta_open(e, &j, type);
	emit_field_str(&j, key, text);
	delta_close(e, &j);
}

static void
block_close(struct encoder *e)
{
	struct state *state = state_of(e);
	struct emit j;

	if (state->block == BLOCK_NONE)
		return;
	if (state->block == BLOCK_CALL && !state->has_arguments)
		encode_delta(e, "input_json_delta", "partial_json", STR("{}"));
	event_open(e, &j, "content_block_stop");
	emit_field_int(&j, "index", state->index);
	event_close(e, &j);
	state->block = BLOCK_NONE;
}

static void
block_open(struct encoder *e, struct emit *j, enum block block)
{
	struct state *state = state_of(e);

	state->block = block;
	state->index++;
	event_open(e, j, "content_block_start");
	emit_field_int(j, "index", state->index);
	emit_key(j, "content_block");
	emit_object_open(j);
}

static void
block_opened(struct encoder *e, struct emit *j)
{
	emit_object_close(j);
	event_close(e, j);
}

static void
encode_text(struct encoder *e, struct str text)
{
	struct emit j;

	if (state_of(e)->block != BLOCK_TEXT) {
		block_close(e);
		block_open(e, &j, BLOCK_TEXT);
		emit_field_cstr(&j, "type", "text");
		emit_field_cstr(&j, "text", "");
		block_opened(e, &j);
	}
	encode_delta(e, "text_delta", "text", text);
}

static void
thinking_open(struct encoder *e)
{
	struct emit j;

	if (state_of(e)->block == BLOCK_THINKING)
		return;
	block_close(e);
	block_open(e, &j, BLOCK_THINKING);
	emit_field_cstr(&j, "type", "thinking");
	emit_field_cstr(&j, "thinking", "");
	emit_field_cstr(&j, "signature", "");
	block_opened(e, &j);
}

static void
encode_call(struct encoder *e, const struct chat_event *event)
{
	struct state *state = state_of(e);
	struct emit j;

	block_close(e);
	state->call = event->call;
	state->has_arguments = false;
	state->in_string = false;
	state->in_escape = false;
	state->depth = 0;
	block_open(e, &j, BLOCK_CALL);
	emit_field_cstr(&j, "type", "tool_use");
	emit_field_str(&j, "id", event->id);
	emit_field_str(&j, "name", event->name);
	emit_key(&j, "input");
	emit_object_open(&j);
	emit_object_close(&j);
	block_opened(e, &j);
}

/* Follows strings and brackets, no more: is the JSON so far complete? */
static void
follow_json(struct state *state, struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];

		if (state->in_escape)
			state->in_escape = false;
		else if (state->in_string && c == '\\')
			state->in_escape = true;
		else if (c == '"')
			state->in_string = !state->in_string;
		else if (!state->in_string && (c == '{' || c == '['))
			state->depth++;
		else if (!state->in_string && (c == '}' || c == ']'))
			state->depth--;
	}
}

static bool
is_complete(const struct state *state)
{
	return state->has_arguments && state->depth <= 0 && !state->in_string;
}

static void
encode_arguments(struct encoder *e, const struct chat_event *event)
{
	struct state *state = state_of(e);

	if (state->block != BLOCK_CALL || state->call != event->call)
		return; /* behind the end of its own object */
	state->has_arguments = true;
	follow_json(state, event->text);
	encode_delta(e, "input_json_delta", "partial_json", event->text);
}

/* Must the event wait until the open call is complete? */
static bool
must_wait(const struct state *state, const struct chat_event *event)
{
	if (state->block != BLOCK_CALL)
		return false;
	if (event->kind == CHAT_EVENT_ARGUMENTS && event->call == state->call)
		return false;
	return !is_complete(state);
}

static void
hold(struct encoder *e, const struct chat_event *event)
{
	struct state *state = state_of(e);
	struct held_event *held = arena_alloc(e->arena, sizeof(*held));

	held->event = *event;
	held->event.text = str_copy(e->arena, event->text);
	held->event.id = str_copy(e->arena, event->id);
	held->event.name = str_copy(e->arena, event->name);
	*state->held_end = held;
	state->held_end = &held->next;
}

/* Those that still must wait are held again, in order. */
static void
release_held(struct encoder *e)
{
	struct state *state = state_of(e);
	struct held_event *held = state->held;

	state->held = NULL;
	state->held_end = &state->held;
	for (; held != NULL; held = held->next)
		encode_content(e, &held->event);
}

static void
encode_content(struct encoder *e, const struct chat_event *event)
{
	if (must_wait(state_of(e), event)) {
		hold(e, event);
		return;
	}
	switch (event->kind) {
	case CHAT_EVENT_TEXT:
	case CHAT_EVENT_REFUSAL:
		encode_text(e, event->text);
		break;
	case CHAT_EVENT_REASONING:
		thinking_open(e);
		encode_delta(e, "thinking_delta", "thinking", event->text);
		break;
	case CHAT_EVENT_SIGNATURE:
		thinking_open(e);
		encode_delta(e, "signature_delta", "signature", event->text);
		break;
	case CHAT_EVENT_CALL:
		encode_call(e, event);
		break;
	case CHAT_EVENT_ARGUMENTS:
		encode_arguments(e, event);
		break;
	default:
		break;
	}
}

/* Nothing more comes for any call: complete or not, each has its block. */
static void
close_all(struct encoder *e)
{
	block_close(e);
	while (state_of(e)->held != NULL) {
		release_held(e);
		block_close(e);
	}
}

static void
encode_end(struct encoder *e)
{
	struct state *state = state_of(e);
	struct emit j;

	if (state->has_ended)
		return;
	state->has_ended = true;
	encode_start(e);
	close_all(e);
	event_open(e, &j, "message_delta");
	emit_key(&j, "delta");
	emit_object_open(&j);
	emit_field_cstr(&j, "stop_reason", anthropic_stop_word(state->stop));
	emit_field_null(&j, "stop_sequence");
	emit_object_close(&j);
	anthropic_write_usage(&j, &state->tokens);
	event_close(e, &j);
	event_open(e, &j, "message_stop");
	event_close(e, &j);
}

/* The dialect knows one choice only. */
void
anthropic_encode_event(struct encoder *e, const struct chat_event *event)
{
	struct state *state = state_of(e);

	if (event->choice != 0)
		return;
	switch (event->kind) {
	case CHAT_EVENT_START: /* waits for content: see encode_start */
		break;
	case CHAT_EVENT_USAGE:
		state->tokens = event->tokens;
		break;
	case CHAT_EVENT_FINISH:
		state->stop = event->stop;
		break;
	case CHAT_EVENT_END:
		encode_end(e);
		break;
	case CHAT_EVENT_FAILURE: /* written by write_error */
		break;
	default:
		encode_start(e);
		encode_content(e, event);
		while (state->held != NULL && is_complete(state))
			release_held(e);
	}
}
