/*
 * replay.c - replays recorded answers of real providers through the
 * translation, to every client dialect.
 *
 *	replay path/to/index.jsonl [part of an id]
 *
 * In their own dialect answers must come out byte for byte.  In another one
 * the result must keep that dialect's grammar and say what the provider said:
 * text, thinking, calls, the reason for the end, and tokens.  Every stream is
 * fed whole, in odd pieces and byte by byte, with one result.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/clock.h"
#include "common/json.h"
#include "dataplane/translate/answer.h"
#include "tests/recordings/reading.h"

#define EVENT_MAX_BYTES ((size_t)16 << 20)
#define WHOLE_MAX_BYTES ((size_t)64 << 20)
#define DEPTH_MAX 128

typedef void (*read_fn)(struct reading *, struct str body, bool strict);

static const struct tongue {
	const char *recorded; /* the fixtures' word for it */
	const struct dialect *dialect;
	read_fn read_stream;
	read_fn read_whole;
	bool is_client;
} tongues[] = {
	{ "openai.chat", &dialect_openai_chat, read_openai_chat_stream,
	    read_openai_chat_whole, true },
	{ "anthropic.messages", &dialect_anthropic, read_anthropic_stream,
	    read_anthropic_whole, true },
	{ "gemini.generateContent", &dialect_gemini, read_gemini_stream,
	    read_gemini_whole, false },
};

struct tally {
	size_t passed;
	size_t failed;
};

struct recording {
	const char *id;
	const struct tongue *from;
	uint32_t quirks;
	bool stream;
	int http_status;
	struct buf body;
};

struct outcome {
	struct buf out;
	struct answer_state state;
};

static struct tally tallies[ARRAY_LEN(tongues)][ARRAY_LEN(tongues)];
static struct tally errors;

static void
complain(const struct recording *rec, const char *to, const char *what,
    const char *detail)
{
	printf("FAIL %s to %s: %s%s%s\n", rec->id, to, what,
	    detail[0] == '\0' ? "" : ": ", detail);
}

static void
run(const struct recording *rec, const struct tongue *to, size_t piece,
    struct outcome *outcome)
{
	struct answer_plan plan = {
		.client = to->dialect,
		.upstream = rec->from->dialect,
		.quirks = rec->quirks,
		.client_stream = rec->stream,
		.upstream_stream = rec->stream,
		.include_usage = true,
		.model = STR("test-model"),
		.request_id = STR("req_0123456789"),
		.event_max_bytes = EVENT_MAX_BYTES,
		.whole_max_bytes = WHOLE_MAX_BYTES,
	};
	struct str body = buf_str(&rec->body);
	struct arena arena;
	struct answer *answer;

	arena_init(&arena, 0);
	answer = answer_new(&arena, &plan);
	buf_init(&outcome->out, WHOLE_MAX_BYTES);
	for (; body.len > 0; body = str_skip(body, piece))
		answer_feed(answer, str_head(body, piece), &outcome->out);
	answer_end(answer, &outcome->out);
	outcome->state = *answer_state(answer);
	arena_done(&arena);
}

/* Returns what is wrong, or an empty text. */
static const char *
compare_tokens(const struct reading *wanted, const struct tokens *tokens)
{
	if (!wanted->has_usage)
		return "";
	if (!tokens->reported || tokens->input != wanted->input ||
	    tokens->cached != wanted->cached ||
	    tokens->output != wanted->output)
		return "metered tokens differ";
	return "";
}

static const char *
check_translated(const struct recording *rec, const struct tongue *to,
    const struct reading *wanted, const struct outcome *outcome)
{
	static char text[300];
	struct reading seen;
	const char *difference;

	reading_init(&seen);
	(rec->stream ? to->read_stream : to->read_whole)(
	    &seen, buf_str(&outcome->out), true);
	text[0] = '\0';
	difference = reading_compare(wanted, &seen);
	if (seen.fault[0] != '\0')
		snprintf(text, sizeof(text), "grammar: %s", seen.fault);
	else if (!seen.has_ended)
		snprintf(text, sizeof(text), "no end");
	else if (difference != NULL)
		snprintf(text, sizeof(text), "another %s", difference);
	reading_done(&seen);
	return text;
}

