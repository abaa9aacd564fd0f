/* fleet.c - see fleet.h. */
#include "controlplane/store/fleet.h"

#include <ctype.h>
#include <inttypes.h>

#include "common/arena.h"

#define SLUG_MAX 48

enum status
store_enrolment_find(struct db *db, struct arena *arena, struct str public_id,
    struct enrolment *out)
{
	const struct db_param params[] = { db_text(public_id) };
	const struct db_rows *rows;
	enum status s = db_run(db, arena,
	    "SELECT id, name, region, verifier, pepper_version"
	    " FROM gateway_enrolments WHERE public_id = $1",
	    params, ARRAY_LEN(params), &rows);

	if (s != OK)
		return s;
	if (rows_count(rows) == 0)
		return E_NOT_FOUND;
	*out = (struct enrolment){
		.id = row_id(rows, 0, 0),
		.name = row_text(rows, 0, 1),
		.region = row_text(rows, 0, 2),
		.verifier = row_bytes(arena, rows, 0, 3),
		.pepper_version = (uint32_t)row_int(rows, 0, 4),
	};
	return OK;
}

void
store_enrolment_insert(struct tx *tx, const struct enrolment_spec *spec)
{
	TX_RUN(tx,
	    "INSERT INTO gateway_enrolments (id, slug, name, public_id,"
	    " pepper_version, verifier, display, max_uses, expires_at)"
	    " VALUES ($1, $2, $2, $3, $4, $5, $6, $7, $8)",
	    db_id(spec->id), db_text(spec->name), db_text(spec->public_id),
	    db_int(spec->pepper_version), db_bytes(spec->verifier),
	    db_text(spec->display), db_int(spec->max_uses),
	    db_time(spec->expires_us));
}

void
store_enrolment_lock(struct tx *tx, struct id enrolment)
{
	TX_RUN(tx, "SELECT FROM gateway_enrolments WHERE id = $1 FOR UPDATE",
	    db_id(enrolment));
}

void
store_enrolment_use(struct tx *tx, struct id enrolment)
{
	const struct db_rows *rows = TX_RUN(tx,
	    "UPDATE gateway_enrolments SET uses = uses + 1,"
	    " version = version + 1, updated_at = now()"
	    " WHERE id = $1 AND uses < max_uses AND status = 'active'"
	    " AND expires_at > now()",
	    db_id(enrolment));

	if (rows_affected(rows) == 0)
		tx_fail(tx, E_FORBIDDEN);
}

/* Lower-case letters, digits and single dashes: what a slug may be. */
static struct str
slug_from(struct arena *arena, struct str name)
{
	char *slug = arena_alloc(arena, SLUG_MAX);
	size_t len = 0;

	for (size_t i = 0; i < name.len && len < SLUG_MAX; i++) {
		unsigned char c = (unsigned char)name.ptr[i];

		if (c < 0x80 && isalnum(c))
			slug[len++] = (char)tolower(c);
		else if (len > 0 && slug[len - 1] != '-')
			slug[len++] = '-';
	}
	while (len > 0 && slug[len - 1] == '-')
		len--;
	return len > 0 ? str_make(slug, len) : STR("gateway");
}

/*
 * Two gateways of one name may come at the same moment, so the choice of the
 * number is made in line: the lock is the transaction's.
 */
void
store_gateway_insert(struct tx *tx, const struct gateway_spec *spec)
{
	struct str slug = slug_from(tx->arena, spec->name);

	TX_RUN(tx, "SELECT pg_advisory_xact_lock(hashtext($1))",
	    db_text(STR("weir gateway slug")));
	TX_RUN(tx,
	    "INSERT INTO gateways (id, slug, name, region, enrolment_id,"
	    " secret_sealed, kek_id, box_public)"
	    " SELECT $1, (SELECT CASE WHEN n = 1 THEN $2 ELSE $2 || '-' || n"
	    "   END FROM generate_series(1, 1000000) AS n WHERE NOT EXISTS"
	    "   (SELECT FROM gateways WHERE slug ="
	    "    CASE WHEN n = 1 THEN $2 ELSE $2 || '-' || n END)"
	    "   ORDER BY n LIMIT 1),"
	    " $3, $4, $5, $6, $7, $8",
	    db_id(spec->id), db_text(slug), db_text(spec->name),
	    db_text_or_null(spec->region), db_id(spec->enrolment),
	    db_bytes(spec->secret_sealed), db_text(spec->kek_id),
	    db_bytes(spec->box_public));
}

