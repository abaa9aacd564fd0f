/*
 * stream.c - what all decoders and encoders share: the order of events, and
 * an answer collected for a client that does not stream.
 */
#include "dataplane/translate/stream.h"

#include <assert.h>

#include "common/clock.h"
#include "dataplane/translate/tree.h"

static void
scratch_release(void *decoder)
{
	arena_done(&((struct decoder *)decoder)->scratch);
}

void
decoder_init(struct decoder *d, struct arena *arena, uint32_t quirks,
    chat_event_fn emit, void *sink)
{
	assert(emit != NULL);
	*d = (struct decoder){
		.arena = arena,
		.quirks = quirks,
		.emit = emit,
		.sink = sink,
	};
	arena_init(&d->scratch, DECODER_SCRATCH_MAX_BYTES);
	arena_defer(arena, scratch_release, d);
}

void
decoder_end(struct decoder *d)
{
	if (d->may_end)
		decoder_terminate(d);
}

void
decoder_emit(struct decoder *d, const struct chat_event *event)
{
	if (!d->ended)
		d->emit(d->sink, event);
}

void
decoder_start(struct decoder *d, struct str id, struct str model)
{
	if (d->started)
		return;
	d->started = true;
	decoder_emit(d,
	    &(struct chat_event){
		.kind = CHAT_EVENT_START, .id = id, .name = model });
}

void
decoder_text(struct decoder *d, enum chat_event_kind kind, size_t choice,
    struct str text)
{
	if (str_is_empty(text))
		return;
	decoder_emit(d,
	    &(struct chat_event){
		.kind = kind, .choice = choice, .text = text });
}

void
decoder_usage(struct decoder *d, const struct tokens *tokens)
{
	d->tokens = *tokens;
	decoder_emit(d,
	    &(struct chat_event){
		.kind = CHAT_EVENT_USAGE, .tokens = *tokens });
}

void
decoder_fail(struct decoder *d, const struct failure *failure)
{
	decoder_emit(d,
	    &(struct chat_event){
		.kind = CHAT_EVENT_FAILURE, .failure = *failure });
	d->ended = true;
}

void
decoder_finish(struct decoder *d, size_t choice, enum chat_stop stop)
{
	decoder_emit(d,
	    &(struct chat_event){
		.kind = CHAT_EVENT_FINISH, .choice = choice, .stop = stop });
}

void
decoder_terminate(struct decoder *d)
{
	decoder_emit(d, &(struct chat_event){ .kind = CHAT_EVENT_END });
	d->ended = true;
}

const struct tree *
decoder_parse(struct decoder *d, struct str data)
{
	struct tree *root = NULL;
	struct scan_fault fault;
	enum status s;

	arena_reset(&d->scratch);
	s = tree_parse(&d->scratch, data, &root, &fault);
	if (s == OK && root->kind == TREE_OBJECT &&
	    !arena_has_failed(&d->scratch))
		return root;

	decoder_fail(d,
	    &(struct failure){ .class = FAILURE_SERVER,
		.message = STR("the provider's answer is not "
			       "a JSON object"),
		.retry_after_ms = -1 });
	return NULL;
}

void
encoder_init(
    struct encoder *e, struct arena *arena, const struct encoder_plan *plan)
{
	*e = (struct encoder){
		.arena = arena,
		.plan = *plan,
		.created_s = clock_wall_us() / US_PER_S,
	};
}

struct str
encoder_id(struct encoder *e, const char *prefix)
{
	struct str id = e->plan.request_id;

	if (str_has_prefix(id, STR("req_")))
		id = str_skip(id, 4);
	return str_printf(e->arena, "%s%.*s", prefix, STR_ARGS(id));
}

static struct collected_choice *
choice_at(struct encoder *e, size_t index)
{
	struct collected_choice **link = &e->choices;

	while (*link != NULL && (*link)->index < index)
		link = &(*link)->next;
	if (*link == NULL || (*link)->index != index) {
		struct collected_choice *choice =
		    arena_alloc(e->arena, sizeof(*choice));

		choice->index = index;
		choice->next = *link;
		*link = choice;
	}
	return *link;
}

