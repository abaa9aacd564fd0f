/*
 * translate.c - see translate.h.
 *
 * Same family: a short list of edits, each a slice of the body and what
 * stands there instead, is applied in one copy.  All other bytes stay.
 */
#include "dataplane/translate/translate.h"

#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/emit.h"
#include "dataplane/translate/chat.h"
#include "dataplane/translate/tree.h"

/* ---- edits ---- */

struct edit {
	struct str old; /* a slice of the body; empty: an insertion */
	struct str new;
};

struct edits {
	struct edit *list;
	size_t count;
	size_t room;
};

static void
add_edit(struct edits *edits, struct str old, struct str new)
{
	assert(edits->count < edits->room);
	edits->list[edits->count++] = (struct edit){ old, new };
}

static int
compare_edits(const void *a, const void *b)
{
	const char *left = ((const struct edit *)a)->old.ptr;
	const char *right = ((const struct edit *)b)->old.ptr;

	return (left > right) - (left < right);
}

static char *
append(char *at, const char *from, size_t len)
{
	if (len > 0)
		memcpy(at, from, len);
	return at + len;
}

static struct str
apply_edits(struct arena *arena, struct str body, struct edits *edits)
{
	const char *from = body.ptr;
	size_t len = body.len;
	char *text;
	char *at;

	qsort(edits->list, edits->count, sizeof(edits->list[0]), compare_edits);
	for (size_t i = 0; i < edits->count; i++)
		len += edits->list[i].new.len - edits->list[i].old.len;
	text = arena_alloc_raw(arena, len);
	at = text;
	for (size_t i = 0; i < edits->count; i++) {
		const struct edit *edit = &edits->list[i];

		at = append(at, from, (size_t)(edit->old.ptr - from));
		at = append(at, edit->new.ptr, edit->new.len);
		from = edit->old.ptr + edit->old.len;
	}
	append(at, from, (size_t)(body.ptr + body.len - from));
	return str_make(text, len);
}

/* The empty place behind a slice. */
static struct str
behind(struct str slice)
{
	return str_make(slice.ptr + slice.len, 0);
}

/* ---- what is edited ---- */

static struct str
quote(struct arena *arena, struct str text)
{
	CLEANUP(buf_done) struct buf quoted;

	/* No byte is spelt with more than six, and there are two quotes. */
	buf_init(&quoted, 6 * text.len + 2);
	emit_quoted(&quoted, text);
	return str_copy(arena, buf_str(&quoted));
}

/* include_usage inside the options that the client sent. */
static void
edit_stream_options(struct edits *edits, struct str pair)
{
	struct scan_member usage = { .name = "include_usage" };
	ptrdiff_t brace = str_find_char(pair, '{');
	struct str options = str_skip(pair, (size_t)brace);
	struct str first = str_make(options.ptr + 1, 0);
	struct str inside = str_make(options.ptr + 1, options.len - 2);

	if (scan_object(options, &usage, 1, NULL) == OK && usage.value.len > 0)
		add_edit(edits, usage.value, STR("true"));
	else if (str_trim(inside).len > 0)
		add_edit(edits, first, STR("\"include_usage\":true,"));
	else
		add_edit(edits, first, STR("\"include_usage\":true"));
}

static void
ask_for_usage(struct edits *edits, const struct facts *facts)
{
	struct str pair = facts->stream_options;

	if (pair.len == 0)
		add_edit(edits, behind(facts->model_raw),
		    STR(",\"stream_options\":{\"include_usage\":true}"));
	else if (str_has_suffix(pair, STR("}")))
		edit_stream_options(edits, pair);
	else /* null */
		add_edit(edits, pair,
		    STR("\"stream_options\":{\"include_usage\":true}"));
}

static bool
is_usage_unasked(const struct translate_input *in)
{
	return in->client->family == FAMILY_OPENAI_CHAT && in->facts->stream &&
	    !in->facts->include_usage &&
	    (in->quirks & QUIRK_NO_STREAM_OPTIONS) == 0;
}

static size_t
count_of(struct str text, struct str needle)
{
	size_t count = 0;

	for (ptrdiff_t at = str_find(text, needle); at >= 0;
	     at = str_find(text, needle)) {
		count++;
		text = str_skip(text, (size_t)at + needle.len);
	}
	return count;
}

/* Says "system" where the client says "developer". */
static void
rename_developers(struct edits *edits, const struct tree *body)
{
	TREE_FOREACH(message, tree_get(body, "messages"))
	{
		const struct tree *role = tree_get(message, "role");

		if (str_eq(tree_text(role), STR("developer")) &&
		    edits->count < edits->room)
			add_edit(edits, role->raw, STR("\"system\""));
	}
}

/* ---- the two ways ---- */

static enum status
read_tree(struct arena *arena, struct str body, struct tree **out,
    struct translate_fault *fault)
{
	struct scan_fault scan_fault = { .what = "" };
	enum status status = tree_parse(arena, body, out, &scan_fault);

	if (status != OK)
		*fault = (struct translate_fault){
			.message = str_printf(arena,
			    "the body cannot be read: %s at byte %zu",
			    scan_fault.what, scan_fault.offset)
		};
	return status;
}

static const char *
path_of(enum dialect_family family)
{
	return family == FAMILY_ANTHROPIC ? "/v1/messages"
					  : "/chat/completions";
}

static enum status
keep_bytes(struct arena *arena, const struct translate_input *in,
    struct outbound *out, struct translate_fault *fault)
{
	bool says_system = (in->quirks & QUIRK_NO_DEVELOPER_ROLE) != 0;
	size_t developers =
	    says_system ? count_of(in->body, STR("\"developer\"")) : 0;
	struct edits edits = { .room = 2 + developers };
	struct tree *body = NULL;
	enum status status;

	edits.list =
	    arena_alloc_array(arena, edits.room, sizeof(edits.list[0]));
	add_edit(
	    &edits, in->facts->model_raw, quote(arena, in->upstream_model));
	out->strip_usage = is_usage_unasked(in);
	if (out->strip_usage)
		ask_for_usage(&edits, in->facts);
	if (developers > 0) {
		status = read_tree(arena, in->body, &body, fault);
		if (status != OK)
			return status;
		rename_developers(&edits, body);
	}
	out->path = str_from(path_of(in->upstream->family));
	out->body = apply_edits(arena, in->body, &edits);
	out->dropped = STR("");
	out->stream = in->facts->stream;
	return OK;
}

static enum status
convert(struct arena *arena, const struct translate_input *in,
    struct outbound *out, struct translate_fault *fault)
{
	struct chat chat = { .max_tokens = -1 };
	struct tree *body;
	enum status status;

	status = read_tree(arena, in->body, &body, fault);
	if (status == OK)
		status = in->client->read_request(arena, body, &chat, fault);
	if (status != OK)
		return status;
	return in->upstream->write_request(
	    arena, &chat, in->upstream_model, in->quirks, out, fault);
}

enum status
translate_request(struct arena *arena, const struct translate_input *in,
    struct outbound *out, struct translate_fault *fault)
{
	*out = (struct outbound){ .stream = false };
	*fault = (struct translate_fault){ .message = STR("") };
	if (in->client->family == in->upstream->family)
		return keep_bytes(arena, in, out, fault);
	return convert(arena, in, out, fault);
}
