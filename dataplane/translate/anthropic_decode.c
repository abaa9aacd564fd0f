/*
 * anthropic_decode.c - a Messages answer as events.
 *
 * Blocks that only Anthropic's own clients understand (its server's tools,
 * hidden thinking) have no events: on such a way they are left out.
 */
#include "dataplane/translate/anthropic.h"

#include "common/arena.h"
#include "dataplane/translate/tool_id.h"
#include "dataplane/translate/usage.h"

/* Of a tool_use block; the newest comes first. */
struct open_call {
	int64_t index; /* of its block */
	size_t number;
	struct str input; /* told at its start */
	bool has_arguments;
	struct open_call *next;
};

struct state {
	struct open_call *calls;
	struct tokens tokens;
	bool has_finished;
};

static struct state *
state_of(struct decoder *d)
{
	if (d->state == NULL)
		d->state = arena_alloc(d->arena, sizeof(struct state));
	return d->state;
}

static void
read_usage(struct decoder *d, const struct tree *usage)
{
	struct state *state = state_of(d);

	if (!tree_is(usage, TREE_OBJECT))
		return;
	usage_read_anthropic(usage, &state->tokens);
	decoder_usage(d, &state->tokens);
}

static enum chat_stop
stop_of(struct str word)
{
	static const struct {
		const char *word;
		enum chat_stop stop;
	} stops[] = {
		{ "max_tokens", STOP_LENGTH },
		{ "model_context_window_exceeded", STOP_LENGTH },
		{ "stop_sequence", STOP_SEQUENCE },
		{ "tool_use", STOP_CALLS },
		{ "refusal", STOP_REFUSAL },
	};

	for (size_t i = 0; i < ARRAY_LEN(stops); i++)
		if (str_eq(word, str_from(stops[i].word)))
			return stops[i].stop;
	return STOP_END;
}

static void
finish(struct decoder *d, struct str word)
{
	struct state *state = state_of(d);
	enum chat_stop stop = stop_of(word);

	if (state->has_finished)
		return;
	state->has_finished = true;
	if (stop == STOP_END && state->calls != NULL)
		stop = STOP_CALLS;
	if (stop == STOP_CALLS && state->calls == NULL)
		stop = STOP_END;
	decoder_finish(d, 0, stop);
}

static void
add_arguments(struct decoder *d, struct open_call *call, struct str text)
{
	if (str_is_empty(text))
		return;
	call->has_arguments = true;
	decoder_emit(d,
	    &(struct chat_event){ .kind = CHAT_EVENT_ARGUMENTS,
		.call = call->number,
		.text = text });
}

static void
begin_call(struct decoder *d, const struct tree *block, int64_t index)
{
	struct state *state = state_of(d);
	struct open_call *call = arena_alloc(d->arena, sizeof(*call));
	const struct tree *input = tree_get(block, "input");
	struct str name = tree_text(tree_get(block, "name"));
	struct str id = tree_text(tree_get(block, "id"));

	call->index = index;
	call->number = state->calls == NULL ? 0 : state->calls->number + 1;
	if (tree_is(input, TREE_OBJECT) && input->count > 0)
		call->input = str_copy(d->arena, input->raw);
	call->next = state->calls;
	state->calls = call;
	if (str_is_empty(id))
		id = tool_id_make(d->arena, name, call->number, STR(""));
	decoder_emit(d,
	    &(struct chat_event){ .kind = CHAT_EVENT_CALL,
		.call = call->number,
		.id = id,
		.name = name });
}

static void
begin_block(struct decoder *d, const struct tree *block, int64_t index)
{
	struct str type = tree_text(tree_get(block, "type"));

	if (str_eq(type, STR("tool_use")))
		begin_call(d, block, index);
	else if (str_eq(type, STR("text")))
		decoder_text(
		    d, CHAT_EVENT_TEXT, 0, tree_text(tree_get(block, "text")));
	else if (str_eq(type, STR("thinking"))) {
		decoder_text(d, CHAT_EVENT_REASONING, 0,
		    tree_text(tree_get(block, "thinking")));
		decoder_text(d, CHAT_EVENT_SIGNATURE, 0,
		    tree_text(tree_get(block, "signature")));
	}
}

