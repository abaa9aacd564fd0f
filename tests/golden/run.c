/*
 * run.c - runs the golden cases: what a client sends, what the provider must
 * get, what it answers, what the client must get.
 *
 *	run folder [part of a path]
 *
 * A case is a folder <client>-<provider kind>/<name> with request.json and
 *
 *	refusal.json		the request cannot be carried: param, message
 * or	upstream_request.json	path, dropped and body, equal as JSON
 * and	upstream_response.json | .sse
 *	response.json | .sse	byte for byte, however the answer is cut up
 *	usage.json		tokens, or the failure
 * or	upstream_error.json	status and body
 *	failure.json		class, code and how long to wait
 *
 * WEIR_GOLDEN_WRITE=1 writes what is compared, to be read before it is kept.
 */
#include <dirent.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/arena.h"
#include "common/clock.h"
#include "common/json.h"
#include "dataplane/translate/answer.h"
#include "dataplane/translate/facts.h"
#include "dataplane/translate/translate.h"

#define FILE_MAX_BYTES ((size_t)1 << 20)
#define DEPTH_MAX 128

struct golden {
	const char *folder;
	const struct dialect *client;
	const struct provider_kind *kind;
	struct arena arena;
	struct facts facts;
	struct outbound outbound;
	bool failed;
};

static const struct {
	const char *kind;
	const char *model;
} models[] = {
	{ "openai", "gpt-4o" },
	{ "ark", "doubao-seed-2-1-pro-260628" },
	{ "mistral", "mistral-large-latest" },
	{ "anthropic", "claude-sonnet-4-5" },
	{ "gemini", "gemini-2.5-flash" },
};

static const char *
model_of(const char *kind)
{
	for (size_t i = 0; i < ARRAY_LEN(models); i++)
		if (strcmp(models[i].kind, kind) == 0)
			return models[i].model;
	return "some-model";
}

static bool
is_writing(void)
{
	return getenv("WEIR_GOLDEN_WRITE") != NULL;
}

static FILE *
file_open(struct golden *g, const char *name, const char *mode)
{
	struct str path = str_printf(&g->arena, "%s/%s", g->folder, name);

	return fopen(path.ptr, mode);
}

/* False when there is no such file. */
static bool
file_read(struct golden *g, const char *name, struct str *out)
{
	FILE *file = file_open(g, name, "r");
	char *bytes;

	if (file == NULL)
		return false;
	bytes = arena_alloc(&g->arena, FILE_MAX_BYTES);
	*out = str_make(bytes, fread(bytes, 1, FILE_MAX_BYTES, file));
	fclose(file);
	return true;
}

static void
file_write(struct golden *g, const char *name, struct str bytes)
{
	FILE *file = file_open(g, name, "w");

	if (file == NULL)
		abort();
	fwrite(bytes.ptr, 1, bytes.len, file);
	fclose(file);
}

static void
differ(struct golden *g, const char *name, struct str seen)
{
	printf("FAIL %s/%s; seen:\n%.*s\n", g->folder, name, STR_ARGS(seen));
	g->failed = true;
}

static void
compare_bytes(struct golden *g, const char *name, struct str seen)
{
	struct str wanted = STR("");

	if (is_writing())
		file_write(g, name, seen);
	else if (!file_read(g, name, &wanted) || !str_eq(wanted, seen))
		differ(g, name, seen);
}

/* Takes the value over. */
static void
compare_json(struct golden *g, const char *name, json_t *seen)
{
	char *text = json_dumps(seen, JSON_INDENT(2));
	struct str wanted = STR("");
	json_t *root = NULL;

	if (is_writing()) {
		file_write(g, name, str_printf(&g->arena, "%s\n", text));
	} else if (!file_read(g, name, &wanted) ||
	    json_parse(wanted, DEPTH_MAX, &root, NULL) != OK ||
	    !json_equal(root, seen)) {
		differ(g, name, str_from(text));
	}
	json_decref(root);
	json_decref(seen);
	free(text);
}

