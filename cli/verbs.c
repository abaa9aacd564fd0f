/* verbs.c - see verbs.h. */
#include "cli/verbs.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/fields.h"
#include "cli/lookup.h"
#include "cli/output.h"
#include "common/daemon.h"
#include "common/json.h"

enum {
	PATH_MAX_BYTES = 16 * 1024,
	INPUT_MAX_BYTES = 64 * 1024 * 1024,
	DEPTH_MAX = 64,
};

/* What follows "verb resource [id]". */
struct arguments {
	const struct resource *resource;
	const char *id;
	const char *const *fields;
	size_t field_count;
};

static enum exit_code
usage(const char *verb, const char *rest)
{
	fprintf(
	    stderr, "usage: weirctl %s RESOURCE%s\n\nresources:", verb, rest);
	for (size_t i = 0; i < resource_count; i++)
		fprintf(stderr, " %s", resources[i].name);
	fprintf(stderr, "\n");
	return EXIT_USAGE;
}

/* False when the resource or a wanted id is missing. */
static bool
read_arguments(
    const struct options *options, bool wants_id, struct arguments *out)
{
	size_t used = wants_id ? 3 : 2;

	if (options->count < used)
		return false;
	*out = (struct arguments){
		.resource = resource_find(options->args[1]),
		.id = wants_id ? options->args[2] : NULL,
		.fields = (const char *const *)options->args + used,
		.field_count = options->count - used,
	};
	return out->resource != NULL &&
	    (!wants_id || strncmp(out->id, "--", 2) != 0);
}

/* Takes "--all" off the fields, where it stands. */
static bool
take_all(struct session *session, struct arguments *arguments)
{
	const char **fields = (const char **)session->options->args + 2;

	for (size_t i = 0; i < arguments->field_count; i++) {
		if (strcmp(fields[i], "--all") != 0)
			continue;
		memmove(&fields[i], &fields[i + 1],
		    (arguments->field_count - i - 1) * sizeof(*fields));
		arguments->field_count--;
		return true;
	}
	return false;
}

enum exit_code
verb_list(struct session *session)
{
	CLEANUP(json_release) json_t *rows = NULL;
	CLEANUP(buf_done) struct buf path;
	struct arguments arguments;
	enum exit_code code;
	bool is_all;

	if (!read_arguments(session->options, false, &arguments))
		return usage("list", " [--all] [--filter VALUE]...");
	is_all = take_all(session, &arguments);
	buf_init(&path, PATH_MAX_BYTES);
	buf_add_cstr(&path, arguments.resource->path);
	if (fields_to_query(&path, arguments.fields, arguments.field_count) !=
	    OK)
		return EXIT_USAGE;
	code = lookup_list(
	    session, arguments.resource, buf_str(&path), is_all, &rows);
	if (code == EXIT_OK)
		output_list(session->options->output, arguments.resource, rows);
	return code;
}

/* Sends the request and shows what comes back. */
static enum exit_code
call_and_show(struct session *session, const struct resource *resource,
    const struct request *request)
{
	struct reply reply;
	enum exit_code code = client_call(session->client, request, &reply);

	if (code == EXIT_OK && reply.body != NULL)
		output_object(session->options->output, resource, reply.body);
	reply_done(&reply);
	return code;
}

enum exit_code
verb_get(struct session *session)
{
	struct request request = { .method = "GET" };
	struct arguments arguments;
	enum exit_code code;

	if (!read_arguments(session->options, true, &arguments) ||
	    arguments.field_count > 0)
		return usage("get", " ID|SLUG");
	code = lookup_path(
	    session, arguments.resource, arguments.id, &request.path);
	return code == EXIT_OK
	    ? call_and_show(session, arguments.resource, &request)
	    : code;
}

static enum status
read_input(struct session *session, struct str *out)
{
	CLEANUP(buf_done) struct buf text;
	char piece[4096];
	ssize_t got;

	buf_init(&text, INPUT_MAX_BYTES);
	while ((got = read(STDIN_FILENO, piece, sizeof(piece))) > 0)
		buf_add(&text, piece, (size_t)got);
	if (got < 0 || buf_has_failed(&text))
		return E_INVALID;
	*out = str_copy(session->arena, buf_str(&text));
	return OK;
}

/* "-f FILE" or "-f -" */
static enum status
read_body_file(struct session *session, const char *path, json_t **out)
{
	struct json_fault fault;
	struct str text;
	enum status s = strcmp(path, "-") == 0
	    ? read_input(session, &text)
	    : daemon_read_file(session->arena, path, INPUT_MAX_BYTES, &text);

	if (s != OK) {
		fprintf(stderr, "weirctl: %s cannot be read\n", path);
		return s;
	}
	s = json_parse(text, DEPTH_MAX, out, &fault);
	if (s != OK)
		fprintf(stderr, "weirctl: %s:%d:%d: %s\n", path, fault.line,
		    fault.column, fault.text);
	return s;
}

