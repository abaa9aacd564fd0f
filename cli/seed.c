/* seed.c - see seed.h. */
#include "cli/seed.h"

#include <stdio.h>
#include <string.h>

#include "cli/lookup.h"
#include "cli/manifest.h"
#include "cli/prices.h"
#include "common/daemon.h"
#include "common/json.h"

enum {
	PATH_MAX_BYTES = 4096,
};

struct seed {
	struct session *session;
	struct manifest manifest;
	json_t *ids; /* "teams/demo/default" -> its id */
	const char *key_file;
	bool is_dry_run;
	int created;
	int changed;
	int unchanged;
	int kept;
};

/* One entry on its way. */
struct item {
	const struct manifest_section *section;
	const struct resource *resource;
	const char *slug;
	const char *parent; /* its slug path; NULL: none */
	const char *parent_id;
	json_t *body;
};

static const char *
text_of(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

static const char *
path_of(struct seed *seed, const char *section, const char *parent,
    const char *slug)
{
	struct arena *arena = seed->session->arena;

	return str_cstr(arena,
	    parent == NULL
		? str_printf(arena, "%s/%s", section, slug)
		: str_printf(arena, "%s/%s/%s", section, parent, slug));
}

/* "created credential openai/default" */
static void
report(const struct item *item, const char *what)
{
	printf("%s %s %s%s%s\n", what, item->resource->singular,
	    item->parent != NULL ? item->parent : "",
	    item->parent != NULL ? "/" : "", item->slug);
}

static void
remember(struct seed *seed, const struct item *item, const char *id)
{
	json_object_set_new(seed->ids,
	    path_of(seed, item->section->name, item->parent, item->slug),
	    json_string(id != NULL ? id : ""));
}

/* Is this the row the item means: of its parent, and in use? */
static bool
is_same(const struct item *item, const json_t *row)
{
	const char *slug = text_of(row, "slug");
	const char *status = text_of(row, "status");
	const char *parent = item->section->parent_id != NULL
	    ? text_of(row, item->section->parent_id)
	    : NULL;

	if (slug == NULL || strcmp(slug, item->slug) != 0 ||
	    (status != NULL && strcmp(status, "archived") == 0))
		return false;
	if (parent == NULL || item->parent_id == NULL)
		return parent == NULL && item->parent_id == NULL;
	return strcmp(parent, item->parent_id) == 0;
}

/* *out is NULL when there is no such row yet; the caller owns it. */
static enum exit_code
find(struct seed *seed, const struct item *item, json_t **out)
{
	CLEANUP(json_release) json_t *rows = NULL;
	CLEANUP(buf_done) struct buf path;
	enum exit_code code;
	json_t *row;
	size_t i;

	buf_init(&path, PATH_MAX_BYTES);
	buf_add_cstr(&path, item->resource->path);
	client_add_query(&path, STR("slug"), str_from(item->slug));
	code = lookup_list(
	    seed->session, item->resource, buf_str(&path), true, &rows);
	*out = NULL;
	if (code != EXIT_OK)
		return code;
	json_array_foreach(rows, i, row)
	{
		if (is_same(item, row)) {
			*out = json_incref(row);
			break;
		}
	}
	return EXIT_OK;
}

/* A secret that was made is shown now or never. */
static enum exit_code
show_secret(struct seed *seed, const struct item *item, const json_t *row)
{
	const char *secret = text_of(row, "secret");
	struct str line;

	if (secret == NULL)
		return EXIT_OK;
	if (seed->key_file == NULL) {
		printf("key %s: %s\n", item->slug, secret);
		return EXIT_OK;
	}
	line = str_printf(seed->session->arena, "%s\n", secret);
	if (daemon_write_file(seed->key_file, line, 0600) == OK)
		return EXIT_OK;
	fprintf(stderr, "weirctl: %s cannot be written; the key is %s\n",
	    seed->key_file, secret);
	return EXIT_ERROR;
}

static enum exit_code
create(struct seed *seed, struct item *item)
{
	const struct request request = {
		.method = "POST",
		.path = str_from(item->resource->path),
		.body = item->body,
	};
	struct reply reply;
	enum exit_code code;

	if (seed->is_dry_run) {
		report(item, "would create");
		remember(seed, item, NULL);
		seed->created++;
		return EXIT_OK;
	}
	if (item->parent_id != NULL)
		json_object_set_new(item->body, item->section->parent_id,
		    json_string(item->parent_id));
	code = client_call(seed->session->client, &request, &reply);
	if (code == EXIT_OK) {
		report(item, "created");
		remember(seed, item, text_of(reply.body, "id"));
		seed->created++;
		code = show_secret(seed, item, reply.body);
	}
	reply_done(&reply);
	return code;
}

static bool
is_credential_member(const char *name)
{
	return strcmp(name, "secret") == 0 || strcmp(name, "env_ref") == 0 ||
	    strcmp(name, "file_ref") == 0;
}

/* The members that differ; labels people added stay. */
static json_t *
differences(const json_t *wanted, const json_t *row)
{
	json_t *patch = json_object();
	json_t *labels;
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)wanted, name, value)
	{
		if (!is_credential_member(name) &&
		    !json_equal(value, json_object_get(row, name)))
			json_object_set(patch, name, value);
	}
	labels = json_deep_copy(json_object_get(row, "labels"));
	if (labels == NULL)
		labels = json_object();
	json_object_update(labels, json_object_get(wanted, "labels"));
	json_object_set_new(patch, "labels", labels);
	return patch;
}

