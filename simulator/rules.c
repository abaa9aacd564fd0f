/*
 * rules.c - see rules.h.  The count is read without the lock, so that runs
 * without rules (benchmarks) never wait for it.
 */
#include "simulator/rules.h"

#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/buf.h"
#include "simulator/reader.h"

void
rules_init(struct rules *rules)
{
	pthread_mutex_init(&rules->lock, NULL);
	rules_clear(rules);
}

void
rules_done(struct rules *rules)
{
	pthread_mutex_destroy(&rules->lock);
}

void
rules_clear(struct rules *rules)
{
	atomic_store(&rules->count, 0);
}

static enum status
read_model(struct rule *rule, struct str model)
{
	if (model.len >= RULE_MODEL_SIZE)
		return E_INVALID;
	memcpy(rule->model, model.ptr, model.len);
	rule->model[model.len] = '\0';
	return OK;
}

/* Any other member is a directive: "status": 429, "garbage": true. */
static enum status
read_directive(
    struct rule *rule, struct reader *r, struct str name, struct buf *fault)
{
	enum reader_kind kind = reader_peek(r);
	struct str value =
	    kind == READER_STRING ? reader_text(r) : reader_skip(r);
	struct str text;

	if (kind == READER_BOOL)
		text = name;
	else
		text = str_printf(
		    r->arena, "%.*s=%.*s", STR_ARGS(name), STR_ARGS(value));
	return script_read(&rule->script, text, fault);
}

static enum status
read_rule(struct rule *rule, struct reader *r, struct buf *fault)
{
	enum status s = OK;
	struct str key;

	*rule = (struct rule){ .times = -1 };
	script_init(&rule->script);
	reader_object_open(r);
	while (s == OK && reader_next_key(r, &key)) {
		if (str_eq(key, STR("model")))
			s = read_model(rule, reader_text(r));
		else if (str_eq(key, STR("times")))
			rule->times = reader_int(r);
		else
			s = read_directive(rule, r, key, fault);
	}
	return s;
}

static enum status
read_rules(
    struct rule *list, struct reader *r, size_t *out_count, struct buf *fault)
{
	enum status s = OK;

	if (reader_peek(r) == READER_OBJECT) {
		*out_count = 1;
		return read_rule(&list[0], r, fault);
	}
	*out_count = 0;
	reader_array_open(r);
	while (s == OK && reader_next_element(r)) {
		if (*out_count == RULES_MAX)
			return E_TOO_LARGE;
		s = read_rule(&list[(*out_count)++], r, fault);
	}
	return s;
}

enum status
rules_replace(struct rules *rules, struct arena *arena, struct str json,
    struct buf *fault)
{
	struct rule *list = arena_alloc_array(arena, RULES_MAX, sizeof(*list));
	struct reader r;
	enum status s;
	size_t count;

	reader_init(&r, arena, json);
	s = read_rules(list, &r, &count, fault);
	if (s == OK)
		s = reader_end(&r);
	if (s != OK) {
		if (buf_len(fault) == 0)
			buf_add_cstr(
			    fault, "expected a rule or a list of them");
		return s;
	}
	pthread_mutex_lock(&rules->lock);
	memcpy(rules->rules, list, count * sizeof(*list));
	atomic_store(&rules->count, count);
	pthread_mutex_unlock(&rules->lock);
	return OK;
}

bool
rules_apply(struct rules *rules, struct str model, struct script *out)
{
	bool found = false;

	if (atomic_load(&rules->count) == 0)
		return false;
	pthread_mutex_lock(&rules->lock);
	for (size_t i = 0; i < atomic_load(&rules->count) && !found; i++) {
		struct rule *rule = &rules->rules[i];

		if (rule->times == 0 ||
		    (rule->model[0] != '\0' &&
			!str_eq(str_from(rule->model), model)))
			continue;
		if (rule->times > 0)
			rule->times--;
		*out = rule->script;
		found = true;
	}
	pthread_mutex_unlock(&rules->lock);
	return found;
}
