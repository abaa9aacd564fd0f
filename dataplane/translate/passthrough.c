/* passthrough.c - what the families share; see passthrough.h. */
#include "dataplane/translate/passthrough.h"

#include "dataplane/translate/passthrough_family.h"
#include "dataplane/translate/tree.h"
#include "dataplane/translate/usage.h"

enum {
	USAGE_ARENA_BYTES = 64 * 1024,
	HTTP_OK = 200,
};

static void
release_scratch(void *passthrough)
{
	arena_done(&((struct passthrough *)passthrough)->scratch);
}

void
passthrough_init(struct passthrough *p, struct arena *arena,
    const struct answer_plan *plan, struct answer_state *state)
{
	*p = (struct passthrough){
		.plan = plan, .state = state, .arena = arena
	};
	arena_init(&p->scratch, USAGE_ARENA_BYTES);
	arena_defer(arena, release_scratch, p);
}

/* ---- what is learnt ---- */

void
passthrough_fail(struct passthrough *p, struct str body)
{
	struct failure *failure = &p->state->failure;

	/* What is made of it may borrow from the body. */
	body = str_copy(p->arena, body);
	p->plan->upstream->read_error(p->arena, HTTP_OK, body, failure);
	if (failure->class == FAILURE_NONE)
		failure->class = FAILURE_SERVER;
	/* An error may follow a finish_reason. */
	p->state->finished = false;
}

void
passthrough_usage(struct passthrough *p, struct str raw)
{
	struct tree *usage;

	if (!scan_is_object(raw))
		return;
	if (tree_parse(&p->scratch, raw, &usage, NULL) == OK) {
		if (p->plan->upstream->family == FAMILY_ANTHROPIC)
			usage_read_anthropic(usage, &p->state->tokens);
		else
			usage_read_openai(
			    usage, p->plan->quirks, &p->state->tokens);
	}
	arena_reset(&p->scratch);
}

void
passthrough_content(struct passthrough *p, int64_t bytes, bool is_content)
{
	p->state->output_bytes += bytes;
	if (is_content)
		p->state->has_content = true;
}

static bool
is_text_key(const struct lexer *l)
{
	return !lexer_key_is(l, STR("type")) && !lexer_key_is(l, STR("id")) &&
	    !lexer_key_is(l, STR("signature"));
}

int64_t
passthrough_count_text(struct lexer *l)
{
	size_t depth = l->depth;
	bool is_text = true;
	int64_t bytes = 0;
	enum lexer_token token;

	do {
		token = lexer_next(l);
		if (token == LEXER_KEY)
			is_text = is_text_key(l);
		else if (token == LEXER_STRING && is_text)
			bytes += (int64_t)l->raw.len - 2;
	} while (l->depth > depth && token != LEXER_FAULT);
	return bytes;
}

/* ---- what is forwarded ---- */

/* The bytes of raw without those of cut, if cut is a part of it. */
static void
append_without(struct buf *out, struct str raw, struct str cut)
{
	uintptr_t start = (uintptr_t)raw.ptr;
	uintptr_t place = (uintptr_t)cut.ptr;
	size_t before;

	if (cut.len == 0 || place < start || place >= start + raw.len) {
		buf_add_str(out, raw);
		return;
	}
	before = place - start;
	buf_add_str(out, str_head(raw, before));
	buf_add_str(out, str_skip(raw, before + cut.len));
}

void
passthrough_event(
    struct passthrough *p, const struct sse_event *event, struct buf *out)
{
	struct str cut = STR("");

	if (event->has_data && !p->has_ended) {
		if (p->plan->upstream->family == FAMILY_ANTHROPIC)
			cut = passthrough_anthropic_event(p, event);
		else
			cut = passthrough_openai_chat_event(p, event);
	}
	if (p->state->failure.class != FAILURE_NONE)
		return;
	if (event->data.len > 0 && cut.len == event->data.len)
		return;
	append_without(out, event->raw, cut);
}

static void
refuse(struct passthrough *p)
{
	p->state->failure = (struct failure){
		.class = FAILURE_SERVER,
		.http_status = HTTP_OK,
		.message = STR("the provider's answer is not the JSON "
			       "document that was asked for"),
		.retry_after_ms = -1,
	};
}

void
passthrough_whole(struct passthrough *p, struct str body, struct buf *out)
{
	bool is_answer;

	if (p->plan->upstream->family == FAMILY_ANTHROPIC)
		is_answer = passthrough_anthropic_whole(p, body);
	else
		is_answer = passthrough_openai_chat_whole(p, body);
	if (p->state->failure.class != FAILURE_NONE)
		return;
	if (!is_answer) {
		refuse(p);
		return;
	}
	p->state->finished = true;
	buf_add_str(out, body);
}
