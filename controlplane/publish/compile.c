/*
 * compile.c - see compile.h.
 *
 * Rows come in portions; a portion's memory goes before the next one's.
 */
#include "controlplane/publish/compile.h"

#include "common/arena.h"
#include "common/log.h"
#include "common/seal.h"
#include "common/wire.h"
#include "controlplane/keyring.h"
#include "controlplane/publish/resource.h"
#include "proto/link.pb-c.h"

struct secret {
	struct secret *next;
	struct id credential;
	struct str plain;
};

struct compile {
	const struct compile_options *options;
	struct tx tx;
	struct compiled *compiled;
	struct arena kept;    /* until the end */
	struct arena portion; /* of rows and messages */
	struct resources resources;
	struct secret *secrets;
	size_t secret_count;
};

/* One that cannot be opened is left out; its gateways will miss it. */
static void
keep_secret(struct compile *c, const struct db_rows *rows, size_t row)
{
	struct id id = row_id(rows, row, CREDENTIAL_ID);
	struct sealed_secret sealed = {
		.sealed = row_bytes(&c->portion, rows, row, CREDENTIAL_SEALED),
		.sealed_key =
		    row_bytes(&c->portion, rows, row, CREDENTIAL_SEALED_KEY),
		.kek_id = row_text(rows, row, CREDENTIAL_KEK_ID),
	};
	struct secret *secret = arena_alloc(&c->kept, sizeof(*secret));
	enum status s = keyring_unseal(
	    c->options->keyring, &c->kept, id, &sealed, &secret->plain);

	if (s != OK) {
		char text[ID_TEXT_SIZE];

		log_error("credential_unreadable",
		    log_cstr("credential", id_format(id, "crd", text)),
		    log_status(s));
		return;
	}
	secret->credential = id;
	secret->next = c->secrets;
	c->secrets = secret;
	c->secret_count++;
}

static enum status
add_row(struct compile *c, enum snapshot_part part, const struct db_rows *rows,
    size_t row, struct buf *fault)
{
	struct str packed = resource_pack(&c->resources, part, rows, row);
	char text[ID_TEXT_SIZE];

	if (part == SNAPSHOT_CREDENTIALS &&
	    !row_is_null(rows, row, CREDENTIAL_SEALED))
		keep_secret(c, rows, row);

	enum status s = compiled_add(c->compiled, packed);
	if (s != OK)
		buf_printf(fault, "the snapshot would be too large with %s",
		    id_uuid(row_id(rows, row, 0), text));
	return s;
}

static enum status
add_part(struct compile *c, enum snapshot_part part, struct buf *fault)
{
	const struct db_rows *rows;
	enum status s = OK;

	store_snapshot_open(&c->tx, part);
	do {
		arena_reset(&c->portion);
		rows = store_snapshot_next(&c->tx);
		for (size_t i = 0; s == OK && i < rows_count(rows); i++)
			s = add_row(c, part, rows, i, fault);
	} while (s == OK && rows_count(rows) > 0);
	return s == OK ? tx_status(&c->tx) : s;
}

static size_t
make_peppers(struct compile *c, Weir__Link__V1__Pepper ***out)
{
	struct str key;
	uint32_t version;
	size_t count = 0;

	while (keyring_pepper_at(c->options->keyring, count, &version, &key))
		count++;
	*out = arena_alloc_array(&c->kept, count, sizeof(**out));
	for (size_t i = 0; i < count; i++) {
		Weir__Link__V1__Pepper *pepper =
		    arena_alloc(&c->kept, sizeof(*pepper));

		weir__link__v1__pepper__init(pepper);
		if (keyring_pepper_at(
			c->options->keyring, i, &pepper->version, &key))
			pepper->key = wire_data(key);
		(*out)[i] = pepper;
	}
	return count;
}

static struct str
pack_secrets(struct compile *c)
{
	Weir__Link__V1__Secrets message = WEIR__LINK__V1__SECRETS__INIT;

	message.n_peppers = make_peppers(c, &message.peppers);
	message.credentials = arena_alloc_array(
	    &c->kept, c->secret_count, sizeof(*message.credentials));
	for (struct secret *secret = c->secrets; secret;
	     secret = secret->next) {
		Weir__Link__V1__CredentialSecret *credential =
		    arena_alloc(&c->kept, sizeof(*credential));

		weir__link__v1__credential_secret__init(credential);
		credential->credential_id = wire_data(str_make(
		    secret->credential.bytes, sizeof(secret->credential)));
		credential->secret = wire_data(secret->plain);
		message.credentials[message.n_credentials++] = credential;
	}
	return wire_pack(&c->kept, &message.base);
}

static void
wipe(struct str plain)
{
	if (plain.len > 0)
		seal_wipe((void *)plain.ptr, plain.len);
}

static void
seal(struct compile *c, uint64_t rev)
{
	struct str secrets = pack_secrets(c);

	compiled_seal(c->compiled, c->options->keyring, rev, secrets);
	wipe(secrets);
}

static void
compile_done(struct compile *c)
{
	tx_rollback(&c->tx);
	compiled_unref(c->compiled);
	for (struct secret *secret = c->secrets; secret; secret = secret->next)
		wipe(secret->plain);
	resources_done(&c->resources);
	arena_done(&c->portion);
	arena_done(&c->kept);
}

enum status
compile_run(struct db *db, const struct compile_options *options,
    struct compiled **out, struct buf *fault)
{
	struct compile c CLEANUP(compile_done) = { .options = options };

	c.compiled = compiled_new(options->max_bytes);
	arena_init(&c.kept, 0);
	arena_init(&c.portion, 0);
	resources_init(&c.resources, &c.portion);
	tx_begin_snapshot(&c.tx, db, &c.portion);

	int64_t rev = store_snapshot_rev(&c.tx);
	enum status s = tx_status(&c.tx);
	if (s == OK)
		s = compiled_add(c.compiled,
		    resource_pack_settings(
			&c.resources, options->lkg_max_age_s));
	for (int part = 0; s == OK && part < SNAPSHOT_PARTS; part++)
		s = add_part(&c, part, fault);
	if (s == OK)
		s = tx_commit(&c.tx);
	if (s != OK) {
		if (buf_len(fault) == 0)
			buf_add_cstr(fault, db_fault(db));
		return s;
	}
	seal(&c, (uint64_t)rev);
	*out = c.compiled;
	c.compiled = NULL;
	return OK;
}
