/*
 * gemini_decode.c - a generateContent answer as events.
 *
 * A stream is a row of whole documents, each with more parts; usage is
 * cumulative in all of them.  There is no terminal event: the end of the
 * bytes is one, once a candidate has its finishReason.  What code execution
 * and other tools of Google's own produce has no event and is left out.
 */
#include "dataplane/translate/gemini.h"

#include "common/arena.h"
#include "dataplane/translate/gemini_partial.h"
#include "dataplane/translate/tool_id.h"

#define CANDIDATES_MAX 8
#define COUNT_MAX (INT64_C(1) << 40)

struct candidate {
	size_t call_count;
	bool has_content;
	bool has_finished;
	struct gemini_partial *partial; /* a call told in pieces */
};

struct state {
	struct str id;
	struct candidate candidates[CANDIDATES_MAX];
	bool has_any;
};

static struct state *
state_of(struct decoder *d)
{
	if (d->state == NULL)
		d->state = arena_alloc(d->arena, sizeof(struct state));
	return d->state;
}

static int64_t
count_of(const struct tree *usage, const char *name)
{
	int64_t count = tree_int(tree_get(usage, name), 0);

	return count < 0 || count > COUNT_MAX ? 0 : count;
}

static void
read_usage(struct decoder *d, const struct tree *usage)
{
	struct tokens t = { .reported = true };

	if (tree_get(usage, "promptTokenCount") == NULL &&
	    tree_get(usage, "candidatesTokenCount") == NULL)
		return;
	t.input = count_of(usage, "promptTokenCount") +
	    count_of(usage, "toolUsePromptTokenCount");
	t.cached = i64_min(count_of(usage, "cachedContentTokenCount"), t.input);
	t.reasoning = count_of(usage, "thoughtsTokenCount");
	t.output = count_of(usage, "candidatesTokenCount") + t.reasoning;
	decoder_usage(d, &t);
}

static void
fail(struct decoder *d, enum failure_class class, struct str message,
    struct str code)
{
	decoder_fail(d,
	    &(struct failure){ .class = class,
		.message = str_copy(d->arena, message),
		.code = str_copy(d->arena, code),
		.retry_after_ms = -1 });
}

static void
begin_call(struct decoder *d, const struct tree *part, size_t index)
{
	struct state *state = state_of(d);
	const struct tree *call = tree_get(part, "functionCall");
	struct str name = tree_text(tree_get(call, "name"));
	struct str id = tree_text(tree_get(call, "id"));
	struct str signature = tree_text(tree_get(part, "thoughtSignature"));
	size_t number = state->candidates[index].call_count++;

	if (str_is_empty(id) || !str_is_empty(signature))
		id = tool_id_make(d->arena,
		    str_printf(d->arena, "%.*s/%zu/%.*s", STR_ARGS(state->id),
			index, STR_ARGS(name)),
		    number, signature);
	decoder_emit(d,
	    &(struct chat_event){ .kind = CHAT_EVENT_CALL,
		.choice = index,
		.call = number,
		.id = id,
		.name = name,
		.signature = signature });
}

static void
add_arguments(struct decoder *d, size_t index, struct str text)
{
	struct candidate *c = &state_of(d)->candidates[index];

	if (str_is_empty(text))
		return;
	decoder_emit(d,
	    &(struct chat_event){ .kind = CHAT_EVENT_ARGUMENTS,
		.choice = index,
		.call = c->call_count - 1,
		.text = text });
}

static void
end_partial(struct decoder *d, size_t index)
{
	struct candidate *c = &state_of(d)->candidates[index];

	if (c->partial == NULL)
		return;
	add_arguments(d, index, gemini_partial_json(c->partial));
	c->partial = NULL;
}

/* One whole call, or a piece of one whose arguments come by and by. */
static void
read_call(struct decoder *d, const struct tree *part, size_t index)
{
	struct candidate *c = &state_of(d)->candidates[index];
	const struct tree *call = tree_get(part, "functionCall");
	const struct tree *args = tree_get(call, "args");
	bool continues = tree_is_true(tree_get(call, "willContinue"));

	if (tree_text(tree_get(call, "name")).len > 0) {
		end_partial(d, index);
		begin_call(d, part, index);
		if (continues)
			c->partial = gemini_partial_new(d->arena);
	}
	if (c->call_count == 0)
		return;
	if (c->partial != NULL)
		gemini_partial_add(c->partial, tree_get(call, "partialArgs"));
	if (tree_is(args, TREE_OBJECT) && args->count > 0)
		add_arguments(d, index, args->raw);
	if (!continues)
		end_partial(d, index);
}

static void
read_part(struct decoder *d, const struct tree *part, size_t index)
{
	struct candidate *c = &state_of(d)->candidates[index];
	struct str text = tree_text(tree_get(part, "text"));
	bool is_thought = tree_is_true(tree_get(part, "thought"));

	if (text.len > 0 || tree_get(part, "functionCall") != NULL)
		c->has_content = true;
	decoder_text(d, is_thought ? CHAT_EVENT_REASONING : CHAT_EVENT_TEXT,
	    index, text);
	if (tree_is(tree_get(part, "functionCall"), TREE_OBJECT))
		read_call(d, part, index);
}

