/*
 * facts.c - see facts.h.  Which members are read is a table per family; null
 * counts as not said, as providers take it.
 */
#include "dataplane/translate/facts.h"

#include "common/arena.h"
#include "dataplane/translate/dialect.h"
#include "dataplane/translate/lexer.h"

enum {
	TOKENS_MAX = INT32_MAX,
	CHOICES_MAX = 128,   /* the most that OpenAI gives */
	BYTES_PER_TOKEN = 4, /* of JSON and prose in English, roughly */
};

struct reading {
	struct arena *arena;
	struct facts *facts;
	struct facts_fault *fault;
};

static enum status
refuse(struct reading *r, const char *param, const char *message)
{
	*r->fault = (struct facts_fault){ str_from(param),
		str_printf(r->arena, "%s%s%s", param,
		    param[0] != '\0' ? " " : "", message) };
	return E_INVALID;
}

/* ---- one member each; `raw` is neither empty nor null ---- */

static enum status
read_model(struct reading *r, const char *name, struct str raw)
{
	struct str inner;
	char *text;

	if (!scan_is_string(raw))
		return refuse(r, name, "must be a string");
	inner = str_make(raw.ptr + 1, raw.len - 2);
	if (inner.len == 0)
		return refuse(
		    r, name, "must not be empty: name one of GET /v1/models");
	r->facts->model_raw = raw;
	r->facts->model = inner;
	if (str_find_char(inner, '\\') < 0)
		return OK;
	text = arena_alloc(r->arena, inner.len);
	r->facts->model = str_make(text, lexer_unescape(inner, text));
	return OK;
}

static enum status
read_bool(struct reading *r, const char *name, struct str raw, bool *out)
{
	if (!scan_is_true(raw) && !str_eq(raw, STR("false")))
		return refuse(r, name, "must be true or false");
	*out = scan_is_true(raw);
	return OK;
}

static enum status
read_stream(struct reading *r, const char *name, struct str raw)
{
	return read_bool(r, name, raw, &r->facts->stream);
}

static enum status
read_stream_options(struct reading *r, const char *name, struct str raw)
{
	struct scan_member usage = { .name = "include_usage" };

	if (!scan_is_object(raw))
		return refuse(r, name, "must be an object");
	if (scan_object(raw, &usage, 1, NULL) != OK)
		return refuse(r, name, "holds include_usage twice");
	if (usage.value.len == 0 || scan_is_null(usage.value))
		return OK;
	return read_bool(r, "stream_options.include_usage", usage.value,
	    &r->facts->include_usage);
}

/* A whole number from min to max. */
static bool
read_number(struct str raw, int64_t min, int64_t max, int64_t *out)
{
	int64_t number;

	if (str_to_i64(raw, &number) != OK || number < min || number > max)
		return false;
	*out = number;
	return true;
}

/*
 * 0 and -1 mean "without limit" to some providers: as good as not said.
 * Where two names say it, the larger is what must be reserved.
 */
static enum status
read_max_output(struct reading *r, const char *name, struct str raw)
{
	int64_t count;

	if (!read_number(raw, -1, TOKENS_MAX, &count))
		return refuse(r, name, "must be a whole number of tokens");
	if (count > 0)
		r->facts->max_output = i64_max(r->facts->max_output, count);
	return OK;
}

static enum status
read_choices(struct reading *r, const char *name, struct str raw)
{
	if (!read_number(raw, 1, CHOICES_MAX, &r->facts->choices))
		return refuse(r, name, "must be a whole number from 1 to 128");
	return OK;
}

static enum status
read_tools(struct reading *r, const char *name, struct str raw)
{
	struct str inner;

	if (raw.ptr[0] != '[')
		return refuse(r, name, "must be a list");
	inner = str_make(raw.ptr + 1, raw.len - 2);
	r->facts->has_tools = str_trim(inner).len > 0;
	return OK;
}

/* ---- the members of each family ---- */

struct fact_reader {
	const char *name;
	enum status (*read)(struct reading *, const char *name, struct str raw);
};

static const struct fact_reader openai_chat_readers[] = {
	{ "model", read_model },
	{ "stream", read_stream },
	{ "stream_options", read_stream_options },
	{ "max_tokens", read_max_output },
	{ "max_completion_tokens", read_max_output },
	{ "n", read_choices },
	{ "tools", read_tools },
};

static const struct fact_reader anthropic_readers[] = {
	{ "model", read_model },
	{ "stream", read_stream },
	{ "max_tokens", read_max_output },
	{ "tools", read_tools },
};

enum {
	READERS_MAX = ARRAY_LEN(openai_chat_readers),
};

static const struct fact_reader *
readers_of(const struct dialect *client, size_t *out_count)
{
	if (client->family == FAMILY_ANTHROPIC) {
		*out_count = ARRAY_LEN(anthropic_readers);
		return anthropic_readers;
	}
	assert(client->family == FAMILY_OPENAI_CHAT);
	*out_count = ARRAY_LEN(openai_chat_readers);
	return openai_chat_readers;
}

static enum status
refuse_body(struct reading *r, const struct scan_fault *fault)
{
	struct str message = str_printf(r->arena,
	    "the body is not a valid JSON object: %s at byte %zu", fault->what,
	    fault->offset);

	*r->fault = (struct facts_fault){ STR(""), message };
	return E_INVALID;
}

static enum status
read_members(struct reading *r, const struct fact_reader *readers,
    const struct scan_member *members, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct str raw = members[i].value;
		enum status status;

		if (raw.len == 0 || scan_is_null(raw))
			continue;
		status = readers[i].read(r, readers[i].name, raw);
		if (status != OK)
			return status;
	}
	return OK;
}

/* The pair of stream_options, also when its value is null. */
static struct str
pair_of(const struct scan_member *members, size_t count, struct str name)
{
	for (size_t i = 0; i < count; i++) {
		if (str_eq(str_from(members[i].name), name))
			return members[i].pair;
	}
	return STR("");
}

enum status
facts_read(const struct dialect *client, struct arena *arena, struct str body,
    struct facts *out, struct facts_fault *fault)
{
	struct reading r = { arena, out, fault };
	struct scan_member members[READERS_MAX];
	struct scan_fault scan_fault;
	const struct fact_reader *readers;
	enum status status;
	size_t count;

	*out = (struct facts){ .max_output = -1, .choices = 1 };
	readers = readers_of(client, &count);
	for (size_t i = 0; i < count; i++)
		members[i].name = readers[i].name;
	if (scan_object(body, members, count, &scan_fault) != OK)
		return refuse_body(&r, &scan_fault);
	status = read_members(&r, readers, members, count);
	if (status != OK)
		return status;
	if (out->model.len == 0)
		return refuse(
		    &r, "model", "is missing: name one of GET /v1/models");
	out->stream_options = pair_of(members, count, STR("stream_options"));
	out->input_guess =
	    (int64_t)((body.len + BYTES_PER_TOKEN - 1) / BYTES_PER_TOKEN);
	return OK;
}