static struct gateway
read_gateway(struct arena *arena, const struct db_rows *rows)
{
	return (struct gateway){
		.id = row_id(rows, 0, 0),
		.sid = row_int(rows, 0, 1),
		.secret_sealed = row_bytes(arena, rows, 0, 2),
		.kek_id = row_text(rows, 0, 3),
		.box_public = row_bytes(arena, rows, 0, 4),
	};
}

enum status
store_gateway_find(
    struct db *db, struct arena *arena, struct id id, struct gateway *out)
{
	const struct db_param params[] = { db_id(id) };
	const struct db_rows *rows;
	enum status s = db_run(db, arena,
	    "SELECT id, sid, secret_sealed, kek_id, box_public FROM gateways"
	    " WHERE id = $1",
	    params, ARRAY_LEN(params), &rows);

	if (s != OK)
		return s;
	if (rows_count(rows) == 0)
		return E_NOT_FOUND;
	*out = read_gateway(arena, rows);
	return OK;
}

bool
store_gateway_find_enrolled(
    struct tx *tx, const struct gateway_spec *spec, struct gateway *out)
{
	const struct db_rows *rows = TX_RUN(tx,
	    "SELECT id, sid, secret_sealed, kek_id, box_public FROM gateways"
	    " WHERE enrolment_id = $1 AND box_public = $2 LIMIT 1",
	    db_id(spec->enrolment), db_bytes(spec->box_public));

	if (rows_count(rows) == 0)
		return false;
	*out = read_gateway(tx->arena, rows);
	return true;
}

static enum status
update(struct db *db, struct arena *arena, const char *sql,
    const struct db_param *params, size_t count)
{
	const struct db_rows *rows;
	enum status s = db_run(db, arena, sql, params, count, &rows);

	if (s != OK)
		return s;
	return rows_affected(rows) == 0 ? E_NOT_FOUND : OK;
}

enum status
store_gateway_hello(
    struct db *db, struct arena *arena, const struct gateway_hello *hello)
{
	const struct db_param params[] = {
		db_id(hello->id),
		db_text(str_printf(arena, "%" PRIu64, hello->boot_id)),
		db_text(hello->software),
		db_text_or_null(hello->region),
		db_bytes(hello->box_public),
	};

	return update(db, arena,
	    "UPDATE gateways SET boot_id = $2, software = $3,"
	    " region = coalesce($4, region), box_public = $5,"
	    " draining = false, last_seen = now() WHERE id = $1",
	    params, ARRAY_LEN(params));
}

enum status
store_gateway_config(
    struct db *db, struct arena *arena, const struct gateway_config *config)
{
	const struct db_param params[] = {
		db_id(config->id),
		db_int(config->applied_rev),
		db_int(config->rejected_rev),
		db_text(config->errors),
		db_bool(config->from_disk),
	};

	return update(db, arena,
	    "UPDATE gateways SET applied_rev = $2, nack_rev = $3,"
	    " nack_errors = $4, from_disk = $5, last_seen = now()"
	    " WHERE id = $1",
	    params, ARRAY_LEN(params));
}

enum status
store_gateway_health(
    struct db *db, struct arena *arena, const struct gateway_health *health)
{
	const struct db_param params[] = {
		db_id(health->id),
		db_int(health->applied_rev),
		db_int(health->inflight),
		db_int(health->spool_bytes),
		db_int(health->spool_oldest_ms),
		db_int(health->rss_bytes),
		db_bool(health->draining),
	};

	return update(db, arena,
	    "UPDATE gateways SET applied_rev = $2, inflight = $3,"
	    " spool_bytes = $4, spool_oldest_ms = $5, rss_bytes = $6,"
	    " draining = $7, last_seen = now() WHERE id = $1",
	    params, ARRAY_LEN(params));
}

enum status
store_gateways_alive(struct db *db, struct arena *arena, int64_t *out)
{
	const struct db_rows *rows;
	enum status s = db_run(db, arena,
	    "SELECT count(*) FROM gateways"
	    " WHERE last_seen > now() - interval '30 s'",
	    NULL, 0, &rows);

	if (s == OK)
		*out = row_int(rows, 0, 0);
	return s;
}
