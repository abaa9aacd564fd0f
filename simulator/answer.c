/* answer.c - see answer.h. */
#include "simulator/answer.h"

#include <string.h>

#include "common/arena.h"
#include "common/clock.h"
#include "simulator/example.h"

enum {
	HASHED_BYTES = 64,
	RESULT_QUOTED_BYTES = 4096,
};

/* FNV-1a. */
static uint64_t
hash(struct str s)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (size_t i = 0; i < s.len; i++)
		h = (h ^ (unsigned char)s.ptr[i]) * 0x100000001b3u;
	return h;
}

/* The beginning and the length of a prompt are enough to tell them apart. */
static struct random
prompt_random(const struct ask *ask, uint64_t seed)
{
	uint64_t h = hash(str_head(ask->user_text, HASHED_BYTES));

	return (struct random){ .state = h ^ seed ^ ask->text_bytes << 32 };
}

/* Words that fill exactly `tokens` tokens. */
static struct str
write_words(struct arena *arena, struct random *random, int64_t tokens)
{
	static const char *const words[] = { "the", "water", "rises", "over",
		"a", "low", "stone", "weir", "and", "keeps", "its", "level",
		"while", "gates", "measure", "every", "drop", "that", "passes",
		"down", "to", "quiet", "fields", "below" };
	size_t len = (size_t)tokens * 4;
	char *text = arena_alloc(arena, len + 16);
	size_t at = 0;

	while (at < len) {
		uint64_t n = random_next(random) % ARRAY_LEN(words);

		if (at > 0)
			text[at++] = ' ';
		memcpy(text + at, words[n], strlen(words[n]));
		at += strlen(words[n]);
	}
	if (len > 0)
		text[len - 1] = '.';
	return str_make(text, len);
}

static struct part *
add_part(struct answer *answer, enum part_kind kind, struct str text)
{
	struct part *part = &answer->parts[answer->part_count++];

	*part = (struct part){ .kind = kind, .text = text };
	return part;
}

static void
add_call(struct answer *answer, struct arena *arena, const struct tool *tool)
{
	if (answer->part_count < ANSWER_PARTS_MAX)
		add_part(answer, PART_CALL, example_write(arena, tool->schema))
		    ->name = str_copy(arena, tool->name);
}

static const struct tool *
find_tool(const struct ask *ask, struct str name)
{
	for (size_t i = 0; i < ask->tool_count; i++) {
		if (str_eq(ask->tools[i].name, name))
			return &ask->tools[i];
	}
	return NULL;
}

static bool
is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
}

/* Takes the next "call <name>" off *rest; false when there is none. */
static bool
next_called_name(struct str *rest, struct str *out_name)
{
	const struct str word = STR("call ");
	ptrdiff_t place = str_find(*rest, word);
	struct str name;

	if (place < 0)
		return false;
	*rest = str_skip(*rest, (size_t)place + word.len);
	name = *rest;
	name.len = 0;
	while (name.len < rest->len && is_name_char(rest->ptr[name.len]))
		name.len++;
	while (name.len > 0 && name.ptr[name.len - 1] == '.')
		name.len--;
	*out_name = name;
	return true;
}

static void
add_called_tools(
    struct answer *answer, struct arena *arena, const struct ask *ask)
{
	struct str rest = ask->user_text;
	const struct tool *tool;
	struct str name;

	while (next_called_name(&rest, &name)) {
		tool = find_tool(ask, name);
		if (tool != NULL)
			add_call(answer, arena, tool);
	}
}

/* Which tools are called; none is the usual answer. */
static void
add_calls(struct answer *answer, struct arena *arena, const struct ask *ask)
{
	size_t before = answer->part_count;
	const struct tool *tool;

	if (ask->tool_count == 0 || ask->tool_mode == TOOLS_NONE ||
	    ask->ends_with_tool_result)
		return;
	if (ask->tool_mode != TOOLS_NAMED)
		add_called_tools(answer, arena, ask);
	if (ask->tool_mode == TOOLS_AUTO || answer->part_count > before)
		return;
	tool = ask->tool_mode == TOOLS_NAMED ? find_tool(ask, ask->tool_name)
					     : &ask->tools[0];
	if (tool != NULL)
		add_call(answer, arena, tool);
}

