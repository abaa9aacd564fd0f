/*
 * requests.c - translates recorded requests of real clients to every other
 * dialect, and checks the rules that providers enforce on what comes out.
 *
 *	requests path/to/index.jsonl [part of an id]
 *
 * A request may be refused where it holds what the target cannot say; the
 * reasons are counted.  What is written must be JSON, keep every call and
 * result paired and in order, and say all the text that the client said.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/json.h"
#include "dataplane/translate/facts.h"
#include "dataplane/translate/translate.h"

#define DEPTH_MAX 128

static const struct {
	const char *recorded;
	const struct dialect *client;
} clients[] = {
	{ "openai.chat", &dialect_openai_chat },
	{ "anthropic.messages", &dialect_anthropic },
};

static const char *const targets[] = {
	"openai",
	"ark",
	"mistral",
	"anthropic",
	"gemini",
};

static size_t written, refused, failed;

/* ---- the rules ---- */

static struct str
text_at(const json_t *object, const char *key)
{
	return json_text(json_object_get(object, key));
}

/* Tool messages stand right behind the message whose calls they answer. */
static const char *
check_openai(const json_t *body)
{
	const json_t *message, *call, *calls = NULL;
	size_t i, j, answered = 0;

	json_array_foreach(json_object_get(body, "messages"), i, message)
	{
		struct str role = text_at(message, "role");
		bool is_known = false;

		if (!str_eq(role, STR("tool"))) {
			calls = json_object_get(message, "tool_calls");
			answered = 0;
			continue;
		}
		json_array_foreach(calls, j, call) is_known = is_known ||
		    str_eq(
			text_at(call, "id"), text_at(message, "tool_call_id"));
		if (!is_known || ++answered > json_array_size(calls))
			return "a tool message without its call";
	}
	return i == 0 ? "no messages" : NULL;
}

static size_t
count_blocks(const json_t *message, const char *type)
{
	const json_t *block;
	size_t i, count = 0;

	json_array_foreach(json_object_get(message, "content"), i, block)
	    count += str_eq(text_at(block, "type"), str_from(type));
	return count;
}

/* Turns alternate; results come first in the turn behind the calls. */
static const char *
check_anthropic(const json_t *body)
{
	const json_t *message, *before = NULL;
	size_t i;

	if (!json_is_integer(json_object_get(body, "max_tokens")))
		return "no max_tokens";
	json_array_foreach(json_object_get(body, "messages"), i, message)
	{
		const json_t *first =
		    json_array_get(json_object_get(message, "content"), 0);
		size_t results = count_blocks(message, "tool_result");

		if (first == NULL)
			return "an empty turn";
		if (before != NULL &&
		    str_eq(text_at(before, "role"), text_at(message, "role")))
			return "turns do not alternate";
		if (results > 0 && results > count_blocks(before, "tool_use"))
			return "more results than calls";
		if (results > 0 &&
		    !str_eq(text_at(first, "type"), STR("tool_result")))
			return "results are not first";
		before = message;
	}
	return i == 0 ? "no messages" : NULL;
}

static size_t
count_parts(const json_t *content, const char *key)
{
	const json_t *part;
	size_t i, count = 0;

	json_array_foreach(json_object_get(content, "parts"), i, part) count +=
	    json_object_get(part, key) != NULL;
	return count;
}

/* As many responses as calls, by the same names in the same order. */
static const char *
check_gemini(const json_t *body)
{
	const json_t *content, *before = NULL, *part;
	size_t i, j;

	json_array_foreach(json_object_get(body, "contents"), i, content)
	{
		size_t responses = count_parts(content, "functionResponse");

		json_array_foreach(json_object_get(content, "parts"), j, part)
		{
			const json_t *response =
			    json_object_get(part, "functionResponse");

			if (response != NULL &&
			    (str_is_empty(text_at(response, "name")) ||
				!json_is_object(
				    json_object_get(response, "response"))))
				return "a response without name or object";
		}
		if (j == 0)
			return "an empty turn";
		if (responses > 0 &&
		    responses > count_parts(before, "functionCall"))
			return "more responses than calls";
		before = content;
	}
	return i == 0 ? "no contents" : NULL;
}

static const char *
check(const struct dialect *target, const json_t *body)
{
	switch (target->family) {
	case FAMILY_OPENAI_CHAT:
		return check_openai(body);
	case FAMILY_ANTHROPIC:
		return check_anthropic(body);
	case FAMILY_GEMINI:
		return check_gemini(body);
	}
	return "no such family";
}

/*
 * Every text the client sent must be in the body, wherever it went; JSON that
 * a tool returned may stand there as JSON.
 */
static bool
is_object(const char *text)
{
	CLEANUP(json_release) json_t *root = NULL;

	return json_parse(str_from(text), DEPTH_MAX, &root, NULL) == OK &&
	    json_is_object(root);
}