/* The body: from a file, from fields, or from both, fields winning. */
static enum status
read_body(
    struct session *session, const struct arguments *arguments, json_t **out)
{
	const char *const *fields = arguments->fields;
	size_t count = arguments->field_count;
	enum status s = OK;

	if (count >= 2 && strcmp(fields[0], "-f") == 0) {
		s = read_body_file(session, fields[1], out);
		fields += 2;
		count -= 2;
	} else {
		*out = json_object();
	}
	return s == OK ? fields_read(*out, fields, count) : s;
}

enum exit_code
verb_create(struct session *session)
{
	CLEANUP(json_release) json_t *body = NULL;
	struct request request = { .method = "POST" };
	struct arguments arguments;

	if (!read_arguments(session->options, false, &arguments) ||
	    arguments.field_count == 0)
		return usage("create", " -f FILE|- | --field VALUE...");
	if (read_body(session, &arguments, &body) != OK)
		return EXIT_USAGE;
	request.path = str_from(arguments.resource->path);
	request.body = body;
	return call_and_show(session, arguments.resource, &request);
}

/* The version as it is now, so that nothing in between is overwritten. */
static enum exit_code
read_version(struct session *session, struct str path, int64_t *out)
{
	struct reply reply;
	enum exit_code code = client_get(session->client, path, &reply);

	*out = json_integer_value(json_object_get(reply.body, "version"));
	reply_done(&reply);
	return code;
}

enum exit_code
verb_update(struct session *session)
{
	CLEANUP(json_release) json_t *body = NULL;
	struct request request = { .method = "PATCH" };
	struct arguments arguments;
	enum exit_code code;

	if (!read_arguments(session->options, true, &arguments) ||
	    arguments.field_count == 0)
		return usage("update", " ID|SLUG -f FILE|- | --field VALUE...");
	if (read_body(session, &arguments, &body) != OK)
		return EXIT_USAGE;
	request.body = body;
	code = lookup_path(
	    session, arguments.resource, arguments.id, &request.path);
	if (code == EXIT_OK)
		code = read_version(session, request.path, &request.if_version);
	return code == EXIT_OK
	    ? call_and_show(session, arguments.resource, &request)
	    : code;
}

static enum exit_code
delete_one(struct session *session, const struct arguments *arguments)
{
	CLEANUP(buf_done) struct buf path;
	struct request request = { .method = "DELETE" };
	struct str found;
	enum exit_code code =
	    lookup_path(session, arguments->resource, arguments->id, &found);

	if (code != EXIT_OK)
		return code;
	buf_init(&path, PATH_MAX_BYTES);
	buf_add_str(&path, found);
	if (fields_to_query(&path, arguments->fields, arguments->field_count) !=
	    OK)
		return EXIT_USAGE;
	request.path = buf_str(&path);
	return call_and_show(session, arguments->resource, &request);
}

enum exit_code
verb_delete(struct session *session)
{
	struct arguments arguments;

	if (!read_arguments(session->options, true, &arguments))
		return usage("delete", " ID|SLUG [--reason TEXT]");
	return delete_one(session, &arguments);
}

static enum exit_code
rotate(struct session *session, const struct arguments *arguments)
{
	CLEANUP(json_release) json_t *body = json_object();
	struct request request = { .method = "POST", .body = body };
	struct str path;
	enum exit_code code;

	if (fields_read(body, arguments->fields, arguments->field_count) != OK)
		return EXIT_USAGE;
	code = lookup_path(session, arguments->resource, arguments->id, &path);
	if (code != EXIT_OK)
		return code;
	request.path =
	    str_printf(session->arena, "%.*s/rotate", STR_ARGS(path));
	return call_and_show(session, arguments->resource, &request);
}

enum exit_code
verb_key(struct session *session)
{
	const struct options *options = session->options;
	const char *verb = options->count > 1 ? options->args[1] : "";
	struct arguments arguments;

	if (options->count >= 3) {
		arguments = (struct arguments){
			.resource = resource_find("keys"),
			.id = options->args[2],
			.fields = (const char *const *)options->args + 3,
			.field_count = options->count - 3,
		};
		if (strcmp(verb, "rotate") == 0)
			return rotate(session, &arguments);
		if (strcmp(verb, "revoke") == 0)
			return delete_one(session, &arguments);
	}
	fprintf(stderr,
	    "usage: weirctl key rotate ID|SLUG [--grace-seconds N]\n"
	    "       weirctl key revoke ID|SLUG --reason TEXT\n");
	return EXIT_USAGE;
}

enum exit_code
verb_whoami(struct session *session)
{
	static const struct resource me = { .name = "me", .id = "id" };
	const struct request request = { .method = "GET", .path = STR("/me") };

	return call_and_show(session, &me, &request);
}
