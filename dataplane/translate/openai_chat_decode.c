/*
 * openai_chat_decode.c - a Chat Completions answer as events.
 *
 * Streamed or whole, an answer is choices that hold a delta or a message of
 * the same members, so one reader serves both.  What the many compatible
 * providers do differently is listed where it is read.
 */
#include "dataplane/translate/openai_chat.h"

#include "common/arena.h"
#include "dataplane/translate/openai_chat_calls.h"
#include "dataplane/translate/usage.h"

#define CHOICES_MAX 128

struct state {
	struct openai_chat_calls calls;
	bool has_choice[CHOICES_MAX];
	bool has_finished[CHOICES_MAX];
	bool has_refused[CHOICES_MAX];
};

static struct state *
state_of(struct decoder *d)
{
	if (d->state == NULL)
		d->state = arena_alloc(d->arena, sizeof(struct state));
	return d->state;
}

/* Some chunks hold no usage, null or an empty object: nothing was counted. */
static void
read_usage(struct decoder *d, const struct tree *usage)
{
	struct tokens tokens = { .reported = false };

	usage_read_openai(usage, d->quirks, &tokens);
	if (tokens.reported)
		decoder_usage(d, &tokens);
}

/* Mistral's list: text, and thinking with a list of its own. */
static void
read_content_list(struct decoder *d, const struct tree *list, size_t choice)
{
	TREE_FOREACH(part, list)
	{
		decoder_text(d, CHAT_EVENT_TEXT, choice,
		    tree_text(tree_get(part, "text")));
		TREE_FOREACH(thought, tree_get(part, "thinking"))
		decoder_text(d, CHAT_EVENT_REASONING, choice,
		    tree_text(tree_get(thought, "text")));
	}
}

/* The same thought may come under several names at once: the first counts. */
static void
read_reasoning(struct decoder *d, const struct tree *delta, size_t choice)
{
	struct str text = tree_text(tree_get(delta, "reasoning_content"));

	if (str_is_empty(text))
		text = tree_text(tree_get(delta, "reasoning"));
	if (!str_is_empty(text)) {
		decoder_text(d, CHAT_EVENT_REASONING, choice, text);
		return;
	}
	TREE_FOREACH(detail, tree_get(delta, "reasoning_details"))
	{
		decoder_text(d, CHAT_EVENT_REASONING, choice,
		    tree_text(tree_get(detail, "text")));
		decoder_text(d, CHAT_EVENT_REASONING, choice,
		    tree_text(tree_get(detail, "summary")));
	}
}

static void
read_delta(struct decoder *d, const struct tree *delta, size_t choice)
{
	struct state *state = state_of(d);
	const struct tree *content = tree_get(delta, "content");
	struct str refusal = tree_text(tree_get(delta, "refusal"));

	read_reasoning(d, delta, choice);
	if (tree_is(content, TREE_ARRAY))
		read_content_list(d, content, choice);
	decoder_text(d, CHAT_EVENT_TEXT, choice, tree_text(content));
	if (!str_is_empty(refusal))
		state->has_refused[choice] = true;
	decoder_text(d, CHAT_EVENT_REFUSAL, choice, refusal);
	TREE_FOREACH(call, tree_get(delta, "tool_calls"))
	openai_chat_read_call(d, &state->calls, choice, call);
}

/* Calls decide, not the word: a forced call ends with "stop" at OpenAI. */
static void
finish(struct decoder *d, size_t choice, struct str word)
{
	struct state *state = state_of(d);
	enum chat_stop stop = STOP_END;

	if (state->has_finished[choice])
		return;
	state->has_finished[choice] = true;
	if (openai_chat_has_calls(&state->calls, choice))
		stop = STOP_CALLS;
	else if (state->has_refused[choice])
		stop = STOP_REFUSAL;
	if (str_eq(word, STR("length")) || str_eq(word, STR("model_length")))
		stop = STOP_LENGTH;
	if (str_eq(word, STR("content_filter")))
		stop = STOP_FILTER;
	d->may_end = true;
	decoder_finish(d, choice, stop);
}

static void
fail(struct decoder *d, struct str message)
{
	decoder_fail(d,
	    &(struct failure){ .class = FAILURE_SERVER,
		.message = message,
		.retry_after_ms = -1 });
}

/* Perplexity sends both a message and a delta: the one that was asked for. */
static void
read_choice(struct decoder *d, const struct tree *choice)
{
	struct state *state = state_of(d);
	const struct tree *delta =
	    tree_get(choice, state->calls.whole ? "message" : "delta");
	struct str word = tree_text(tree_get(choice, "finish_reason"));
	int64_t index = tree_int(tree_get(choice, "index"), 0);

	if (index < 0 || index >= CHOICES_MAX || state->has_finished[index])
		return;
	state->has_choice[index] = true;
	read_delta(d, delta, (size_t)index);

	if (str_eq(word, STR("error")))
		fail(d, STR("the provider ended its answer with an error"));
	else if (!str_is_empty(word))
		finish(d, (size_t)index, word);
}

static bool
is_error(const struct tree *root, struct str name)
{
	const struct tree *error = tree_get(root, "error");

	if (str_eq(name, STR("error")))
		return true;
	return error != NULL && !tree_is(error, TREE_NULL);
}

/* Returns false when there is nothing more to read in this document. */
static bool
read_document(struct decoder *d, const struct tree *root, struct str name)
{
	struct state *state = state_of(d);
	const struct tree *usage = tree_get(root, "usage");
	struct failure failure;

	if (is_error(root, name)) {
		read_usage(d, usage);
		openai_chat_read_error_tree(d->arena, 200, root, &failure);
		decoder_fail(d, &failure);
		return false;
	}
	if (str_is_empty(state->calls.origin))
		state->calls.origin =
		    str_copy(d->arena, tree_text(tree_get(root, "id")));
	decoder_start(d, tree_text(tree_get(root, "id")),
	    tree_text(tree_get(root, "model")));
	TREE_FOREACH(choice, tree_get(root, "choices"))
	read_choice(d, choice);
	if (!tree_is(usage, TREE_OBJECT))
		usage = tree_path(root, "x_groq.usage");
	read_usage(d, usage);
	return true;
}

/* Choices without a reason end with their stream (Snowflake says ""). */
static bool
finish_all(struct decoder *d)
{
	struct state *state = state_of(d);
	bool has_any = false;

	for (size_t i = 0; i < CHOICES_MAX; i++)
		if (state->has_choice[i]) {
			finish(d, i, STR(""));
			has_any = true;
		}
	return has_any;
}

void
openai_chat_decode_event(struct decoder *d, struct str name, struct str data)
{
	const struct tree *root;

	if (d->ended)
		return;
	if (str_eq(str_trim(data), STR("[DONE]"))) {
		if (finish_all(d))
			decoder_terminate(d);
		else
			fail(d, STR("the provider's answer is empty"));
		return;
	}
	root = decoder_parse(d, data);
	if (root != NULL)
		read_document(d, root, name);
}

void
openai_chat_decode_whole(struct decoder *d, struct str body)
{
	const struct tree *root = decoder_parse(d, body);

	state_of(d)->calls.whole = true;
	if (root == NULL || !read_document(d, root, STR("")) || d->ended)
		return;
	if (finish_all(d))
		decoder_terminate(d);
	else
		fail(d, STR("the provider's answer has no choices"));
}