static json_t *
json_of(struct str text)
{
	return json_stringn(text.ptr == NULL ? "" : text.ptr, text.len);
}

static json_t *
json_parsed(struct str text)
{
	json_t *root = NULL;

	if (json_parse(text, DEPTH_MAX, &root, NULL) != OK)
		return json_of(text);
	return root;
}

/* ---- the request ---- */

static void
check_refusal(struct golden *g, const struct translate_fault *fault)
{
	compare_json(g, "refusal.json",
	    json_pack("{s:o,s:o}", "param", json_of(fault->param), "message",
		json_of(fault->message)));
}

static bool
translate(struct golden *g, struct str body)
{
	struct translate_input in = {
		.client = g->client,
		.upstream = g->kind->dialect,
		.quirks = g->kind->quirks,
		.body = body,
		.facts = &g->facts,
		.upstream_model = str_from(model_of(g->kind->kind)),
	};
	struct facts_fault facts_fault;
	struct translate_fault fault;

	if (facts_read(g->client, &g->arena, body, &g->facts, &facts_fault) !=
	    OK) {
		differ(g, "request.json", facts_fault.message);
		return false;
	}
	if (translate_request(&g->arena, &in, &g->outbound, &fault) != OK) {
		check_refusal(g, &fault);
		return false;
	}
	compare_json(g, "upstream_request.json",
	    json_pack("{s:o,s:o,s:o}", "path", json_of(g->outbound.path),
		"dropped", json_of(g->outbound.dropped), "body",
		json_parsed(g->outbound.body)));
	return true;
}

/* ---- the answer ---- */

static json_t *
json_of_state(const struct answer_state *state)
{
	const struct tokens *t = &state->tokens;

	if (state->failure.class != FAILURE_NONE)
		return json_pack("{s:s,s:o}", "failure",
		    failure_word(state->failure.class), "message",
		    json_of(state->failure.message));
	return json_pack("{s:b,s:I,s:I,s:I,s:I,s:I,s:I}", "reported",
	    t->reported, "input", (json_int_t)t->input, "cached",
	    (json_int_t)t->cached, "cache_write_5m",
	    (json_int_t)t->cache_write_5m, "cache_write_1h",
	    (json_int_t)t->cache_write_1h, "output", (json_int_t)t->output,
	    "reasoning", (json_int_t)t->reasoning);
}

static json_t *
answer_in_pieces(
    struct golden *g, struct str body, size_t piece, struct buf *out)
{
	struct answer_plan plan = {
		.client = g->client,
		.upstream = g->kind->dialect,
		.quirks = g->kind->quirks,
		.client_stream = g->facts.stream,
		.upstream_stream = g->outbound.stream,
		.include_usage = g->facts.include_usage,
		.strip_usage = g->outbound.strip_usage,
		.model = g->facts.model,
		.request_id = STR("req_01jd6x3k8v6m2q7z0c4t9r5b1n"),
		.event_max_bytes = FILE_MAX_BYTES,
		.whole_max_bytes = FILE_MAX_BYTES,
	};
	struct arena arena;
	struct answer *answer;
	json_t *state;

	arena_init(&arena, 0);
	answer = answer_new(&arena, &plan);
	for (; body.len > 0; body = str_skip(body, piece))
		answer_feed(answer, str_head(body, piece), out);
	answer_end(answer, out);
	state = json_of_state(answer_state(answer));
	arena_done(&arena);
	return state;
}

static void
check_answer(struct golden *g, struct str body)
{
	static const size_t pieces[] = { SIZE_MAX, 1, 2, 7, 61 };
	const char *name = g->facts.stream ? "response.sse" : "response.json";

	for (size_t i = 0; i < ARRAY_LEN(pieces); i++) {
		struct buf out;
		json_t *state;

		buf_init(&out, FILE_MAX_BYTES);
		state = answer_in_pieces(g, body, pieces[i], &out);
		compare_bytes(g, name, buf_str(&out));
		compare_json(g, "usage.json", state);
		buf_done(&out);
	}
}

