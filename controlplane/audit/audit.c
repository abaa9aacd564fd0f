/*
 * audit.c - see audit.h.
 */
#include "controlplane/audit/audit.h"

#include "common/arena.h"
#include "common/clock.h"
#include "common/json.h"
#include "controlplane/audit/chain.h"
#include "controlplane/store/document.h"

#define BODY_MAX_BYTES (4 << 20)

static void
add_difference(json_t *list, const char *name, json_t *before, json_t *after)
{
	const char *op = before == NULL ? "add"
	    : after == NULL		? "remove"
					: "replace";
	json_t *entry;

	if (before != NULL && after != NULL && json_equal(before, after))
		return;
	entry = json_pack(
	    "{s:s, s:o}", "op", op, "path", json_sprintf("/%s", name));
	if (before != NULL)
		json_object_set(entry, "before", before);
	if (after != NULL)
		json_object_set(entry, "after", after);
	json_array_append_new(list, entry);
}

json_t *
audit_diff(const json_t *before, const json_t *after)
{
	json_t *list = json_array();
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)before, name, value)
	    add_difference(list, name, value, json_object_get(after, name));
	json_object_foreach((json_t *)after, name, value)
	{
		if (json_object_get(before, name) == NULL)
			add_difference(list, name, NULL, value);
	}
	return list;
}

static void
set_text(json_t *object, const char *name, struct str text)
{
	json_object_set_new(object, name,
	    str_is_empty(text) ? json_null() : document_string(text));
}

static json_t *
actor_json(const struct audit_actor *actor)
{
	json_t *object = json_object();

	set_text(object, "kind", str_from(actor->kind));
	set_text(object, "id", actor->id);
	set_text(object, "token_id", actor->token_id);
	return object;
}

static json_t *
resource_json(const struct audit_event *event)
{
	json_t *object = json_object();

	set_text(object, "kind", str_from(event->resource_kind));
	set_text(object, "id", event->resource_id);
	set_text(object, "slug", event->resource_slug);
	return object;
}

/* The whole event; what the columns say is read from the same row. */
static struct str
body_text(struct arena *arena, const struct audit_event *event,
    const struct audit_row *row)
{
	json_t *body = document_keep(arena, json_object());
	struct buf CLEANUP(buf_done) text;
	char id[ID_TEXT_SIZE];
	char tenant[ID_TEXT_SIZE] = "";
	char ts[CLOCK_TEXT_SIZE];

	if (!id_is_zero(row->tenant_id))
		id_format(row->tenant_id, kind_prefix(KIND_TENANT), tenant);
	id_format(row->id, kind_prefix(KIND_EVENT), id);
	set_text(body, "id", str_from(id));
	set_text(body, "chain", row->chain);
	json_object_set_new(body, "seq", json_integer(row->seq));
	set_text(body, "ts", str_from(clock_format(row->ts_us, ts)));
	set_text(body, "tenant_id", str_from(tenant));
	set_text(body, "action", row->action);
	set_text(body, "outcome", row->outcome);
	json_object_set_new(body, "actor", actor_json(&event->actor));
	json_object_set_new(body, "resource", resource_json(event));
	set_text(body, "request_id", row->request_id);
	set_text(body, "ip", row->ip);
	set_text(body, "method", event->method);
	set_text(body, "path", event->path);
	set_text(body, "permission", str_from(event->permission));
	set_text(body, "reason", event->reason);
	json_object_set_new(
	    body, "diff", audit_diff(event->before, event->after));
	buf_init(&text, BODY_MAX_BYTES);
	json_write_canonical(&text, body);
	return str_copy(arena, buf_str(&text));
}

void
audit_write(struct tx *tx, const struct audit_event *event)
{
	struct audit_row row = {
		.chain = chain_name(tx->arena, event->tenant),
		.tenant_id = event->tenant,
		.action = str_from(event->action),
		.outcome = str_from(event->outcome),
		.actor_kind = str_from(event->actor.kind),
		.actor_id = event->actor.id,
		.resource_kind = str_from(event->resource_kind),
		.resource_id = event->resource_id,
		.request_id = event->request_id,
		.ip = event->ip,
	};
	uint8_t prev[SHA256_SIZE];
	uint8_t hash[SHA256_SIZE];

	audit_head_lock(tx, row.chain, &row.seq, prev);
	row.seq++;
	row.id = id_make();
	row.ts_us = clock_wall_us();
	row.body = body_text(tx->arena, event, &row);
	if (str_is_empty(row.body))
		tx_fail(tx, E_TOO_LARGE);
	chain_hash(prev, row.seq, row.body, hash);
	row.prev_hash = str_make(prev, sizeof(prev));
	row.hash = str_make(hash, sizeof(hash));
	audit_append(tx, &row);
}

enum status
audit_write_denial(
    struct db *db, struct arena *arena, const struct audit_event *event)
{
	bool is_told = false;
	struct tx tx;
	enum status s;

	s = audit_has_denial(
	    db, arena, event->actor.id, str_from(event->action), &is_told);
	if (s != OK || is_told)
		return s;
	tx_begin(&tx, db, arena);
	audit_write(&tx, event);
	return tx_commit(&tx);
}
