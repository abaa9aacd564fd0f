/* snapshot.c - see snapshot.h. */
#include "controlplane/store/snapshot.h"

#include "common/base.h"

#define DECLARE "DECLARE part NO SCROLL CURSOR FOR "

static const char *const parts[SNAPSHOT_PARTS] = {
	[SNAPSHOT_TENANTS] = DECLARE
	"SELECT id, sid, NULL, slug, status = 'suspended' FROM tenants"
	" WHERE status <> 'archived' ORDER BY id",
	[SNAPSHOT_TEAMS] = DECLARE
	"SELECT t.id, t.sid, t.tenant_id, t.slug, false FROM teams t"
	" JOIN tenants o ON o.id = t.tenant_id AND o.status <> 'archived'"
	" WHERE t.status <> 'archived' ORDER BY t.id",
	[SNAPSHOT_KEYS] = DECLARE
	"SELECT k.id, k.sid, k.tenant_id, k.team_id, k.name, k.public_id,"
	" k.pepper_version, k.verifier, k.prev_public_id,"
	" k.prev_pepper_version, k.prev_verifier, k.prev_valid_until,"
	" k.allowed_models, k.cidrs, k.expires_at, k.status = 'disabled',"
	" k.labels FROM api_keys k"
	" JOIN tenants o ON o.id = k.tenant_id AND o.status <> 'archived'"
	" JOIN teams t ON t.id = k.team_id AND t.status <> 'archived'"
	" WHERE k.status <> 'revoked' ORDER BY k.id",
	[SNAPSHOT_PROVIDERS] = DECLARE
	"SELECT id, sid, slug, kind, base_url, region, allow_private_network,"
	" timeouts, headers, status = 'disabled' FROM providers"
	" WHERE status <> 'archived' ORDER BY id",
	[SNAPSHOT_CREDENTIALS] = DECLARE
	"SELECT c.id, c.provider_id, c.weight, c.env_ref, c.file_ref,"
	" c.sealed, c.sealed_key, c.kek_id FROM credentials c"
	" JOIN providers p ON p.id = c.provider_id AND p.status <> 'archived'"
	" WHERE c.status <> 'archived' ORDER BY c.id",
	[SNAPSHOT_MODELS] = DECLARE
	"SELECT m.id, m.sid, m.tenant_id, m.alias,"
	" coalesce((SELECT jsonb_agg(jsonb_build_object("
	"  'provider_id', d.provider_id, 'upstream_model', d.upstream_model,"
	"  'weight', d.weight, 'priority', d.priority, 'region', d.region)"
	"  ORDER BY d.position) FROM deployments d WHERE d.model_id = m.id),"
	" '[]') FROM models m"
	" LEFT JOIN tenants o ON o.id = m.tenant_id"
	" WHERE m.status <> 'archived' AND o.status IS DISTINCT FROM 'archived'"
	" ORDER BY m.id",
	[SNAPSHOT_ROUTES] = DECLARE
	"SELECT r.id, r.sid, r.tenant_id, r.slug, r.priority, r.match,"
	" r.targets, r.strategy, r.max_attempts, r.retry_on, r.timeouts"
	" FROM routes r LEFT JOIN tenants o ON o.id = r.tenant_id"
	" WHERE r.status <> 'archived' AND o.status IS DISTINCT FROM 'archived'"
	" ORDER BY r.id",
	[SNAPSHOT_PRICES] = DECLARE
	"SELECT p.id, p.sid, p.layer, p.tenant_id, p.provider, p.model,"
	" p.meter, p.tier, p.ctx_above, p.pico_per_unit,"
	" nullif(lower(p.valid), '-infinity'), nullif(upper(p.valid),"
	" 'infinity') FROM prices p"
	" LEFT JOIN tenants o ON o.id = p.tenant_id"
	" WHERE NOT isempty(p.valid)"
	" AND o.status IS DISTINCT FROM 'archived' ORDER BY p.id",
};

int64_t
store_snapshot_rev(struct tx *tx)
{
	return row_int(
	    tx_run(tx, "SELECT rev FROM config_head", NULL, 0), 0, 0);
}

void
store_snapshot_open(struct tx *tx, enum snapshot_part part)
{
	assert(part < SNAPSHOT_PARTS);
	tx_run(tx, parts[part], NULL, 0);
}

const struct db_rows *
store_snapshot_next(struct tx *tx)
{
	const struct db_rows *rows =
	    tx_run(tx, "FETCH 1000 FROM part", NULL, 0);

	if (rows_count(rows) == 0)
		tx_run(tx, "CLOSE part", NULL, 0);
	return rows;
}
