/*
 * chain.c - see chain.h.
 */
#include "controlplane/audit/chain.h"

#include <string.h>

#include "common/arena.h"
#include "common/clock.h"
#include "common/json.h"
#include "controlplane/store/document.h"

#define WALK_ROWS 500
#define BODY_DEPTH_MAX 32

struct str
chain_name(struct arena *arena, struct id tenant)
{
	char text[ID_TEXT_SIZE];

	if (id_is_zero(tenant))
		return STR("platform");
	return str_printf(arena, "tenant:%s",
	    id_format(tenant, kind_prefix(KIND_TENANT), text));
}

void
chain_hash(const uint8_t prev[SHA256_SIZE], int64_t seq, struct str body,
    uint8_t out[SHA256_SIZE])
{
	uint8_t number[8];
	struct str parts[3];

	for (size_t i = 0; i < sizeof(number); i++)
		number[i] = (uint8_t)((uint64_t)seq >> (56 - 8 * i));
	parts[0] = str_make(prev, SHA256_SIZE);
	parts[1] = str_make(number, sizeof(number));
	parts[2] = body;
	digest_sha256_parts(parts, ARRAY_LEN(parts), out);
}

static bool
says(const json_t *object, const char *name, struct str column)
{
	return str_eq(document_member(object, name), column);
}

/* Does the body say of itself what the columns say of it? */
static bool
columns_agree(const struct audit_row *row, const json_t *body)
{
	const json_t *resource = json_object_get(body, "resource");
	const json_t *actor = json_object_get(body, "actor");
	char tenant[ID_TEXT_SIZE] = "";
	char ts[CLOCK_TEXT_SIZE];
	char id[ID_TEXT_SIZE];

	if (!id_is_zero(row->tenant_id))
		id_format(row->tenant_id, kind_prefix(KIND_TENANT), tenant);
	return says(body, "chain", row->chain) &&
	    json_integer_value(json_object_get(body, "seq")) == row->seq &&
	    says(body, "id",
		str_from(id_format(row->id, kind_prefix(KIND_EVENT), id))) &&
	    says(body, "ts", str_from(clock_format(row->ts_us, ts))) &&
	    says(body, "tenant_id", str_from(tenant)) &&
	    says(body, "action", row->action) &&
	    says(body, "outcome", row->outcome) &&
	    says(body, "request_id", row->request_id) &&
	    says(body, "ip", row->ip) && says(actor, "kind", row->actor_kind) &&
	    says(actor, "id", row->actor_id) &&
	    says(resource, "kind", row->resource_kind) &&
	    says(resource, "id", row->resource_id);
}

const char *
chain_fault(const struct audit_row *row, int64_t prev_seq,
    const uint8_t prev_hash[SHA256_SIZE])
{
	CLEANUP(json_release) json_t *body = NULL;
	uint8_t hash[SHA256_SIZE];

	if (row->seq != prev_seq + 1)
		return "seq";
	if (!str_eq(row->prev_hash, str_make(prev_hash, SHA256_SIZE)))
		return "prev_hash";
	chain_hash(prev_hash, row->seq, row->body, hash);
	if (!str_eq(row->hash, str_make(hash, SHA256_SIZE)))
		return "hash";
	if (json_parse(row->body, BODY_DEPTH_MAX, &body, NULL) != OK ||
	    !columns_agree(row, body))
		return "columns";
	return NULL;
}

/* One stretch of the chain; its rows are gone when it is done. */
static size_t
verify_stretch(struct tx *tx, struct str chain, int64_t *seq,
    uint8_t hash[SHA256_SIZE], struct chain_report *report)
{
	struct arena *outer = tx->arena;
	struct audit_row *rows;
	struct arena arena;
	size_t count;

	arena_init(&arena, 0);
	tx->arena = &arena;
	count = audit_walk(tx, chain, *seq, WALK_ROWS, &rows);
	for (size_t i = 0; i < count && report->bad_seq == 0; i++) {
		report->bad_kind = chain_fault(&rows[i], *seq, hash);
		if (report->bad_kind != NULL) {
			report->bad_seq = *seq + 1;
			break;
		}
		report->checked++;
		*seq = rows[i].seq;
		memcpy(hash, rows[i].hash.ptr, SHA256_SIZE);
	}
	tx->arena = outer;
	arena_done(&arena);
	return count;
}

struct chain_report
chain_verify(struct tx *tx, struct str chain)
{
	struct chain_report report = { 0 };
	uint8_t head[SHA256_SIZE];
	uint8_t hash[SHA256_SIZE] = { 0 };
	int64_t head_seq;
	int64_t seq = 0;

	while (report.bad_seq == 0 &&
	    verify_stretch(tx, chain, &seq, hash, &report) == WALK_ROWS)
		;
	audit_head_get(tx, chain, &head_seq, head);
	if (report.bad_seq == 0 &&
	    (head_seq != seq || memcmp(head, hash, SHA256_SIZE) != 0)) {
		report.bad_seq = seq + 1;
		report.bad_kind = "missing_tail";
	}
	return report;
}