static struct str
choose_text(struct arena *arena, const struct ask *ask,
    const struct script *script, const struct answer_settings *settings)
{
	struct random random;
	const struct str echo = STR("echo:");
	struct str prompt = str_trim(ask->user_text);

	if (!str_is_empty(ask->schema))
		return example_write(arena, ask->schema);
	if (ask->ends_with_tool_result)
		return str_printf(arena, "The tool answered: %.*s",
		    STR_ARGS(str_head(ask->tool_result, RESULT_QUOTED_BYTES)));
	if (str_has_prefix(prompt, echo))
		return str_copy(arena, str_trim(str_skip(prompt, echo.len)));
	random = prompt_random(ask, settings->seed);
	return write_words(arena, &random,
	    script->tokens >= 0 ? script->tokens : settings->tokens);
}

static bool
is_continuation(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/* Cuts a text that is longer than the request allows. */
static void
limit_text(struct answer *answer, struct str *text, int64_t max_tokens)
{
	if (max_tokens <= 0 || tokens_of(text->len) <= max_tokens)
		return;
	text->len = (size_t)max_tokens * 4;
	while (text->len > 0 && is_continuation(text->ptr[text->len]))
		text->len--;
	answer->finish = FINISH_LENGTH;
}

static void
count_usage(struct answer *answer, const struct script *script)
{
	struct usage *usage = &answer->usage;
	int64_t input = tokens_of(answer->ask->text_bytes);

	usage->cached = i64_max(script->cached, 0);
	usage->cache_write = i64_max(script->cache_write, 0);
	usage->input = i64_max(input, usage->cached + usage->cache_write);
	usage->input = i64_max(usage->input, 1);
	usage->reasoning = i64_max(script->reasoning, 0);
	usage->output = usage->reasoning;
	usage->is_hidden = script->has_no_usage;
	for (size_t i = 0; i < answer->part_count; i++) {
		const struct part *part = &answer->parts[i];

		if (part->kind != PART_REASONING)
			usage->output +=
			    tokens_of(part->name.len + part->text.len);
	}
}

void
answer_build(struct answer *answer, struct arena *arena, const struct ask *ask,
    const struct script *script, const struct answer_settings *settings)
{
	struct random random;
	struct str text;

	answer->arena = arena;
	answer->ask = ask;
	answer->part_count = 0;
	answer->finish = FINISH_STOP;
	answer->created_s = clock_wall_us() / US_PER_S;
	answer->chunk_bytes = (size_t)i64_max(1,
	    script->chunk_bytes >= 0 ? script->chunk_bytes
				     : settings->chunk_bytes);
	if (script->reasoning > 0) {
		random = prompt_random(ask, ~settings->seed);
		add_part(answer, PART_REASONING,
		    write_words(arena, &random, script->reasoning));
	}
	add_calls(answer, arena, ask);
	if (answer_has_calls(answer)) {
		answer->finish = FINISH_TOOLS;
	} else {
		text = choose_text(arena, ask, script, settings);
		limit_text(answer, &text, ask->max_tokens);
		if (text.len > 0)
			add_part(answer, PART_TEXT, text);
	}
	if (script->finish >= 0)
		answer->finish = (enum finish)script->finish;
	count_usage(answer, script);
}

void
answer_set_ids(struct answer *answer, struct random *random)
{
	random_word(random, answer->id, ANSWER_ID_LEN);
	for (size_t i = 0; i < answer->part_count; i++) {
		if (answer->parts[i].kind == PART_CALL)
			random_word(random, answer->parts[i].id, ANSWER_ID_LEN);
	}
}

bool
answer_has_calls(const struct answer *answer)
{
	return answer->part_count > 0 &&
	    answer->parts[answer->part_count - 1].kind == PART_CALL;
}

struct str
answer_text(const struct answer *answer, enum part_kind kind)
{
	for (size_t i = 0; i < answer->part_count; i++) {
		if (answer->parts[i].kind == kind)
			return answer->parts[i].text;
	}
	return STR("");
}

int64_t
answer_call_index(const struct answer *answer, size_t part_index)
{
	int64_t index = 0;

	for (size_t i = 0; i < part_index; i++)
		index += answer->parts[i].kind == PART_CALL;
	return index;
}

int64_t
answer_output_tokens(const struct answer *answer)
{
	return answer->usage.output * answer->ask->choices;
}

struct str
answer_piece(const struct answer *answer, struct str text)
{
	struct str piece = str_head(text, answer->chunk_bytes);

	while (piece.len < text.len && is_continuation(text.ptr[piece.len]))
		piece.len++;
	return piece;
}
