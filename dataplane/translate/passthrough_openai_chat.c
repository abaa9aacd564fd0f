/*
 * passthrough_openai_chat.c - chat completions, watched in one pass.
 *
 * Providers differ in where usage stands (a chunk of its own, the finish
 * chunk, every chunk, x_groq), some repeat finish_reason, some never send
 * [DONE]: so the end is [DONE], or the end of the bytes once every choice
 * that was seen has a finish_reason.
 */
#include <string.h>

#include "dataplane/translate/passthrough_family.h"

enum {
	CHOICES_MAX = 128,
};

/* What one chunk, or one whole answer, says. */
struct chunk {
	struct str message_key; /* "delta" or "message" */
	struct str error;
	struct str usage;
	struct str usage_pair;
	struct str groq_usage;
	size_t choice_count;
	uint64_t seen[2];
	uint64_t finished[2];
	int64_t content_bytes;
	bool has_content;
};

static const struct content_member {
	struct str name;
	bool is_copy; /* repeats another member, or is no text */
} content_members[] = {
	{ STR("content"), false },
	{ STR("tool_calls"), false },
	{ STR("reasoning_content"), false },
	{ STR("reasoning"), false },
	{ STR("refusal"), false },
	{ STR("function_call"), false },
	{ STR("audio"), true },
	{ STR("reasoning_details"), true },
	{ STR("encrypted_content"), true },
};

static const struct content_member *
find_content_member(const struct lexer *l)
{
	for (size_t i = 0; i < ARRAY_LEN(content_members); i++) {
		if (lexer_key_is(l, content_members[i].name))
			return &content_members[i];
	}
	return NULL;
}

static void
read_message(struct lexer *l, struct chunk *chunk)
{
	if (!lexer_enter(l, '{'))
		return;
	while (lexer_member(l)) {
		const struct content_member *member = find_content_member(l);
		int64_t bytes;

		if (member == NULL) {
			lexer_skip(l);
			continue;
		}
		bytes = passthrough_count_text(l);
		chunk->has_content |= bytes > 0;
		if (!member->is_copy)
			chunk->content_bytes += bytes;
	}
}

static size_t
read_index(struct lexer *l)
{
	uint64_t index;

	if (str_to_u64(lexer_skip(l), &index) != OK)
		return 0;
	return index % CHOICES_MAX;
}

static void
mark(uint64_t bits[2], size_t index)
{
	bits[index / 64] |= UINT64_C(1) << (index % 64);
}

static void
read_choice(struct lexer *l, struct chunk *chunk)
{
	bool is_finished = false;
	size_t index = 0;

	chunk->choice_count++;
	if (!lexer_enter(l, '{'))
		return;
	while (lexer_member(l)) {
		if (lexer_key_is(l, chunk->message_key))
			read_message(l, chunk);
		else if (lexer_key_is(l, STR("index")))
			index = read_index(l);
		else if (lexer_key_is(l, STR("finish_reason")))
			is_finished = lexer_string(l).len > 2;
		else
			lexer_skip(l);
	}
	mark(chunk->seen, index);
	if (is_finished)
		mark(chunk->finished, index);
}

static void
read_choices(struct lexer *l, struct chunk *chunk)
{
	if (!lexer_enter(l, '['))
		return;
	while (lexer_element(l))
		read_choice(l, chunk);
}

static void
read_usage(struct lexer *l, struct chunk *chunk)
{
	const char *key = l->raw.ptr;

	chunk->usage = lexer_skip(l);
	chunk->usage_pair = str_make(key, (size_t)(l->at - key));
}

static void
read_groq(struct lexer *l, struct chunk *chunk)
{
	if (!lexer_enter(l, '{'))
		return;
	while (lexer_member(l)) {
		if (lexer_key_is(l, STR("usage")))
			chunk->groq_usage = lexer_skip(l);
		else
			lexer_skip(l);
	}
}