static const char *
find_text(const json_t *said, const char *body)
{
	const json_t *child;
	const char *key;
	size_t i;

	json_array_foreach(said, i, child) if (find_text(child, body) !=
	    NULL) return find_text(child, body);
	if (!json_is_object(said))
		return NULL;
	json_object_foreach((json_t *)said, key, child)
	{
		char *text;
		bool is_there;

		if (strcmp(key, "reasoning_details") == 0)
			continue; /* of another issuer */
		if (json_is_string(child) && strcmp(key, "text") == 0 &&
		    !is_object(json_string_value(child))) {
			text = json_dumps(child, JSON_ENCODE_ANY);
			text[strlen(text) - 1] = '\0';
			is_there = strstr(body, text + 1) != NULL;
			free(text);
			if (!is_there)
				return json_string_value(child);
		} else if (find_text(child, body) != NULL) {
			return find_text(child, body);
		}
	}
	return NULL;
}

/* ---- one request to one target ---- */

static void
report(const char *id, const char *target, const char *what, const char *detail)
{
	printf("%s to %s: %s%s%.120s\n", id, target, what,
	    detail == NULL ? "" : ": ", detail == NULL ? "" : detail);
}

static void
check_written(
    const char *id, const char *target, const json_t *said, struct str body)
{
	const struct provider_kind *kind = provider_kind_find(str_from(target));
	CLEANUP(json_release) json_t *root = NULL;
	const char *fault, *lost = NULL;
	char *text;

	if (json_parse(body, DEPTH_MAX, &root, NULL) != OK) {
		report(id, target, "FAIL", "the request is not JSON");
		failed++;
		return;
	}
	fault = check(kind->dialect, root);
	text = json_dumps(root, 0);
	if (fault == NULL)
		lost = find_text(json_object_get(said, "messages"), text);
	if (fault != NULL)
		report(id, target, "FAIL", fault);
	else if (lost != NULL)
		report(id, target, "FAIL lost", lost);
	if (fault != NULL || lost != NULL)
		failed++;
	else
		written++;
	free(text);
}

static void
translate(const char *id, const struct dialect *client, const char *target,
    const json_t *said)
{
	const struct provider_kind *kind = provider_kind_find(str_from(target));
	char *body = json_dumps(said, JSON_COMPACT);
	struct translate_fault fault = { .message = STR("") };
	struct facts_fault facts_fault;
	struct outbound outbound;
	struct facts facts;
	struct arena arena;

	arena_init(&arena, 0);
	if (facts_read(client, &arena, str_from(body), &facts, &facts_fault) ==
		OK &&
	    translate_request(&arena,
		&(struct translate_input){ .client = client,
		    .upstream = kind->dialect,
		    .quirks = kind->quirks,
		    .body = str_from(body),
		    .facts = &facts,
		    .upstream_model = STR("some-model") },
		&outbound, &fault) == OK) {
		check_written(id, target, said, outbound.body);
	} else {
		refused++;
		if (getenv("REPLAY_VERBOSE") != NULL)
			printf("refused %s to %s: %.*s %.*s\n", id, target,
			    STR_ARGS(fault.param), STR_ARGS(fault.message));
	}
	arena_done(&arena);
	free(body);
}

static void
replay_line(const char *folder, const json_t *line)
{
	struct str dialect = text_at(line, "dialect");
	const char *id = json_string_value(json_object_get(line, "id"));
	CLEANUP(json_release) json_t *root = NULL;
	const json_t *body;
	char *path;

	if (asprintf(&path, "%s/%s", folder,
		json_string_value(json_object_get(line, "file"))) < 0)
		abort();
	for (size_t i = 0; i < ARRAY_LEN(clients); i++) {
		if (!str_eq(dialect, str_from(clients[i].recorded)))
			continue;
		root = json_load_file(path, JSON_ALLOW_NUL, NULL);
		body =
		    json_object_get(json_object_get(root, "request"), "body");
		if (json_integer_value(json_object_get(line, "status")) != 200)
			break; /* the provider refused it, too */
		for (size_t j = 0;
		     j < ARRAY_LEN(targets) && json_is_object(body); j++)
			if (provider_kind_find(str_from(targets[j]))->dialect !=
			    clients[i].client)
				translate(
				    id, clients[i].client, targets[j], body);
	}
	free(path);
}

int
main(int argc, char **argv)
{
	char *line = NULL, *slash, *folder;
	size_t cap = 0;
	FILE *index;

	if (argc < 2 || (index = fopen(argv[1], "r")) == NULL) {
		fprintf(stderr, "usage: requests index.jsonl [id]\n");
		return 2;
	}
	folder = strdup(argv[1]);
	slash = strrchr(folder, '/');
	if (slash != NULL)
		*slash = '\0';
	while (getline(&line, &cap, index) > 0) {
		CLEANUP(json_release) json_t *entry = json_loads(line, 0, NULL);

		if (argc < 3 || strstr(line, argv[2]) != NULL)
			replay_line(slash == NULL ? "." : folder, entry);
	}
	free(line);
	free(folder);
	fclose(index);
	printf("requests: %zu written, %zu refused, %zu failed\n", written,
	    refused, failed);
	return failed == 0 ? 0 : 1;
}
