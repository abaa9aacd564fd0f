/*
 * models.c - in OpenAI's form, or Anthropic's when its SDK asks.
 */
#include "dataplane/models.h"

#include "common/clock.h"
#include "common/emit.h"
#include "dataplane/admission/admission.h"
#include "dataplane/door.h"
#include "dataplane/request.h"

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

/* The Anthropic SDK always sends its version. */
static bool
is_anthropic(const struct request *req)
{
	return exchange_header(&req->exchange, "anthropic-version") != NULL;
}

static enum status
answer(struct request *req)
{
	const struct header headers[] = {
		{ "Content-Type", "application/json" },
		{ "x-weir-request-id", req->id_text },
	};

	door_leave(req, OUTCOME_OK, 200);
	exchange_reply(&req->exchange, 200, headers, ARRAY_LEN(headers),
	    buf_str(&req->out));
	return PENDING;
}

enum status
models_stage(struct request *req)
{
	write_list(req, &req->out, is_anthropic(req));
	return answer(req);
}

enum status
model_stage(struct request *req)
{
	struct str alias =
	    str_skip(str_from(req->exchange.path), sizeof("/v1/models/") - 1);
	const struct snapshot_model *model =
	    snapshot_find_model(req->snapshot, req->key->tenant, alias);
	struct emit e;

	if (model == NULL || !admission_allows(req->key, alias)) {
		request_fail_code(req, "model_not_found");
		return request_fail(req, E_NOT_FOUND, "model",
		    "there is no model \"%.*s\"", STR_ARGS(alias));
	}
	emit_init(&e, &req->out);
	if (is_anthropic(req))
		write_anthropic(&e, model);
	else
		write_openai(&e, model);
	return answer(req);
}
