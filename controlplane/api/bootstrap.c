/*
 * bootstrap.c - see bootstrap.h.
 */
#include "controlplane/api/bootstrap.h"

#include "common/arena.h"
#include "common/clock.h"
#include "controlplane/api/naming.h"
#include "controlplane/api/secret.h"
#include "controlplane/audit/audit.h"
#include "controlplane/store/access.h"
#include "controlplane/store/document.h"

static json_t *
describe(struct arena *arena, struct id id, struct str name, int64_t expires_us)
{
	json_t *row = document_keep(arena,
	    json_pack("{s:s, s:[s], s:{}}", "owner_kind", "platform", "scopes",
		"*", "labels"));
	char text[CLOCK_TEXT_SIZE];

	document_set_id(row, "id", id);
	document_set(row, "name", name);
	document_set(row, "slug", slug_from_name(arena, name));
	if (expires_us != 0)
		document_set(row, "expires_at",
		    str_from(clock_format(expires_us, text)));
	return row;
}

static void
audit(struct tx *tx, struct id id, const json_t *row)
{
	char text[ID_TEXT_SIZE];
	const struct audit_event event = {
		.action = "token.create",
		.outcome = "success",
		.actor = { "system", STR("system"), STR("") },
		.resource_kind = kind_word(KIND_TOKEN),
		.resource_id =
		    str_from(id_format(id, kind_prefix(KIND_TOKEN), text)),
		.resource_slug = document_member(row, "slug"),
		.reason = STR("made on the control plane's own machine"),
	};

	audit_write(tx, &event);
}

enum status
bootstrap_admin_token(struct db *db, const struct keyring *keyring,
    struct str name, int64_t expires_us, char out[TOKEN_TEXT_SIZE])
{
	struct arena CLEANUP(arena_done) arena;
	struct id id = id_make();
	struct tx tx;
	json_t *row;
	enum status s;

	arena_init(&arena, 0);
	row = describe(&arena, id, name, expires_us);
	s = secret_fill(keyring, &arena, row, TOKEN_PREFIX_ADMIN, out);
	if (s != OK)
		return s;
	tx_begin(&tx, db, &arena);
	table_insert(&tx, &tokens_table, row);
	audit(&tx, id, row);
	return tx_commit(&tx);
}
