/* commands.c - see commands.h. */
#include "controlplane/commands.h"

#include <stdio.h>

#include "common/arena.h"
#include "common/clock.h"
#include "common/token.h"
#include "controlplane/api/bootstrap.h"
#include "controlplane/audit/audit.h"
#include "controlplane/keyring.h"
#include "controlplane/store/fleet.h"
#include "controlplane/store/migrate.h"

#define US_PER_HOUR (3600 * US_PER_S)
#define DISPLAY_TAIL 4 /* of a secret, to tell it from others */

static void
close_db(struct db **db)
{
	db_close(*db);
}

static void
close_keyring(struct keyring **keyring)
{
	keyring_close(*keyring);
}

enum status
command_migrate(const struct control_settings *settings, struct buf *fault)
{
	struct arena arena CLEANUP(arena_done);
	struct buf lines CLEANUP(buf_done);
	struct db *db CLEANUP(close_db) =
	    db_open(settings->database_url, "weir-migrate");

	arena_init(&arena, 0);
	buf_init(&lines, 1 << 20);
	enum status s = OK;
	if (!settings->status)
		s = migrate_apply(db, &arena, &migrations_embedded, fault);
	if (s == OK)
		s = migrate_status(db, &arena, &migrations_embedded, &lines);
	if (s != OK) {
		buf_add_str(fault, buf_str(&lines));
		return s;
	}
	printf("%.*s", STR_ARGS(buf_str(&lines)));
	return OK;
}

enum status
command_keys(const struct control_settings *settings, struct buf *fault)
{
	struct keyring *keyring CLEANUP(close_keyring) = NULL;
	enum status s = keyring_create(settings->keyring, fault);

	if (s == OK)
		s = keyring_open(settings->keyring, &keyring, fault);
	if (s == OK)
		printf("%s\n", settings->keyring);
	return s;
}

/* 0: never */
static int64_t
expiry(int64_t hours)
{
	return hours == 0 ? 0 : clock_wall_us() + hours * US_PER_HOUR;
}

static enum status
need_name(const struct control_settings *settings, struct buf *fault)
{
	if (settings->name[0] != '\0')
		return OK;
	buf_add_cstr(fault, "--name is missing");
	return E_INVALID;
}

enum status
command_admin_token(const struct control_settings *settings, struct buf *fault)
{
	struct keyring *keyring CLEANUP(close_keyring) = NULL;
	struct db *db CLEANUP(close_db) =
	    db_open(settings->database_url, "weir-admin-token");
	char token[TOKEN_TEXT_SIZE];
	enum status s = need_name(settings, fault);

	if (s == OK)
		s = keyring_open(settings->keyring, &keyring, fault);
	if (s != OK)
		return s;
	s = bootstrap_admin_token(db, keyring, str_from(settings->name),
	    expiry(settings->valid_hours), token);
	if (s == OK)
		printf("%s\n", token);
	else
		buf_add_cstr(fault, db_fault(db));
	return s;
}

static void
audit_enrolment(struct tx *tx, const struct enrolment_spec *spec)
{
	char id[ID_TEXT_SIZE];
	const struct audit_event event = {
		.action = "gateway_enrolment.create",
		.outcome = "success",
		.actor = { .kind = "system", .id = STR("system") },
		.resource_kind = "gateway_enrolment",
		.resource_id = str_from(id_format(spec->id, "enr", id)),
		.resource_slug = spec->name,
		.reason = STR("made on the control plane's own machine"),
	};

	audit_write(tx, &event);
}

static enum status
create_enrolment(const struct control_settings *settings, struct db *db,
    const struct keyring *keyring, char token[TOKEN_TEXT_SIZE])
{
	struct arena arena CLEANUP(arena_done);
	struct tx tx CLEANUP(tx_rollback);
	struct str text = str_from(token_make(TOKEN_PREFIX_ENROLMENT, token));
	uint8_t verifier[SHA256_SIZE];
	struct str public_id;

	arena_init(&arena, 0);
	enum status s = token_parse(text, TOKEN_PREFIX_ENROLMENT, &public_id);
	if (s == OK)
		s = keyring_verifier(
		    keyring, keyring_pepper_version(keyring), text, verifier);
	tx_begin(&tx, db, &arena);
	if (s != OK)
		return s;
	const struct enrolment_spec spec = {
		.id = id_make(),
		.name = str_from(settings->name),
		.public_id = public_id,
		.display = str_printf(&arena, "%s…%.*s", TOKEN_PREFIX_ENROLMENT,
		    DISPLAY_TAIL, text.ptr + text.len - DISPLAY_TAIL),
		.verifier = str_make(verifier, sizeof(verifier)),
		.pepper_version = keyring_pepper_version(keyring),
		.max_uses = settings->max_uses,
		.expires_us = expiry(i64_max(settings->valid_hours, 1)),
	};
	store_enrolment_insert(&tx, &spec);
	audit_enrolment(&tx, &spec);
	return tx_commit(&tx);
}

enum status
command_enrolment(const struct control_settings *settings, struct buf *fault)
{
	struct keyring *keyring CLEANUP(close_keyring) = NULL;
	struct db *db CLEANUP(close_db) =
	    db_open(settings->database_url, "weir-enrolment");
	char token[TOKEN_TEXT_SIZE];
	enum status s = need_name(settings, fault);

	if (s == OK)
		s = keyring_open(settings->keyring, &keyring, fault);
	if (s != OK)
		return s;
	s = create_enrolment(settings, db, keyring, token);
	if (s == OK)
		printf("%s\n", token);
	else
		buf_add_cstr(fault, db_fault(db));
	return s;
}
