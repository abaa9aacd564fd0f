/* prices.c - see prices.h. */
#include "cli/prices.h"

#include <stdio.h>
#include <string.h>

#include "common/daemon.h"
#include "common/json.h"

enum {
	FILE_MAX_BYTES = 64 * 1024 * 1024,
	DEPTH_MAX = 8,
	ROWS_PER_CALL = 1000,
};

/* "file.json" beside "folder/manifest.json" */
static const char *
beside(struct arena *arena, const char *path, const char *name)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL || name[0] == '/')
		return name;
	return str_cstr(arena,
	    str_printf(arena, "%.*s/%s", (int)(slash - path), path, name));
}

/* Sends one batch and adds up what the answer counts. */
static enum exit_code
import_rows(struct session *session, const json_t *root, size_t from, size_t to,
    json_int_t *out_created)
{
	CLEANUP(json_release) json_t *body = json_object();
	json_t *rows = json_array();
	const struct request request = {
		.method = "POST",
		.path = STR("/prices/import"),
		.body = body,
	};
	struct reply reply;
	enum exit_code code;

	for (size_t i = from; i < to; i++)
		json_array_append(
		    rows, json_array_get(json_object_get(root, "rows"), i));
	json_object_set_new(body, "rows", rows);
	json_object_set(body, "source", json_object_get(root, "source"));
	code = client_call(session->client, &request, &reply);
	*out_created +=
	    json_integer_value(json_object_get(reply.body, "created"));
	reply_done(&reply);
	return code;
}

enum exit_code
prices_import(
    struct session *session, const char *manifest_path, const char *name)
{
	const char *path = beside(session->arena, manifest_path, name);
	CLEANUP(json_release) json_t *root = NULL;
	enum exit_code code = EXIT_OK;
	struct str text;
	json_int_t created = 0;
	size_t count;

	if (daemon_read_file(session->arena, path, FILE_MAX_BYTES, &text) !=
		OK ||
	    json_parse(text, DEPTH_MAX, &root, NULL) != OK) {
		fprintf(stderr, "weirctl: %s cannot be read\n", path);
		return EXIT_ERROR;
	}
	count = json_array_size(json_object_get(root, "rows"));
	for (size_t at = 0; code == EXIT_OK && at < count; at += ROWS_PER_CALL)
		code = import_rows(session, root, at,
		    size_min(at + ROWS_PER_CALL, count), &created);
	if (code == EXIT_OK)
		printf("prices: %zu, of which new: %lld\n", count,
		    (long long)created);
	return code;
}
