/* context.c - see context.h. */
#include "cli/context.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/arena.h"
#include "common/daemon.h"
#include "common/json.h"

enum {
	FILE_MAX_BYTES = 1024 * 1024,
	TOKEN_MAX_BYTES = 4096,
	DEPTH_MAX = 8,
};

static const char *
folder_path(struct arena *arena)
{
	const char *config = getenv("XDG_CONFIG_HOME");
	const char *home = getenv("HOME");
	struct str path;

	if (config != NULL && config[0] == '/')
		path = str_printf(arena, "%s/weir", config);
	else
		path = str_printf(
		    arena, "%s/.config/weir", home != NULL ? home : "");
	return str_cstr(arena, path);
}

static const char *
file_path(struct arena *arena)
{
	return str_cstr(
	    arena, str_printf(arena, "%s/contexts.json", folder_path(arena)));
}

/* A file that is not there is an empty one. */
static enum status
load(struct arena *arena, json_t **out)
{
	const char *path = file_path(arena);
	struct str text;
	enum status s = daemon_read_secret(arena, path, FILE_MAX_BYTES, &text);

	if (s == E_NOT_FOUND) {
		*out = json_pack("{s:{}}", "contexts");
		return OK;
	}
	if (s == OK)
		s = json_parse(text, DEPTH_MAX, out, NULL);
	if (s != OK)
		fprintf(stderr,
		    s == E_FORBIDDEN ? "weirctl: %s: others may read it; "
				       "chmod 600 it\n"
				     : "weirctl: %s cannot be read\n",
		    path);
	return s;
}

/* The folder and those above it. */
static enum status
make_folders(const char *path)
{
	size_t len = strlen(path);
	char part[PATH_MAX];

	if (len >= sizeof(part))
		return E_INVALID;
	memcpy(part, path, len + 1);
	for (size_t i = 1; i <= len; i++) {
		if (path[i] != '/' && path[i] != '\0')
			continue;
		part[i] = '\0';
		if (mkdir(part, 0700) != 0 && errno != EEXIST)
			return E_FORBIDDEN;
		part[i] = path[i];
	}
	return OK;
}

static enum exit_code
save(struct arena *arena, const json_t *root)
{
	char *text = json_dumps(root, JSON_INDENT(2));
	enum status s = make_folders(folder_path(arena));

	if (text == NULL)
		abort();
	if (s == OK)
		s = daemon_write_file(file_path(arena), str_from(text), 0600);
	free(text);
	if (s == OK)
		return EXIT_OK;
	fprintf(stderr, "weirctl: %s cannot be written\n", file_path(arena));
	return EXIT_ERROR;
}

static enum status
read_token(struct arena *arena, const char *path, struct str *out)
{
	enum status s = daemon_read_file(arena, path, TOKEN_MAX_BYTES, out);

	*out = s == OK ? str_trim(*out) : STR("");
	if (s != OK)
		fprintf(stderr, "weirctl: %s cannot be read\n", path);
	return s;
}

static struct str
copy_member(struct arena *arena, const json_t *object, const char *name)
{
	return str_copy(arena, json_text(json_object_get(object, name)));
}

/* Fills what is still empty from the file's context. */
static enum status
fill_from_file(
    struct arena *arena, const struct options *options, struct context *out)
{
	CLEANUP(json_release) json_t *root = NULL;
	const char *name = options->context;
	const json_t *context;
	enum status s = load(arena, &root);

	if (s != OK)
		return s;
	if (name == NULL)
		name = json_string_value(json_object_get(root, "current"));
	if (name == NULL)
		return OK;
	context = json_object_get(json_object_get(root, "contexts"), name);
	if (context == NULL) {
		fprintf(stderr, "weirctl: there is no context %s\n", name);
		return E_NOT_FOUND;
	}
	/* A token belongs to its URL: it never goes to another one. */
	if (!str_is_empty(out->url))
		return OK;
	out->url = copy_member(arena, context, "url");
	if (str_is_empty(out->token))
		out->token = copy_member(arena, context, "token");
	return OK;
}

static struct str
from_environment(const char *name, const char *other)
{
	const char *value = getenv(name);

	return str_from(value != NULL ? value : getenv(other));
}

enum status
context_resolve(
    struct arena *arena, const struct options *options, struct context *out)
{
	enum status s = OK;

	*out = (struct context){
		.url = str_from(options->url),
		.token = str_from(options->token),
	};
	if (options->token_file != NULL && options->token == NULL)
		s = read_token(arena, options->token_file, &out->token);
	if (s == OK && options->context == NULL && str_is_empty(out->url))
		out->url = from_environment("WEIR_URL", "WEIR_CONTROL_URL");
	if (s == OK && options->context == NULL && str_is_empty(out->token))
		out->token = from_environment("WEIR_TOKEN", "WEIR_ADMIN_TOKEN");
	if (s == OK)
		s = fill_from_file(arena, options, out);
	if (s == OK && str_is_empty(out->url)) {
		fprintf(stderr,
		    "weirctl: which control plane?  Give --url, set WEIR_URL, "
		    "or add a context.\n");
		return E_NOT_FOUND;
	}
	return s;
}

static enum exit_code
add(struct arena *arena, const struct options *options, json_t *root)
{
	const char *name = options->args[2];
	json_t *contexts = json_object_get(root, "contexts");
	struct str token = str_from(options->token);
	json_t *context;

	if (options->url == NULL) {
		fprintf(stderr, "weirctl: context add NAME needs --url\n");
		return EXIT_USAGE;
	}
	if (options->token_file != NULL &&
	    read_token(arena, options->token_file, &token) != OK)
		return EXIT_ERROR;
	context = json_pack("{s:s, s:s%}", "url", options->url, "token",
	    token.ptr != NULL ? token.ptr : "", token.len);
	if (context == NULL) {
		fprintf(stderr, "weirctl: the URL or token is not UTF-8\n");
		return EXIT_USAGE;
	}
	json_object_set_new(contexts, name, context);
	if (json_object_size(contexts) == 1)
		json_object_set_new(root, "current", json_string(name));
	return save(arena, root);
}

static enum exit_code
use(struct arena *arena, const char *name, json_t *root)
{
	if (json_object_get(json_object_get(root, "contexts"), name) == NULL) {
		fprintf(stderr, "weirctl: there is no context %s\n", name);
		return EXIT_NOT_FOUND;
	}
	json_object_set_new(root, "current", json_string(name));
	return save(arena, root);
}

static enum exit_code
list(json_t *root)
{
	const char *current =
	    json_string_value(json_object_get(root, "current"));
	const char *name;
	json_t *context;

	json_object_foreach(json_object_get(root, "contexts"), name, context)
	    printf("%c %-20s %s\n",
		current != NULL && strcmp(current, name) == 0 ? '*' : ' ', name,
		json_string_value(json_object_get(context, "url")));
	return EXIT_OK;
}

enum exit_code
context_command(struct arena *arena, const struct options *options)
{
	CLEANUP(json_release) json_t *root = NULL;
	const char *verb = options->count > 1 ? options->args[1] : "";

	if (load(arena, &root) != OK)
		return EXIT_ERROR;
	if (strcmp(verb, "list") == 0 && options->count == 2)
		return list(root);
	if (strcmp(verb, "add") == 0 && options->count == 3)
		return add(arena, options, root);
	if (strcmp(verb, "use") == 0 && options->count == 3)
		return use(arena, options->args[2], root);
	fprintf(stderr,
	    "usage: weirctl context add NAME --url URL --token-file FILE\n"
	    "       weirctl context list\n"
	    "       weirctl context use NAME\n");
	return EXIT_USAGE;
}
