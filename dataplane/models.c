/*
 * models.c - in OpenAI's form, or Anthropic's when its SDK asks.
 */
#include "dataplane/models.h"

#include "common/clock.h"
#include "common/emit.h"
#include "dataplane/admission/admission.h"
#include "dataplane/door.h"
#include "dataplane/request.h"

#define LIST_MAX_BYTES (16u << 20)

static bool
is_visible(const struct request *req, const struct snapshot_model *model)
{
	/* A tenant's own alias hides the one for all of the same name. */
	return snapshot_find_model(
		   req->snapshot, req->key->tenant, model->alias) == model &&
	    admission_allows(req->key, model->alias);
}

static void
write_openai(struct emit *e, const struct snapshot_model *model)
{
	emit_object_open(e);
	emit_field_str(e, "id", model->alias);
	emit_field_cstr(e, "object", "model");
	emit_field_int(e, "created", id_wall_us(model->id) / US_PER_S);
	emit_field_cstr(e, "owned_by", "weir");
	emit_object_close(e);
}

static void
write_anthropic(struct emit *e, const struct snapshot_model *model)
{
	char text[CLOCK_TEXT_SIZE];

	emit_object_open(e);
	emit_field_cstr(e, "type", "model");
	emit_field_str(e, "id", model->alias);
	emit_field_str(e, "display_name", model->alias);
	emit_field_cstr(
	    e, "created_at", clock_format(id_wall_us(model->id), text));
	emit_object_close(e);
}

static void
write_list(struct request *req, struct buf *out, bool anthropic)
{
	const struct snapshot_model *const *models;
	struct str first = { 0 }, last = { 0 };
	struct emit e;
	size_t count;

	emit_init(&e, out);
	emit_object_open(&e);
	if (!anthropic)
		emit_field_cstr(&e, "object", "list");
	emit_key(&e, "data");
	emit_array_open(&e);
	models = snapshot_models(req->snapshot, &count);
	for (size_t i = 0; i < count; i++) {
		if (!is_visible(req, models[i]))
			continue;
		if (first.len == 0)
			first = models[i]->alias;
		last = models[i]->alias;
		if (anthropic)
			write_anthropic(&e, models[i]);
		else
			write_openai(&e, models[i]);
	}
	emit_array_close(&e);
	if (anthropic) {
		emit_field_bool(&e, "has_more", false);
		emit_field_str(&e, "first_id", first);
		emit_field_str(&e, "last_id", last);
	}
	emit_object_close(&e);
}

enum status
models_stage(struct request *req)
{
	static const char type[] = "application/json";
	const struct header headers[] = {
		{ "Content-Type", type },
		{ "x-weir-request-id", req->id_text },
	};
	bool anthropic =
	    exchange_header(&req->exchange, "anthropic-version") != NULL;

	buf_release(&req->out);
	buf_init(&req->out, LIST_MAX_BYTES);
	write_list(req, &req->out, anthropic);
	door_leave(req, OUTCOME_OK, 200);
	exchange_reply(&req->exchange, 200, headers, ARRAY_LEN(headers),
	    buf_str(&req->out));
	return PENDING;
}
