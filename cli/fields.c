/* fields.c - see fields.h. */
#include "cli/fields.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/client.h"
#include "common/json.h"

enum {
	NAME_SIZE = 64,
	DEPTH_MAX = 32,
};

enum field_kind {
	FIELD_TEXT,
	FIELD_INT,
	FIELD_BOOL,
	FIELD_LIST, /* of texts, separated by commas */
	FIELD_MAP,  /* "a=b,c=d" */
	FIELD_JSON,
};

static const struct {
	const char *name;
	enum field_kind kind;
} kinds[] = {
	{ "allow_private_network", FIELD_BOOL },
	{ "allowed_models", FIELD_LIST },
	{ "cidrs", FIELD_LIST },
	{ "constraints", FIELD_JSON },
	{ "ctx_above", FIELD_INT },
	{ "deployments", FIELD_JSON },
	{ "fallback", FIELD_JSON },
	{ "free", FIELD_BOOL },
	{ "grace_seconds", FIELD_INT },
	{ "headers", FIELD_MAP },
	{ "labels", FIELD_MAP },
	{ "limit", FIELD_INT },
	{ "match", FIELD_JSON },
	{ "max_attempts", FIELD_INT },
	{ "max_uses", FIELD_INT },
	{ "owner", FIELD_TEXT },
	{ "priority", FIELD_INT },
	{ "retry_on", FIELD_LIST },
	{ "scopes", FIELD_LIST },
	{ "targets", FIELD_JSON },
	{ "timeouts", FIELD_JSON },
	{ "weight", FIELD_INT },
};

static enum field_kind
kind_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		if (strcmp(kinds[i].name, name) == 0)
			return kinds[i].kind;
	}
	return FIELD_TEXT;
}

static json_t *
text_json(struct str text)
{
	return json_stringn(text.ptr != NULL ? text.ptr : "", text.len);
}

static json_t *
read_list(struct str text)
{
	json_t *list = json_array();
	struct str part;

	while (str_next(&text, ',', &part))
		json_array_append_new(list, text_json(str_trim(part)));
	return list;
}

/* NULL when a part has no '='. */
static json_t *
read_map(struct str text)
{
	json_t *map = json_object();
	struct str part;
	struct str name;
	char key[NAME_SIZE];

	while (str_next(&text, ',', &part)) {
		if (str_find_char(part, '=') <= 0 ||
		    !str_next(&part, '=', &name) || name.len >= sizeof(key)) {
			json_decref(map);
			return NULL;
		}
		memcpy(key, name.ptr, name.len);
		key[name.len] = '\0';
		json_object_set_new(map, key, text_json(part));
	}
	return map;
}

static json_t *
read_json(struct str text)
{
	json_t *value = NULL;

	return json_parse(text, DEPTH_MAX, &value, NULL) == OK ? value : NULL;
}

/* NULL when the text is not of that kind. */
static json_t *
read_value(enum field_kind kind, const char *text)
{
	int64_t number;

	switch (kind) {
	case FIELD_TEXT:
		return json_string(text);
	case FIELD_INT:
		return str_to_i64(str_from(text), &number) == OK
		    ? json_integer(number)
		    : NULL;
	case FIELD_BOOL:
		return strcmp(text, "true") == 0 ? json_true()
		    : strcmp(text, "false") == 0 ? json_false()
						 : NULL;
	case FIELD_LIST:
		return read_list(str_from(text));
	case FIELD_MAP:
		return read_map(str_from(text));
	case FIELD_JSON:
		break;
	}
	return read_json(str_from(text));
}

/* "--base-url" -> "base_url"; false when it is no name of a field. */
static bool
read_name(const char *arg, char out[NAME_SIZE], bool *out_is_json)
{
	size_t len;

	if (strncmp(arg, "--", 2) != 0)
		return false;
	len = strlen(arg + 2);
	if (len >= NAME_SIZE)
		return false;
	memcpy(out, arg + 2, len + 1);
	*out_is_json = len > 2 && strcmp(out + len - 2, ":=") == 0;
	if (*out_is_json)
		out[len - 2] = '\0';
	for (char *c = out; *c != '\0'; c++) {
		if (*c == '-')
			*c = '_';
	}
	return out[0] != '\0';
}

/* Calls set() for each pair, until it fails. */
static enum status
walk(const char *const *args, size_t count, void *target,
    enum status (*set)(
	void *target, const char *name, const char *text, bool is_json))
{
	char name[NAME_SIZE];
	bool is_json;

	for (size_t i = 0; i < count; i += 2) {
		if (!read_name(args[i], name, &is_json)) {
			fprintf(stderr,
			    "weirctl: what is %s?  Fields are "
			    "given as --field value.\n",
			    args[i]);
			return E_INVALID;
		}
		if (i + 1 == count) {
			fprintf(stderr, "weirctl: %s needs a value\n", args[i]);
			return E_INVALID;
		}
		if (set(target, name, args[i + 1], is_json) != OK) {
			fprintf(stderr, "weirctl: %s cannot be '%s'\n", args[i],
			    args[i + 1]);
			return E_INVALID;
		}
	}
	return OK;
}

static enum status
set_member(void *target, const char *name, const char *text, bool is_json)
{
	json_t *value = read_value(is_json ? FIELD_JSON : kind_of(name), text);

	return value != NULL && json_object_set_new(target, name, value) == 0
	    ? OK
	    : E_INVALID;
}

static enum status
add_query(void *target, const char *name, const char *text, bool is_json)
{
	client_add_query(target, str_from(name), str_from(text));
	return OK;
}

enum status
fields_read(json_t *object, const char *const *args, size_t count)
{
	return walk(args, count, object, set_member);
}

enum status
fields_to_query(struct buf *path, const char *const *args, size_t count)
{
	return walk(args, count, path, add_query);
}