static struct open_call *
call_at(struct decoder *d, int64_t index)
{
	struct open_call *call = state_of(d)->calls;

	while (call != NULL && call->index != index)
		call = call->next;
	return call;
}

/* Some providers tell the input at once and send no fragments. */
static void
end_block(struct decoder *d, int64_t index)
{
	struct open_call *call = call_at(d, index);

	if (call != NULL && !call->has_arguments)
		add_arguments(d, call, call->input);
}

static void
read_delta(struct decoder *d, const struct tree *delta, int64_t index)
{
	struct str type = tree_text(tree_get(delta, "type"));
	struct open_call *call = call_at(d, index);

	if (str_eq(type, STR("text_delta")))
		decoder_text(
		    d, CHAT_EVENT_TEXT, 0, tree_text(tree_get(delta, "text")));
	else if (str_eq(type, STR("thinking_delta")))
		decoder_text(d, CHAT_EVENT_REASONING, 0,
		    tree_text(tree_get(delta, "thinking")));
	else if (str_eq(type, STR("signature_delta")))
		decoder_text(d, CHAT_EVENT_SIGNATURE, 0,
		    tree_text(tree_get(delta, "signature")));
	else if (str_eq(type, STR("input_json_delta")) && call != NULL)
		add_arguments(
		    d, call, tree_text(tree_get(delta, "partial_json")));
}

static void
fail(struct decoder *d, const struct tree *root)
{
	struct failure failure;

	anthropic_read_error_tree(d->arena, 200, root, &failure);
	decoder_fail(d, &failure);
}

static void
read_start(struct decoder *d, const struct tree *message)
{
	decoder_start(d, tree_text(tree_get(message, "id")),
	    tree_text(tree_get(message, "model")));
	read_usage(d, tree_get(message, "usage"));
}

static void
read_event(struct decoder *d, const struct tree *root)
{
	struct str type = tree_text(tree_get(root, "type"));
	int64_t index = tree_int(tree_get(root, "index"), -1);
	const struct tree *delta = tree_get(root, "delta");
	struct str stop = tree_text(tree_get(delta, "stop_reason"));

	if (str_eq(type, STR("message_start"))) {
		read_start(d, tree_get(root, "message"));
	} else if (str_eq(type, STR("content_block_start"))) {
		begin_block(d, tree_get(root, "content_block"), index);
	} else if (str_eq(type, STR("content_block_delta"))) {
		read_delta(d, delta, index);
	} else if (str_eq(type, STR("content_block_stop"))) {
		end_block(d, index);
	} else if (str_eq(type, STR("message_delta"))) {
		read_usage(d, tree_get(root, "usage"));
		if (!str_is_empty(stop))
			finish(d, stop);
	} else if (str_eq(type, STR("message_stop"))) {
		finish(d, STR("end_turn"));
		decoder_terminate(d);
	} else if (str_eq(type, STR("error"))) {
		fail(d, root);
	}
}

void
anthropic_decode_event(struct decoder *d, struct str name, struct str data)
{
	const struct tree *root;

	if (d->ended || str_eq(name, STR("ping")))
		return;
	root = decoder_parse(d, data);
	if (root != NULL)
		read_event(d, root);
}

void
anthropic_decode_whole(struct decoder *d, struct str body)
{
	const struct tree *root = decoder_parse(d, body);
	const struct tree *content = tree_get(root, "content");
	int64_t index = 0;

	if (root == NULL)
		return;
	if (!tree_is(content, TREE_ARRAY)) {
		fail(d, root);
		return;
	}
	read_start(d, root);
	TREE_FOREACH(block, content)
	{
		begin_block(d, block, index);
		end_block(d, index++);
	}
	finish(d, tree_text(tree_get(root, "stop_reason")));
	decoder_terminate(d);
}