enum meaning {
	MEANS_STOP,
	MEANS_LENGTH,
	MEANS_FILTER,
	MEANS_BROKEN, /* the model's answer could not be used */
};

/* Numbers stand for words when enums are asked for as numbers. */
static const struct {
	const char *word;
	int64_t number;
	enum meaning meaning;
} reasons[] = {
	{ "STOP", 1, MEANS_STOP },
	{ "MAX_TOKENS", 2, MEANS_LENGTH },
	{ "SAFETY", 3, MEANS_FILTER },
	{ "RECITATION", 4, MEANS_FILTER },
	{ "OTHER", 5, MEANS_STOP },
	{ "LANGUAGE", 6, MEANS_FILTER },
	{ "BLOCKLIST", 7, MEANS_FILTER },
	{ "PROHIBITED_CONTENT", 8, MEANS_FILTER },
	{ "SPII", 9, MEANS_FILTER },
	{ "MALFORMED_FUNCTION_CALL", 10, MEANS_BROKEN },
	{ "IMAGE_SAFETY", 11, MEANS_FILTER },
	{ "UNEXPECTED_TOOL_CALL", 12, MEANS_BROKEN },
	{ "MODEL_ARMOR", -1, MEANS_FILTER },
};

static enum meaning
meaning_of(const struct tree *reason)
{
	int64_t number = tree_int(reason, 0);

	for (size_t i = 0; i < ARRAY_LEN(reasons); i++)
		if ((number > 0 && number == reasons[i].number) ||
		    str_eq(tree_text(reason), str_from(reasons[i].word)))
			return reasons[i].meaning;
	return MEANS_STOP;
}

static void
finish(struct decoder *d, const struct tree *candidate, size_t index)
{
	struct candidate *c = &state_of(d)->candidates[index];
	const struct tree *reason = tree_get(candidate, "finishReason");
	enum meaning meaning = meaning_of(reason);
	enum chat_stop stop = c->call_count > 0 ? STOP_CALLS : STOP_END;
	struct str message = tree_text(tree_get(candidate, "finishMessage"));

	end_partial(d, index);
	if (meaning == MEANS_BROKEN && !c->has_content) {
		fail(d, FAILURE_SERVER,
		    message.len > 0 ? message : tree_text(reason),
		    tree_text(reason));
		return;
	}
	if (meaning == MEANS_LENGTH)
		stop = STOP_LENGTH;
	if (meaning == MEANS_FILTER)
		stop = STOP_FILTER;
	c->has_finished = true;
	d->may_end = true;
	decoder_finish(d, index, stop);
}

/* FINISH_REASON_UNSPECIFIED, as 0, is no reason. */
static bool
is_reason(const struct tree *reason)
{
	return tree_text(reason).len > 0 || tree_int(reason, 0) > 0;
}

static void
read_candidate(struct decoder *d, const struct tree *candidate)
{
	struct state *state = state_of(d);
	int64_t index = tree_int(tree_get(candidate, "index"), 0);

	if (index < 0 || index >= CANDIDATES_MAX ||
	    state->candidates[index].has_finished)
		return;
	state->has_any = true;
	TREE_FOREACH(part, tree_path(candidate, "content.parts"))
	read_part(d, part, (size_t)index);
	if (is_reason(tree_get(candidate, "finishReason")))
		finish(d, candidate, (size_t)index);
}

static void
read_document(struct decoder *d, const struct tree *root)
{
	struct state *state = state_of(d);
	struct str block =
	    tree_text(tree_path(root, "promptFeedback.blockReason"));
	struct failure failure;

	if (tree_is(tree_get(root, "error"), TREE_OBJECT)) {
		gemini_read_error_tree(d->arena, 200, root, &failure);
		decoder_fail(d, &failure);
		return;
	}
	if (!d->started)
		state->id =
		    str_copy(d->arena, tree_text(tree_get(root, "responseId")));
	decoder_start(d, state->id, tree_text(tree_get(root, "modelVersion")));
	read_usage(d, tree_get(root, "usageMetadata"));
	TREE_FOREACH(candidate, tree_get(root, "candidates"))
	read_candidate(d, candidate);
	if (!state->has_any && block.len > 0)
		fail(d, FAILURE_CONTENT,
		    str_printf(d->arena, "the prompt was blocked: %.*s",
			STR_ARGS(block)),
		    block);
}

void
gemini_decode_event(struct decoder *d, struct str name, struct str data)
{
	const struct tree *root;

	(void)name;
	if (d->ended)
		return;
	root = decoder_parse(d, data);
	if (root != NULL)
		read_document(d, root);
}

void
gemini_decode_whole(struct decoder *d, struct str body)
{
	const struct tree *root = decoder_parse(d, body);

	if (root == NULL)
		return;
	read_document(d, root);
	if (d->ended)
		return;
	if (d->may_end)
		decoder_terminate(d);
	else
		fail(d, FAILURE_SERVER,
		    STR("the provider's answer has no finished candidate"),
		    STR(""));
}
