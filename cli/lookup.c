/* lookup.c - see lookup.h. */
#include "cli/lookup.h"

#include <stdio.h>
#include <string.h>

#include "cli/output.h"
#include "common/json.h"

enum {
	PATH_MAX_BYTES = 16 * 1024,
};

/* Usage comes as buckets of results: a row is a result with its times. */
static void
add_buckets(const json_t *buckets, json_t *rows)
{
	const json_t *bucket;
	const json_t *result;
	size_t i, j;

	json_array_foreach(buckets, i, bucket)
	{
		json_array_foreach(
		    json_object_get(bucket, "results"), j, result)
		{
			json_t *row = json_copy((json_t *)result);

			json_object_set(
			    row, "start", json_object_get(bucket, "start"));
			json_object_set(
			    row, "end", json_object_get(bucket, "end"));
			json_array_append_new(rows, row);
		}
	}
}

/* Appends a page's rows; *out_token is empty on the last page. */
static enum exit_code
add_page(struct session *session, const struct resource *resource,
    struct str path, json_t *rows, struct str *out_token)
{
	struct reply reply;
	enum exit_code code = client_get(session->client, path, &reply);

	*out_token = STR("");
	if (code == EXIT_OK) {
		const json_t *list =
		    json_object_get(reply.body, resource->list);

		if (strcmp(resource->list, "buckets") == 0)
			add_buckets(list, rows);
		else
			json_array_extend(rows, (json_t *)list);
		if (json_is_true(json_object_get(reply.body, "has_more")))
			*out_token = str_copy(session->arena,
			    json_text(json_object_get(
				reply.body, "next_page_token")));
	}
	reply_done(&reply);
	return code;
}

enum exit_code
lookup_list(struct session *session, const struct resource *resource,
    struct str path, bool is_all, json_t **out)
{
	json_t *rows = json_array();
	struct str token = STR("");
	enum exit_code code;

	do {
		CLEANUP(buf_done) struct buf page;

		buf_init(&page, PATH_MAX_BYTES);
		buf_add_str(&page, path);
		if (!str_is_empty(token))
			client_add_query(&page, STR("page_token"), token);
		code =
		    add_page(session, resource, buf_str(&page), rows, &token);
	} while (code == EXIT_OK && is_all && !str_is_empty(token));
	if (code != EXIT_OK) {
		json_decref(rows);
		return code;
	}
	*out = rows;
	return EXIT_OK;
}

static bool
is_archived(const json_t *row)
{
	const char *status = json_string_value(json_object_get(row, "status"));

	return status != NULL && strcmp(status, "archived") == 0;
}

/* The one row that is not archived; NULL when there are none or several. */
static const json_t *
only_row(const json_t *rows, size_t *out_count)
{
	const json_t *found = NULL;
	const json_t *row;
	size_t i;

	*out_count = 0;
	json_array_foreach(rows, i, row)
	{
		if (is_archived(row))
			continue;
		found = row;
		(*out_count)++;
	}
	return *out_count == 1 ? found : NULL;
}

static enum exit_code
find_by_slug(struct session *session, const struct resource *resource,
    const char *slug, const char **out_id)
{
	CLEANUP(json_release) json_t *rows = NULL;
	CLEANUP(buf_done) struct buf path;
	const json_t *row;
	enum exit_code code;
	size_t count;

	buf_init(&path, PATH_MAX_BYTES);
	buf_add_cstr(&path, resource->path);
	client_add_query(&path, STR("slug"), str_from(slug));
	code = lookup_list(session, resource, buf_str(&path), false, &rows);
	if (code != EXIT_OK)
		return code;
	row = only_row(rows, &count);
	if (row != NULL) {
		*out_id = str_cstr(session->arena,
		    json_text(json_object_get(row, resource->id)));
		return EXIT_OK;
	}
	fprintf(stderr, "weirctl: %s %s '%s'\n",
	    count == 0 ? "there is no" : "more than one", resource->singular,
	    slug);
	if (count == 0)
		return EXIT_NOT_FOUND;
	output_list(OUTPUT_NAME, resource, rows);
	return EXIT_CONFLICT;
}

enum exit_code
lookup_path(struct session *session, const struct resource *resource,
    const char *id_or_slug, struct str *out_path)
{
	const char *prefix = resource->prefix;
	const char *id = id_or_slug;
	enum exit_code code = EXIT_OK;

	if (prefix != NULL && strncmp(id, prefix, strlen(prefix)) != 0)
		code = find_by_slug(session, resource, id_or_slug, &id);
	if (code == EXIT_OK)
		*out_path =
		    str_printf(session->arena, "%s/%s", resource->path, id);
	return code;
}
