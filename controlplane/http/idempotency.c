/*
 * idempotency.c - see idempotency.h.
 *
 * What is kept is the ETag, a line feed, and the body.  It is sealed under a
 * key made of ours and the caller's: the table alone gives no secret away.
 */
#include "controlplane/http/idempotency.h"

#include "common/digest.h"
#include "common/seal.h"
#include "controlplane/keyring.h"
#include "controlplane/store/idempotency.h"

#define KEY_LEN_MAX 255

static bool
applies(const struct call *call)
{
	return str_eq(call->method, STR("POST")) &&
	    !str_is_empty(call->idempotency_key);
}

static struct str
digest_of(struct arena *arena, const struct str *parts, size_t count)
{
	uint8_t *digest = arena_alloc(arena, SHA256_SIZE);

	digest_sha256_parts(parts, count, digest);
	return str_make(digest, SHA256_SIZE);
}

static struct idempotency_row
row_of(struct call *call)
{
	const struct str asked[] = { call->method, STR("\n"), call->path,
		STR("?"), call->query_text, STR("\n"), call->body_text };

	return (struct idempotency_row){
		.principal = call->principal.token_id,
		.key_hash = digest_of(&call->arena, &call->idempotency_key, 1),
		.fingerprint = digest_of(&call->arena, asked, ARRAY_LEN(asked)),
	};
}

static void
sealing_key(struct call *call, uint8_t out[SEAL_KEY_SIZE])
{
	uint8_t ours[SEAL_KEY_SIZE];

	keyring_derive(call->keyring, STR("idempotency"), ours);
	seal_derive(ours, call->idempotency_key, out);
	seal_wipe(ours, sizeof(ours));
}

static enum status
give_again(struct call *call, const struct idempotency_row *row)
{
	uint8_t key[SEAL_KEY_SIZE];
	struct str kept;
	enum status s;

	sealing_key(call, key);
	s = seal_open(
	    &call->arena, key, row->principal, row->body_sealed, &kept);
	seal_wipe(key, sizeof(key));
	if (s != OK)
		return s;
	call->reply = (struct reply){
		.http = (int)row->status,
		.content_type = "application/json",
		.is_replayed = true,
	};
	str_next(&kept, '\n', &call->reply.etag);
	call->reply.body = kept;
	return OK;
}

enum status
idempotency_replay(struct call *call)
{
	struct idempotency_row row;
	struct str fingerprint;
	enum status s;

	if (!applies(call))
		return OK;
	if (call->idempotency_key.len > KEY_LEN_MAX)
		return call_fail(call, E_INVALID, "idempotency_key_too_long",
		    "Idempotency-Key has at most %d bytes", KEY_LEN_MAX);
	row = row_of(call);
	fingerprint = row.fingerprint;
	s = idempotency_find(call->db, &call->arena, &row);
	if (s == E_NOT_FOUND)
		return OK;
	if (s != OK)
		return s;
	if (str_eq(row.fingerprint, fingerprint))
		return give_again(call, &row);
	call->problem.http = 422;
	return call_fail(call, E_CONFLICT, "idempotency_key_reused",
	    "this Idempotency-Key was used for a different request");
}

enum status
idempotency_begin(struct call *call, struct tx *tx)
{
	struct idempotency_row row;

	if (!applies(call))
		return OK;
	row = row_of(call);
	if (idempotency_lock(tx, &row))
		return OK;
	if (tx_status(tx) != OK)
		return tx_status(tx);
	call->problem.retry_after_s = 1;
	return call_fail(call, E_CONFLICT, "idempotency_in_flight",
	    "a request with this Idempotency-Key is being worked on");
}

void
idempotency_end(struct call *call, struct tx *tx)
{
	uint8_t key[SEAL_KEY_SIZE];
	struct idempotency_row row;

	if (!applies(call))
		return;
	row = row_of(call);
	sealing_key(call, key);
	row.status = call->reply.http;
	row.body_sealed = seal_key(&call->arena, key, row.principal,
	    str_printf(&call->arena, "%.*s\n%.*s", STR_ARGS(call->reply.etag),
		STR_ARGS(call->reply.body)));
	seal_wipe(key, sizeof(key));
	idempotency_keep(tx, &row);
}
