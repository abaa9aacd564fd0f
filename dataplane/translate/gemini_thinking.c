/*
 * gemini_thinking.c - how much a Gemini model is to think: a level since 3,
 * a budget in 2.5, nothing before.
 */
#include "dataplane/translate/gemini.h"

#define BUDGET_MAX 24576
#define PRO_BUDGET_MIN 128 /* a pro model cannot be told not to think */

static bool
takes_budget(struct str model)
{
	int generation = gemini_generation(model);

	if (generation == 0) /* "gemini-flash-latest": a recent one */
		return str_has_prefix(model, STR("gemini-"));
	return str_has_prefix(model, STR("gemini-2.5"));
}

static const char *
level_of(const struct chat *chat)
{
	enum chat_effort effort = chat->effort;

	if (effort == EFFORT_AUTO && chat->thinking_budget > 0)
		effort = chat_budget_effort(chat->thinking_budget);
	if (effort == EFFORT_AUTO)
		return NULL;
	return effort <= EFFORT_LOW ? "low" : "high";
}

static int64_t
budget_of(const struct chat *chat, struct str model)
{
	if (chat->effort == EFFORT_NONE)
		return str_find(model, STR("-pro")) >= 0 ? PRO_BUDGET_MIN : 0;
	if (chat->thinking_budget > 0)
		return i64_min(chat->thinking_budget, BUDGET_MAX);
	if (chat->effort == EFFORT_AUTO)
		return -1; /* as the model sees fit */
	return i64_min(chat_effort_budget(chat->effort), BUDGET_MAX);
}

void
gemini_write_thinking(struct chat_writer *w)
{
	bool takes_level = gemini_generation(w->model) >= 3;
	struct emit *e = &w->emit;

	if (w->chat->effort == EFFORT_UNSAID)
		return;
	if (!takes_level && !takes_budget(w->model)) {
		if (w->chat->effort != EFFORT_NONE)
			chat_writer_drop(w, "reasoning_effort");
		return;
	}
	emit_key(e, "thinkingConfig");
	emit_object_open(e);
	if (!takes_level)
		emit_field_int(
		    e, "thinkingBudget", budget_of(w->chat, w->model));
	else if (level_of(w->chat) != NULL)
		emit_field_cstr(e, "thinkingLevel", level_of(w->chat));
	if (w->chat->effort != EFFORT_NONE)
		emit_field_bool(e, "includeThoughts", true);
	emit_object_close(e);
}