static void
check_error(struct golden *g, struct str text)
{
	json_t *error = json_parsed(text);
	char *body = json_dumps(json_object_get(error, "body"), 0);
	int http_status =
	    (int)json_integer_value(json_object_get(error, "status"));
	struct failure failure = { .class = FAILURE_NONE };
	struct buf out;

	g->kind->dialect->read_error(
	    &g->arena, http_status, str_from(body), &failure);
	compare_json(g, "failure.json",
	    json_pack("{s:s,s:o,s:o,s:I}", "class", failure_word(failure.class),
		"code", json_of(failure.code), "message",
		json_of(failure.message), "retry_after_ms",
		(json_int_t)failure.retry_after_ms));

	buf_init(&out, FILE_MAX_BYTES);
	g->client->write_error(&out,
	    &(struct dialect_error){
		.http_status = status_http(failure_status(failure.class)),
		.word = status_word(failure_status(failure.class)),
		.message = failure.message,
		.request_id = STR("req_01jd6x3k8v6m2q7z0c4t9r5b1n"),
		.in_stream = g->facts.stream });
	compare_bytes(g, g->facts.stream ? "response.sse" : "response.json",
	    buf_str(&out));
	buf_done(&out);
	json_decref(error);
	free(body);
}

static bool
run_case(struct golden *g)
{
	struct str body;

	if (!file_read(g, "request.json", &body)) {
		differ(g, "request.json", STR("(there is none)"));
		return false;
	}
	if (!translate(g, body))
		return !g->failed;
	if (file_read(g, "upstream_error.json", &body))
		check_error(g, body);
	else if (file_read(g, "upstream_response.sse", &body) ||
	    file_read(g, "upstream_response.json", &body))
		check_answer(g, body);
	return !g->failed;
}

/* ---- finding cases ---- */

static const struct dialect *
client_find(struct str name)
{
	if (str_eq(name, STR("openai")))
		return &dialect_openai_chat;
	return str_eq(name, STR("anthropic")) ? &dialect_anthropic : NULL;
}

static bool
run_folder(const char *pair, const char *folder)
{
	struct str kind = str_from(pair), client;
	struct golden g = { .folder = folder };
	bool ok;

	if (!str_next(&kind, '-', &client))
		return false;
	g.client = client_find(client);
	g.kind = provider_kind_find(kind);
	if (g.client == NULL || g.kind == NULL) {
		printf("FAIL %s: unknown client or provider\n", folder);
		return false;
	}
	arena_init(&g.arena, 0);
	ok = run_case(&g);
	arena_done(&g.arena);
	return ok;
}

static int
is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

struct count {
	size_t passed;
	size_t failed;
};

static void
run_pair(
    const char *root, const char *pair, const char *part, struct count *count)
{
	struct dirent **names = NULL;
	char *folder, *path;
	int total;

	if (asprintf(&folder, "%s/%s", root, pair) < 0)
		abort();
	total = scandir(folder, &names, is_visible, alphasort);
	for (int i = 0; i < total; i++) {
		if (asprintf(&path, "%s/%s", folder, names[i]->d_name) < 0)
			abort();
		if (part == NULL || strstr(path, part) != NULL) {
			if (run_folder(pair, path))
				count->passed++;
			else
				count->failed++;
		}
		free(path);
		free(names[i]);
	}
	free(names);
	free(folder);
}

int
main(int argc, char **argv)
{
	struct dirent **names = NULL;
	struct count count = { 0, 0 };
	int total;

	if (argc < 2) {
		fprintf(stderr, "usage: run folder [part of a path]\n");
		return 2;
	}
	clock_pin_wall(1700000000 * US_PER_S);
	total = scandir(argv[1], &names, is_visible, alphasort);
	for (int i = 0; i < total; i++) {
		if (strchr(names[i]->d_name, '-') != NULL)
			run_pair(argv[1], names[i]->d_name,
			    argc > 2 ? argv[2] : NULL, &count);
		free(names[i]);
	}
	free(names);
	printf("%zu cases passed, %zu failed\n", count.passed, count.failed);
	return count.failed == 0 && count.passed > 0 ? 0 : 1;
}