/* A credential's secret is replaced by rotating, not by a patch. */
static enum exit_code
rotate(struct seed *seed, const struct item *item, struct str path)
{
	CLEANUP(json_release) json_t *body = json_object();
	struct request request = { .method = "POST", .body = body };
	struct reply reply;
	enum exit_code code;
	const char *name;
	json_t *value;

	json_object_foreach(item->body, name, value)
	{
		if (is_credential_member(name))
			json_object_set(body, name, value);
	}
	if (json_object_size(body) == 0)
		return EXIT_OK;
	request.path =
	    str_printf(seed->session->arena, "%.*s/rotate", STR_ARGS(path));
	code = client_call(seed->session->client, &request, &reply);
	reply_done(&reply);
	return code;
}

static enum exit_code
change(struct seed *seed, const struct item *item, const json_t *row)
{
	CLEANUP(json_release) json_t *patch = differences(item->body, row);
	struct request request = { .method = "PATCH", .body = patch };
	struct reply reply;
	enum exit_code code;

	if (seed->is_dry_run) {
		report(item, "would change");
		seed->changed++;
		return EXIT_OK;
	}
	request.path = str_printf(seed->session->arena, "%s/%s",
	    item->resource->path, text_of(row, "id"));
	code = rotate(seed, item, request.path);
	if (code != EXIT_OK)
		return code;
	code = client_call(seed->session->client, &request, &reply);
	reply_done(&reply);
	if (code == EXIT_OK) {
		report(item, "changed");
		seed->changed++;
	}
	return code;
}

static enum exit_code
settle(struct seed *seed, struct item *item)
{
	CLEANUP(json_release) json_t *row = NULL;
	enum exit_code code = find(seed, item, &row);
	const char *wanted;
	const char *applied;

	if (code != EXIT_OK)
		return code;
	if (row == NULL)
		return create(seed, item);
	remember(seed, item, text_of(row, "id"));
	wanted = text_of(json_object_get(item->body, "labels"), "seed");
	applied = text_of(json_object_get(row, "labels"), "seed");
	if (applied == NULL) {
		seed->kept++;
		return EXIT_OK;
	}
	if (strcmp(applied, wanted) == 0) {
		seed->unchanged++;
		return EXIT_OK;
	}
	return change(seed, item, row);
}

static enum exit_code
apply_entry(struct seed *seed, const struct manifest_section *section,
    const json_t *entry)
{
	CLEANUP(json_release)
	json_t *body = manifest_body(&seed->manifest, section, entry);
	struct item item = {
		.section = section,
		.resource = resource_find(section->name),
		.slug = text_of(entry, "slug"),
		.body = body,
	};

	if (section->parent != NULL)
		item.parent = text_of(entry, section->parent);
	if (item.parent != NULL) {
		const char *path =
		    path_of(seed, section->parents, NULL, item.parent);

		item.parent_id = text_of(seed->ids, path);
		if (item.parent_id == NULL) {
			fprintf(stderr, "weirctl: %s %s: there is no %s\n",
			    item.resource->singular, item.slug, path);
			return EXIT_ERROR;
		}
	}
	return settle(seed, &item);
}

static enum exit_code
apply_section(struct seed *seed, const struct manifest_section *section)
{
	enum exit_code code = EXIT_OK;
	const json_t *entry;
	size_t i;

	json_array_foreach(manifest_entries(&seed->manifest, section), i, entry)
	{
		code = apply_entry(seed, section, entry);
		if (code != EXIT_OK)
			break;
	}
	return code;
}

static enum exit_code
apply(struct seed *seed, const char *path)
{
	const char *prices = manifest_prices(&seed->manifest);
	enum exit_code code = EXIT_OK;

	/* Prices first: no request is ever answered without one. */
	if (prices != NULL && !seed->is_dry_run)
		code = prices_import(seed->session, path, prices);
	for (size_t i = 0; i < manifest_section_count && code == EXIT_OK; i++)
		code = apply_section(seed, &manifest_sections[i]);
	if (code != EXIT_OK)
		return code;
	printf("created %d, changed %d, unchanged %d, left alone %d\n",
	    seed->created, seed->changed, seed->unchanged, seed->kept);
	return seed->is_dry_run && seed->created + seed->changed > 0
	    ? EXIT_DRIFT
	    : EXIT_OK;
}

enum exit_code
seed_command(struct session *session)
{
	const struct options *options = session->options;
	struct seed seed = {
		.session = session,
		.key_file = options_value(options, "--key-file"),
		.is_dry_run = options_has(options, "--dry-run"),
	};
	enum exit_code code;

	if (options->count < 2 || strncmp(options->args[1], "--", 2) == 0) {
		fprintf(stderr,
		    "usage: weirctl seed FILE [--simulator URL] "
		    "[--key-file FILE] [--dry-run]\n");
		return EXIT_USAGE;
	}
	if (manifest_load(session->arena, options->args[1],
		options_value(options, "--simulator"), &seed.manifest) != OK) {
		manifest_done(&seed.manifest);
		return EXIT_ERROR;
	}
	seed.ids = json_object();
	code = apply(&seed, options->args[1]);
	json_decref(seed.ids);
	manifest_done(&seed.manifest);
	return code;
}