/* False when the data is no JSON object. */
static bool
read_chunk(struct str data, struct chunk *chunk)
{
	struct lexer l;

	lexer_init(&l, data);
	if (!lexer_enter(&l, '{'))
		return false;
	while (lexer_member(&l)) {
		if (lexer_key_is(&l, STR("choices")))
			read_choices(&l, chunk);
		else if (lexer_key_is(&l, STR("usage")))
			read_usage(&l, chunk);
		else if (lexer_key_is(&l, STR("error")))
			chunk->error = lexer_skip(&l);
		else if (lexer_key_is(&l, STR("x_groq")))
			read_groq(&l, chunk);
		else
			lexer_skip(&l);
	}
	return lexer_finish(&l, NULL) == OK;
}

static bool
has_error(const struct chunk *chunk)
{
	return chunk->error.len > 0 && !scan_is_null(chunk->error);
}

/* An error may come with it, and what was used is paid for. */
static void
learn_usage(struct passthrough *p, const struct chunk *chunk)
{
	if (scan_is_object(chunk->usage))
		passthrough_usage(p, chunk->usage);
	else
		passthrough_usage(p, chunk->groq_usage);
}

static void
learn(struct passthrough *p, const struct chunk *chunk)
{
	passthrough_content(p, chunk->content_bytes, chunk->has_content);
	for (size_t i = 0; i < ARRAY_LEN(chunk->seen); i++) {
		p->choices_seen[i] |= chunk->seen[i];
		p->choices_finished[i] |= chunk->finished[i];
	}
}

static bool
is_every_choice_finished(const struct passthrough *p)
{
	return (p->choices_seen[0] | p->choices_seen[1]) != 0 &&
	    memcmp(p->choices_seen, p->choices_finished,
		sizeof(p->choices_seen)) == 0;
}

/* The pair with the comma that would be one too many without it. */
static struct str
with_comma(struct str data, struct str pair)
{
	const char *start = pair.ptr;
	const char *end = start + pair.len;
	const char *behind = end;

	while (*behind == ' ' || *behind == '\t')
		behind++;
	if (*behind == ',')
		return str_make(start, (size_t)(behind + 1 - start));
	while (start > data.ptr + 1 && start[-1] != ',' && start[-1] != '{')
		start--;
	if (start[-1] == ',')
		start--;
	return str_make(start, (size_t)(end - start));
}

/* What of the chunk is there only because we asked for usage. */
static struct str
unasked_part(
    const struct passthrough *p, struct str data, const struct chunk *chunk)
{
	if (!p->plan->strip_usage || chunk->usage.len == 0)
		return STR("");
	if (scan_is_null(chunk->usage))
		return with_comma(data, chunk->usage_pair);
	/* Beside choices it comes unasked, and callers know it so. */
	return chunk->choice_count == 0 ? data : STR("");
}

struct str
passthrough_openai_chat_event(
    struct passthrough *p, const struct sse_event *event)
{
	struct chunk chunk = { .message_key = STR("delta") };

	if (str_eq(str_trim(event->data), STR("[DONE]"))) {
		p->has_ended = true;
		p->state->finished = true;
		return STR("");
	}
	bool is_chunk = read_chunk(event->data, &chunk);
	if (is_chunk)
		learn_usage(p, &chunk);
	if (has_error(&chunk) || str_eq(event->name, STR("error"))) {
		passthrough_fail(p, event->data);
		return STR("");
	}
	if (!is_chunk)
		return STR("");
	learn(p, &chunk);
	p->state->finished = is_every_choice_finished(p);
	return unasked_part(p, event->data, &chunk);
}

bool
passthrough_openai_chat_whole(struct passthrough *p, struct str body)
{
	struct chunk chunk = { .message_key = STR("message") };

	if (!read_chunk(body, &chunk))
		return false;
	learn_usage(p, &chunk);
	if (has_error(&chunk)) {
		passthrough_fail(p, body);
		return false;
	}
	learn(p, &chunk);
	return chunk.choice_count > 0;
}
