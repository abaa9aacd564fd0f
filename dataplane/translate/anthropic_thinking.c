/*
 * anthropic_thinking.c - how much a model of Anthropic's is to think, and
 * what of its tokens that takes.
 *
 * Newer models decide themselves within an effort; older ones want a budget,
 * which must be at least 1,024 and less than max_tokens; the oldest do not
 * think.  A forced tool choice rules thinking out, and so does a history
 * that ends in tool calls without signed thinking, where a budget is wanted.
 */
#include "dataplane/translate/anthropic.h"

/* When the client does not say how long an answer may be. */
#define DEFAULT_MAX_TOKENS 4096
#define BUDGET_MIN 1024

enum manner {
	THINKS_NOT,
	THINKS_BUDGET,
	THINKS_ADAPTIVE,
};

/* The first prefix that fits; what is not Claude at all gets a budget. */
static const struct {
	const char *prefix;
	enum manner manner;
} models[] = {
	{ "claude-3-7", THINKS_BUDGET },
	{ "claude-sonnet-4-5", THINKS_BUDGET },
	{ "claude-sonnet-4-0", THINKS_BUDGET },
	{ "claude-sonnet-4-2", THINKS_BUDGET },
	{ "claude-opus-4-0", THINKS_BUDGET },
	{ "claude-opus-4-1", THINKS_BUDGET },
	{ "claude-opus-4-2", THINKS_BUDGET },
	{ "claude-opus-4-5", THINKS_BUDGET },
	{ "claude-haiku-4-5", THINKS_BUDGET },
	{ "claude-3", THINKS_NOT },
	{ "claude-2", THINKS_NOT },
	{ "claude-instant", THINKS_NOT },
	{ "claude", THINKS_ADAPTIVE },
	{ "", THINKS_BUDGET },
};

static enum manner
manner_of(const struct chat_writer *w)
{
	size_t i = 0;

	while (!str_has_prefix(w->model, str_from(models[i].prefix)))
		i++;
	return models[i].manner;
}

/* Is the model in the middle of a turn that it began without thinking? */
static bool
ends_in_results(const struct chat *chat)
{
	const struct chat_message *last = chat->messages;

	while (last->next != NULL)
		last = last->next;
	return last->parts != NULL && last->parts->kind == PART_RESULT;
}

static int64_t
wanted_budget(const struct chat *chat)
{
	int64_t budget = chat->thinking_budget;

	if (budget < 0)
		budget = chat_effort_budget(chat->effort);
	return i64_max(budget, BUDGET_MIN);
}

int64_t
anthropic_max_tokens(const struct chat_writer *w)
{
	const struct chat *chat = w->chat;

	if (chat->max_tokens >= 0)
		return chat->max_tokens;
	if (anthropic_thinks(w))
		return DEFAULT_MAX_TOKENS + wanted_budget(chat);
	return DEFAULT_MAX_TOKENS;
}

/* The answer itself keeps at least half. */
static int64_t
budget_of(const struct chat_writer *w)
{
	int64_t budget = wanted_budget(w->chat);

	if (w->chat->max_tokens < 0)
		return budget;
	return i64_min(budget, w->chat->max_tokens / 2);
}

bool
anthropic_thinks(const struct chat_writer *w)
{
	const struct chat *chat = w->chat;
	enum manner manner = manner_of(w);

	if (chat->effort <= EFFORT_NONE || manner == THINKS_NOT ||
	    chat->tool_choice == TOOLS_REQUIRED ||
	    chat->tool_choice == TOOLS_NAMED)
		return false;
	if (manner == THINKS_ADAPTIVE)
		return true;
	return budget_of(w) >= BUDGET_MIN && !ends_in_results(chat);
}

/* Adaptive models know four words for it. */
static const char *
effort_word(enum chat_effort effort)
{
	static const char *const known[] = {
		[EFFORT_MINIMAL] = "low",
		[EFFORT_LOW] = "low",
		[EFFORT_MEDIUM] = "medium",
		[EFFORT_HIGH] = "high",
		[EFFORT_XHIGH] = "high",
		[EFFORT_MAX] = "max",
		[EFFORT_AUTO] = NULL,
	};

	return known[effort];
}

static void
write_manner(struct chat_writer *w)
{
	struct emit *e = &w->emit;

	emit_key(e, "thinking");
	emit_object_open(e);
	if (manner_of(w) == THINKS_ADAPTIVE) {
		emit_field_cstr(e, "type", "adaptive");
	} else {
		emit_field_cstr(e, "type", "enabled");
		emit_field_int(e, "budget_tokens", budget_of(w));
	}
	emit_object_close(e);
}

static void
write_format(struct chat_writer *w)
{
	struct emit *e = &w->emit;

	emit_key(e, "format");
	emit_object_open(e);
	emit_field_cstr(e, "type", "json_schema");
	emit_field_raw(e, "schema", w->chat->format_schema);
	emit_object_close(e);
}

/* output_config holds both the effort and the answer's format. */
void
anthropic_write_thinking(struct chat_writer *w)
{
	bool thinks = anthropic_thinks(w);
	const char *effort = NULL;

	if (thinks)
		write_manner(w);
	else if (w->chat->effort > EFFORT_NONE)
		chat_writer_drop(w, "reasoning_effort");
	if (thinks && manner_of(w) == THINKS_ADAPTIVE)
		effort = effort_word(w->chat->effort);
	if (effort == NULL && w->chat->format != FORMAT_SCHEMA)
		return;

	emit_key(&w->emit, "output_config");
	emit_object_open(&w->emit);
	if (effort != NULL)
		emit_field_cstr(&w->emit, "effort", effort);
	if (w->chat->format == FORMAT_SCHEMA)
		write_format(w);
	emit_object_close(&w->emit);
}