static void
joined_release(void *joined)
{
	buf_done(joined);
}

static void
part_release(void *part)
{
	buf_done(&((struct collected_part *)part)->text);
}

static struct collected_part *
part_append(struct encoder *e, struct collected_choice *choice,
    enum chat_part_kind kind)
{
	struct collected_part *part = arena_alloc(e->arena, sizeof(*part));

	if (choice->last != NULL)
		choice->last->next = part;
	else
		choice->parts = part;
	choice->last = part;
	part->kind = kind;
	buf_init(&part->text, e->plan.max_bytes);
	arena_defer(e->arena, part_release, part);
	return part;
}

/* Pieces of one kind that follow each other are one part. */
static struct collected_part *
part_open(struct encoder *e, struct collected_choice *choice,
    enum chat_part_kind kind)
{
	struct collected_part *last = choice->last;

	if (last != NULL && last->kind == kind && str_is_empty(last->signature))
		return last;
	return part_append(e, choice, kind);
}

static struct collected_part *
call_find(struct collected_choice *choice, size_t call)
{
	struct collected_part *part = choice->parts;

	while (part != NULL && (part->kind != PART_CALL || part->call != call))
		part = part->next;
	return part;
}

static void
collect_call(struct encoder *e, struct collected_choice *choice,
    const struct chat_event *event)
{
	struct collected_part *part = part_append(e, choice, PART_CALL);

	part->call = event->call;
	part->id = str_copy(e->arena, event->id);
	part->name = str_copy(e->arena, event->name);
	part->signature = str_copy(e->arena, event->signature);
	choice->has_calls = true;
}

static void
part_add(struct encoder *e, struct collected_part *part, struct str text)
{
	if (part == NULL)
		return;
	e->collected_bytes += text.len;
	if (e->collected_bytes > e->plan.max_bytes)
		e->failed = true;
	else
		buf_add_str(&part->text, text);
}

void
encoder_collect(struct encoder *e, const struct chat_event *event)
{
	struct collected_choice *choice;

	if (event->kind == CHAT_EVENT_USAGE)
		e->tokens = event->tokens;
	if (event->kind == CHAT_EVENT_USAGE ||
	    event->kind == CHAT_EVENT_FAILURE || event->kind == CHAT_EVENT_END)
		return;

	choice = choice_at(e, event->choice);
	switch (event->kind) {
	case CHAT_EVENT_TEXT:
		part_add(e, part_open(e, choice, PART_TEXT), event->text);
		break;
	case CHAT_EVENT_REFUSAL:
		part_add(e, part_open(e, choice, PART_REFUSAL), event->text);
		break;
	case CHAT_EVENT_REASONING:
		part_add(e, part_open(e, choice, PART_REASONING), event->text);
		break;
	case CHAT_EVENT_SIGNATURE:
		part_open(e, choice, PART_REASONING)->signature =
		    str_copy(e->arena, event->text);
		break;
	case CHAT_EVENT_CALL:
		collect_call(e, choice, event);
		break;
	case CHAT_EVENT_ARGUMENTS:
		part_add(e, call_find(choice, event->call), event->text);
		break;
	case CHAT_EVENT_FINISH:
		choice->stop = event->stop;
		break;
	default:
		break;
	}
}

struct str
encoder_join(struct encoder *e, const struct collected_choice *choice,
    enum chat_part_kind kind)
{
	struct buf *joined = arena_alloc(e->arena, sizeof(*joined));

	buf_init(joined, e->plan.max_bytes);
	arena_defer(e->arena, joined_release, joined);
	for (const struct collected_part *p = choice->parts; p != NULL;
	     p = p->next)
		if (p->kind == kind)
			buf_add_str(joined, buf_str(&p->text));
	return buf_str(joined);
}
