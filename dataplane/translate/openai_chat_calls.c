/*
 * openai_chat_calls.c - see openai_chat_calls.h.
 *
 * A fragment belongs to the newest call of its index.  It begins a new call
 * when there is none, or when it brings a name and another id: some providers
 * count every call as index 0.
 */
#include "dataplane/translate/openai_chat_calls.h"

#include "common/arena.h"
#include "dataplane/translate/tool_id.h"
#include "dataplane/translate/tree.h"

struct openai_chat_call {
	size_t choice;
	int64_t index; /* the provider's; -1: none */
	size_t number; /* ours, within the choice */
	struct str id; /* the provider's, or empty */
	bool has_arguments;
	struct openai_chat_call *next; /* older */
};

bool
openai_chat_has_calls(const struct openai_chat_calls *calls, size_t choice)
{
	const struct openai_chat_call *call = calls->newest;

	while (call != NULL && call->choice != choice)
		call = call->next;
	return call != NULL;
}

static struct openai_chat_call *
find(const struct openai_chat_calls *calls, size_t choice, int64_t index)
{
	struct openai_chat_call *call = calls->newest;

	while (call != NULL &&
	    (call->choice != choice || (index >= 0 && call->index != index)))
		call = call->next;
	return call;
}

static bool
begins_another(
    const struct openai_chat_call *call, struct str id, struct str name)
{
	return call == NULL ||
	    (name.len > 0 && id.len > 0 && !str_eq(call->id, id));
}

/* Without an index and an id, a second name is a second call. */
static bool
is_second_name(const struct openai_chat_call *call, int64_t index,
    struct str id, struct str name)
{
	return index < 0 && id.len == 0 && name.len > 0 && call->has_arguments;
}

static struct openai_chat_call *
begin(struct decoder *d, struct openai_chat_calls *calls, size_t choice,
    int64_t index)
{
	struct openai_chat_call *before = find(calls, choice, -1);
	struct openai_chat_call *call = arena_alloc(d->arena, sizeof(*call));

	call->choice = choice;
	call->index = index;
	call->number = before == NULL ? 0 : before->number + 1;
	call->next = calls->newest;
	calls->newest = call;
	return call;
}

static void
announce(struct decoder *d, const struct openai_chat_call *call,
    struct str origin, const struct tree *json)
{
	struct str name = tree_text(tree_path(json, "function.name"));
	struct str signature = tree_text(
	    tree_path(json, "extra_content.google.thought_signature"));
	struct str id = call->id;

	if (str_is_empty(id))
		id = tool_id_make(d->arena,
		    str_printf(d->arena, "%.*s/%zu/%.*s", STR_ARGS(origin),
			call->choice, STR_ARGS(name)),
		    call->number, signature);
	decoder_emit(d,
	    &(struct chat_event){ .kind = CHAT_EVENT_CALL,
		.choice = call->choice,
		.call = call->number,
		.id = id,
		.name = name,
		.signature = signature });
}

/* Leading blanks (Ark) and a null (for no arguments) are not passed on. */
static void
add_arguments(struct decoder *d, struct openai_chat_call *call, struct str text)
{
	if (!call->has_arguments) {
		while (text.len > 0 && (*text.ptr == ' ' || *text.ptr == '\n'))
			text = str_skip(text, 1);
		if (str_eq(text, STR("null")))
			return;
	}
	if (str_is_empty(text))
		return;
	call->has_arguments = true;
	decoder_emit(d,
	    &(struct chat_event){ .kind = CHAT_EVENT_ARGUMENTS,
		.choice = call->choice,
		.call = call->number,
		.text = text });
}

void
openai_chat_read_call(struct decoder *d, struct openai_chat_calls *calls,
    size_t choice, const struct tree *json)
{
	int64_t index = tree_int(tree_get(json, "index"), -1);
	struct str id = tree_text(tree_get(json, "id"));
	struct str name = tree_text(tree_path(json, "function.name"));
	const struct tree *arguments = tree_path(json, "function.arguments");
	struct openai_chat_call *call = find(calls, choice, index);

	if (call == NULL && str_is_empty(name))
		call = find(calls, choice, -1);
	if (call == NULL && str_is_empty(name))
		return;
	if (calls->whole || begins_another(call, id, name) ||
	    is_second_name(call, index, id, name)) {
		call = begin(d, calls, choice, index);
		call->id = str_copy(d->arena, id);
		announce(d, call, calls->origin, json);
	}
	add_arguments(d, call,
	    tree_is(arguments, TREE_OBJECT) ? arguments->raw
					    : tree_text(arguments));
}