static const char *
check(const struct recording *rec, const struct tongue *to,
    const struct reading *wanted, const struct outcome *outcome)
{
	bool failed = outcome->state.failure.class != FAILURE_NONE;

	if (wanted->has_failed || !wanted->has_ended)
		return failed ? "" : "an error was not noticed";
	if (failed)
		return "an error was made up";
	if (!outcome->state.finished)
		return "not finished";
	if (compare_tokens(wanted, &outcome->state.tokens)[0] != '\0')
		return compare_tokens(wanted, &outcome->state.tokens);
	if (to != rec->from)
		return check_translated(rec, to, wanted, outcome);
	return str_eq(buf_str(&outcome->out), buf_str(&rec->body))
	    ? ""
	    : "bytes changed";
}

static bool
is_same(const struct outcome *a, const struct outcome *b)
{
	return str_eq(buf_str(&a->out), buf_str(&b->out)) &&
	    a->state.finished == b->state.finished &&
	    a->state.failure.class == b->state.failure.class &&
	    memcmp(&a->state.tokens, &b->state.tokens, sizeof(struct tokens)) ==
	    0;
}

static void
replay_to(const struct recording *rec, const struct tongue *to,
    const struct reading *wanted)
{
	static const size_t pieces[] = { 1, 7, 1021 };
	struct tally *tally = &tallies[rec->from - tongues][to - tongues];
	struct outcome whole, part;
	const char *what;

	run(rec, to, SIZE_MAX, &whole);
	what = check(rec, to, wanted, &whole);
	for (size_t i = 0; i < ARRAY_LEN(pieces) && what[0] == '\0'; i++) {
		run(rec, to, pieces[i], &part);
		if (!is_same(&whole, &part))
			what = "pieces change the result";
		buf_done(&part.out);
	}
	if (what[0] == '\0')
		tally->passed++;
	else
		tally->failed++;
	if (what[0] != '\0')
		complain(rec, to->dialect->name, what,
		    whole.state.failure.class == FAILURE_NONE
			? ""
			: failure_word(whole.state.failure.class));
	buf_done(&whole.out);
}

/* An error must get a class and keep the provider's words. */
static void
replay_error(const struct recording *rec)
{
	struct arena arena;
	struct failure failure = { .class = FAILURE_NONE };

	arena_init(&arena, 0);
	rec->from->dialect->read_error(
	    &arena, rec->http_status, buf_str(&rec->body), &failure);
	if (failure.class == FAILURE_NONE ||
	    (failure.message.len == 0 && buf_len(&rec->body) > 2)) {
		complain(rec, "failure", "not understood", "");
		errors.failed++;
	} else {
		errors.passed++;
	}
	if (getenv("REPLAY_VERBOSE") != NULL)
		printf("%s %d %s [%.*s] %.*s\n", rec->id, rec->http_status,
		    failure_word(failure.class), STR_ARGS(failure.code),
		    (int)size_min(failure.message.len, 90),
		    failure.message.ptr);
	arena_done(&arena);
}

static void
replay(const struct recording *rec)
{
	struct reading wanted;

	if (rec->http_status != 200) {
		replay_error(rec);
		return;
	}
	reading_init(&wanted);
	(rec->stream ? rec->from->read_stream : rec->from->read_whole)(
	    &wanted, buf_str(&rec->body), false);
	for (size_t i = 0; i < ARRAY_LEN(tongues); i++)
		if (tongues[i].is_client)
			replay_to(rec, &tongues[i], &wanted);
	reading_done(&wanted);
}

/* Without alt=sse Google streams one JSON array, which Weir never asks for. */
static void
array_to_events(const json_t *array, struct buf *out)
{
	const json_t *chunk;
	size_t i;

	json_array_foreach(array, i, chunk)
	{
		char *text = json_dumps(chunk, JSON_COMPACT);

		buf_printf(out, "data: %s\r\n\r\n", text);
		free(text);
	}
}

