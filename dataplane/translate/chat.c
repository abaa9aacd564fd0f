/*
 * chat.c - see chat.h: what holds of a conversation in any dialect.
 */
#include "dataplane/translate/chat.h"

#include "common/base.h"
#include "common/buf.h"
#include "common/emit.h"
#include "common/map.h"
#include "dataplane/translate/scan.h"

static const struct effort {
	const char *word;
	int64_t budget; /* tokens of thinking */
} efforts[] = {
	[EFFORT_UNSAID] = { NULL, 0 },
	[EFFORT_NONE] = { "none", 0 },
	[EFFORT_MINIMAL] = { "minimal", 1024 },
	[EFFORT_LOW] = { "low", 2048 },
	[EFFORT_MEDIUM] = { "medium", 8192 },
	[EFFORT_HIGH] = { "high", 16384 },
	[EFFORT_XHIGH] = { "xhigh", 24576 },
	[EFFORT_MAX] = { "max", 32768 },
	[EFFORT_AUTO] = { "auto", 8192 },
};

void
chat_init(struct chat *chat)
{
	*chat = (struct chat){
		.max_tokens = -1,
		.choices = 1,
		.thinking_budget = -1,
	};
}

const struct chat_option *
chat_option_get(const struct chat *chat, const char *name)
{
	const struct chat_option *option = chat->options;

	while (option != NULL &&
	    (option->foreign || !str_eq(option->name, str_from(name))))
		option = option->next;
	return option;
}

/* Ids may come again in later turns: the latest call of that id is meant. */
static bool
result_pair(const struct map *calls, struct chat_part *result)
{
	struct chat_part *call = map_get(calls, result->id);

	if (call == NULL || call->answer != NULL)
		return false;
	call->answer = result;
	result->name = call->name;
	return true;
}

enum status
chat_pair_results(struct chat *chat, struct chat_part **out_part)
{
	CLEANUP(map_done) struct map calls;

	map_init(&calls);
	for (struct chat_message *m = chat->messages; m != NULL; m = m->next)
		for (struct chat_part *p = m->parts; p != NULL; p = p->next) {
			if (p->kind == PART_CALL)
				map_put(&calls, p->id, p);
			if (p->kind != PART_RESULT || result_pair(&calls, p))
				continue;
			*out_part = p;
			return E_INVALID;
		}
	return OK;
}

const struct chat_message *
chat_turn_end(const struct chat_message *first)
{
	bool is_assistant = first->role == CHAT_ASSISTANT;
	const struct chat_message *m = first;

	while (m != NULL &&
	    (m->role == CHAT_SYSTEM ||
		(m->role == CHAT_ASSISTANT) == is_assistant))
		m = m->next;
	return m;
}

struct str
chat_arguments(struct arena *arena, struct str json)
{
	CLEANUP(buf_done) struct buf wrapped;
	struct str text = str_trim(json);
	struct emit emit;

	buf_init(&wrapped, 8 * json.len + 64);
	if (str_is_empty(text) || str_eq(text, STR("null")))
		return STR("{}");
	if (scan_value(text, NULL) == OK && scan_is_object(text))
		return text;

	emit_init(&emit, &wrapped);
	emit_object_open(&emit);
	emit_field_str(&emit, "invalid_json", json);
	emit_object_close(&emit);
	return str_copy(arena, buf_str(&wrapped));
}

int64_t
chat_effort_budget(enum chat_effort effort)
{
	return efforts[effort].budget;
}

enum chat_effort
chat_budget_effort(int64_t budget)
{
	enum chat_effort effort = EFFORT_LOW;

	while (effort < EFFORT_HIGH && budget > efforts[effort].budget)
		effort++;
	return effort;
}

enum chat_effort
chat_effort_parse(struct str word)
{
	for (size_t i = EFFORT_NONE; i < ARRAY_LEN(efforts); i++)
		if (str_eq(word, str_from(efforts[i].word)))
			return (enum chat_effort)i;
	return EFFORT_UNSAID;
}

const char *
chat_effort_word(enum chat_effort effort)
{
	return efforts[effort].word;
}
