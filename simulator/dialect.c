/* dialect.c - see dialect.h and dialect_inside.h. */
#include "simulator/dialect.h"

#include <stdio.h>
#include <string.h>

#include "common/buf.h"
#include "simulator/dialect_inside.h"
#include "simulator/http.h"
#include "simulator/models.h"

static bool
path_has(const struct http_request *req, struct str part)
{
	return str_find(req->path, part) >= 0;
}

static bool
path_ends(const struct http_request *req, struct str part)
{
	return str_has_suffix(req->path, part);
}

const struct dialect *
dialect_find(const struct http_request *req)
{
	bool is_models = path_ends(req, STR("/models"));

	if (path_has(req, STR("/v1beta/")) ||
	    path_has(req, STR(":generateContent")) ||
	    path_has(req, STR(":streamGenerateContent")))
		return &dialect_gemini;
	if (path_ends(req, STR("/messages")) ||
	    (is_models &&
		!str_is_empty(http_header(req, STR("anthropic-version")))))
		return &dialect_anthropic;
	if (path_has(req, STR("/api/v3/")))
		return &dialect_ark;
	return &dialect_openai;
}

enum status
fault_set(struct fault *fault, int status, struct str message, struct str param)
{
	*fault = (struct fault){
		.status = status,
		.retry_after_s = -1,
		.message = message,
		.param = param,
	};
	return E_INVALID;
}

static struct str
read_part(struct ask *ask, struct reader *r, struct str text)
{
	struct str key;

	if (reader_peek(r) != READER_OBJECT) {
		(void)reader_skip(r);
		return text;
	}
	reader_object_open(r);
	while (reader_next_key(r, &key)) {
		if (str_eq(key, STR("text")) &&
		    reader_peek(r) == READER_STRING) {
			struct str part = reader_text(r);

			ask_add_text(ask, part);
			text = ask_join(r->arena, text, part);
		} else {
			(void)reader_skip(r);
		}
	}
	return text;
}

struct str
dialect_read_content(struct ask *ask, struct reader *r)
{
	struct str text = STR("");

	if (reader_peek(r) != READER_ARRAY) {
		text = reader_text(r);
		ask_add_text(ask, text);
		return text;
	}
	reader_array_open(r);
	while (reader_next_element(r))
		text = read_part(ask, r, text);
	return text;
}

int
dialect_find_word(struct str word, const struct str *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (str_eq(word, list[i]))
			return (int)i;
	}
	return -1;
}

void
dialect_emit_id(
    struct emit *e, const char *key, const char *prefix, const char *id)
{
	char text[64];

	snprintf(text, sizeof(text), "%s%s", prefix, id);
	emit_field_cstr(e, key, text);
}

void
dialect_emit_models(struct emit *e, const char *owner,
    void (*emit_one)(struct emit *, const char *model))
{
	for (size_t i = 0; i < model_count; i++) {
		if (strcmp(models[i].owner, owner) == 0)
			emit_one(e, models[i].id);
	}
}

const struct error_shape *
dialect_error_shape(const struct error_shape *list, size_t count, int status)
{
	const struct error_shape *found = NULL;
	int fallback = status < 500 ? 400 : 500;

	for (size_t i = 0; i < count; i++) {
		if (list[i].status == status)
			return &list[i];
		if (list[i].status == fallback)
			found = &list[i];
	}
	assert(found != NULL);
	return found;
}

void
dialect_write_data_fault(const struct fault *fault, struct buf *out,
    void (*write_fault)(const struct fault *, struct buf *))
{
	buf_add_cstr(out, "data: ");
	write_fault(fault, out);
	buf_add_cstr(out, "\n\n");
}