static void
read_body(const json_t *body, struct recording *rec)
{
	CLEANUP(json_release) json_t *array = NULL;
	char *text;

	buf_init(&rec->body, WHOLE_MAX_BYTES);
	if (json_is_string(body)) {
		struct str bytes = json_text(body);

		if (rec->stream && str_has_prefix(bytes, STR("[")) &&
		    json_parse(bytes, DEPTH_MAX, &array, NULL) == OK)
			array_to_events(array, &rec->body);
		else
			buf_add_str(&rec->body, bytes);
		return;
	}
	if (rec->stream && json_is_array(body)) {
		array_to_events(body, &rec->body);
		return;
	}
	text = json_dumps(body, JSON_COMPACT);
	buf_add_cstr(&rec->body, text == NULL ? "" : text);
	free(text);
}

static const struct tongue *
tongue_find(const char *recorded)
{
	for (size_t i = 0; i < ARRAY_LEN(tongues); i++)
		if (recorded != NULL &&
		    strcmp(tongues[i].recorded, recorded) == 0)
			return &tongues[i];
	return NULL;
}

static bool
has_bytes(const char *fidelity)
{
	return fidelity != NULL &&
	    (strcmp(fidelity, "wire") == 0 ||
		strcmp(fidelity, "wire-json") == 0 ||
		strcmp(fidelity, "chunks") == 0);
}

static json_t *
load(const char *folder, const char *file)
{
	json_t *root;
	char *path;

	if (asprintf(&path, "%s/%s", folder, file) < 0)
		abort();
	root = json_load_file(path, JSON_ALLOW_NUL, NULL);
	free(path);
	return root;
}

static void
replay_line(const char *folder, const json_t *line, const char *part)
{
	const struct tongue *from =
	    tongue_find(json_string_value(json_object_get(line, "dialect")));
	const char *id = json_string_value(json_object_get(line, "id"));
	const struct provider_kind *kind =
	    provider_kind_find(json_text(json_object_get(line, "provider")));
	CLEANUP(json_release) json_t *root = NULL;
	const json_t *response;
	struct recording rec = { .id = id, .from = from };

	if (from == NULL ||
	    !has_bytes(json_string_value(json_object_get(line, "fidelity"))) ||
	    (part != NULL && strstr(id, part) == NULL))
		return;
	root = load(folder, json_string_value(json_object_get(line, "file")));
	response = json_object_get(root, "response");
	if (json_object_get(response, "body_encoding") != NULL)
		return;
	rec.quirks = kind == NULL ? 0 : kind->quirks;
	rec.stream = json_is_true(json_object_get(line, "stream"));
	rec.http_status =
	    (int)json_integer_value(json_object_get(line, "status"));
	read_body(json_object_get(response, "body"), &rec);
	replay(&rec);
	buf_done(&rec.body);
}

static size_t
summarise(void)
{
	size_t failed = errors.failed;

	for (size_t i = 0; i < ARRAY_LEN(tongues); i++)
		for (size_t j = 0; j < ARRAY_LEN(tongues); j++) {
			struct tally *t = &tallies[i][j];

			failed += t->failed;
			if (t->passed + t->failed > 0)
				printf("%-11s to %-11s %4zu of %4zu\n",
				    tongues[i].dialect->name,
				    tongues[j].dialect->name, t->passed,
				    t->passed + t->failed);
		}
	printf("errors                     %4zu of %4zu\n", errors.passed,
	    errors.passed + errors.failed);
	return failed;
}

int
main(int argc, char **argv)
{
	char *line = NULL, *slash;
	size_t cap = 0;
	FILE *index;
	char *folder;

	if (argc < 2 || (index = fopen(argv[1], "r")) == NULL) {
		fprintf(stderr, "usage: replay index.jsonl [id]\n");
		return 2;
	}
	clock_pin_wall(1700000000 * US_PER_S);
	folder = strdup(argv[1]);
	slash = strrchr(folder, '/');
	if (slash != NULL)
		*slash = '\0';
	while (getline(&line, &cap, index) > 0) {
		CLEANUP(json_release) json_t *entry = json_loads(line, 0, NULL);

		replay_line(slash == NULL ? "." : folder, entry,
		    argc > 2 ? argv[2] : NULL);
	}
	free(line);
	free(folder);
	fclose(index);
	return summarise() == 0 ? 0 : 1;
}
