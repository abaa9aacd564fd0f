/*
 * credentials.c - what providers are paid with.
 *
 * A secret comes in and never goes out: it is sealed before it reaches the
 * database, and shown as a fingerprint.  It may also stay where it is, in
 * the environment or a file of the gateway.
 */
#include "controlplane/store/credentials.h"

#include "common/codec.h"
#include "common/digest.h"
#include "controlplane/api/resource.h"
#include "controlplane/api/secret.h"
#include "controlplane/api/tables.h"
#include "controlplane/keyring.h"
#include "controlplane/store/document.h"

#define SECRET_MAX (16 << 10)
#define FINGERPRINT_BYTES 4

static const char *
env_fault(struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		bool is_digit = c >= '0' && c <= '9';

		if ((c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && c != '_' &&
		    !(is_digit && i > 0))
			return "not the name of an environment variable";
	}
	return NULL;
}

static const char *
file_fault(struct str text)
{
	if (!str_has_prefix(text, STR("/")))
		return "an absolute path";
	if (str_find(text, STR("/../")) >= 0 ||
	    str_has_suffix(text, STR("/..")))
		return "no .. in the path";
	return NULL;
}

static const char *
secret_fault(struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		if ((unsigned char)text.ptr[i] < ' ' && text.ptr[i] != '\n')
			return "no control characters but line feeds";
	}
	return NULL;
}

static const char *const statuses[] = { "active", "archived", NULL };

static const struct field fields[] = {
	{ "provider_id", FIELD_REF, FIELD_FIXED | FIELD_REQUIRED,
	    .kind = KIND_PROVIDER, .help = "Whom it is for." },
	{ "secret", FIELD_TEXT, FIELD_ON_CREATE, 1, SECRET_MAX,
	    .check = secret_fault, .help = "Written, never shown." },
	{ "env_ref", FIELD_TEXT, FIELD_FIXED, 1, 128, .check = env_fault,
	    .help = "Or: a variable of the gateway's environment." },
	{ "file_ref", FIELD_TEXT, FIELD_FIXED, 1, 500, .check = file_fault,
	    .help = "Or: a file on the gateway's machine." },
	{ "weight", FIELD_INT, FIELD_SET, 0, 1000000, .fallback = "1",
	    .help = "Its share among the provider's credentials." },
	{ "fingerprint", FIELD_TEXT, FIELD_ON_READ,
	    .help = "Begins the SHA-256 of the secret." },
	{ "status", FIELD_TEXT, FIELD_ON_READ, .words = statuses,
	    .help = "An archived one is not used." },
	{ "rotated_at", FIELD_TIME, FIELD_ON_READ,
	    .help = "When the secret was last replaced." },
	{ "archived_at", FIELD_TIME, FIELD_ON_READ,
	    .help = "When it was archived." },
};

static void
check_one_source(struct change *change, json_t *row)
{
	size_t count = json_is_string(json_object_get(row, "secret"));

	count += json_is_string(json_object_get(row, "env_ref"));
	count += json_is_string(json_object_get(row, "file_ref"));
	if (count != 1)
		fault_add(&change->call->problem.faults, STR("/secret"),
		    "required", "exactly one of secret, env_ref, file_ref");
}

/* Only at creation: afterwards the secret is no member of the row. */
static void
check_credential(struct change *change, json_t *row)
{
	if (change->before == NULL)
		check_one_source(change, row);
}

static void
seal(struct change *change, json_t *row)
{
	struct arena *arena = &change->call->arena;
	struct str plain = document_member(row, "secret");
	struct sealed_secret sealed;
	uint8_t digest[SHA256_SIZE];
	struct str hex;

	if (str_is_empty(plain))
		return;
	sealed = keyring_seal(change->call->keyring, arena, change->id, plain);
	secret_set_bytes(arena, row, "sealed", sealed.sealed);
	secret_set_bytes(arena, row, "sealed_key", sealed.sealed_key);
	document_set(row, "kek_id", sealed.kek_id);
	digest_sha256(plain, digest);
	hex = codec_hex(arena, str_make(digest, FINGERPRINT_BYTES));
	document_set(row, "fingerprint",
	    str_printf(arena, "sha256:%.*s", STR_ARGS(hex)));
	json_object_del(row, "secret");
}

static const struct resource credentials = {
	.shape = { .name = "Credential",
	    .kind = KIND_CREDENTIAL,
	    SHAPE_FIELDS(fields),
	    .base = &resource_base },
	.table = &credentials_table,
	.is_published = true,
	.check = check_credential,
	.prepare = seal,
};

static const struct field rotate_fields[] = {
	{ "secret", FIELD_TEXT, FIELD_ON_CREATE, 1, SECRET_MAX,
	    .check = secret_fault, .help = "Written, never shown." },
	{ "env_ref", FIELD_TEXT, FIELD_ON_CREATE, 1, 128, .check = env_fault,
	    .help = "Or: a variable of the gateway's environment." },
	{ "file_ref", FIELD_TEXT, FIELD_ON_CREATE, 1, 500, .check = file_fault,
	    .help = "Or: a file on the gateway's machine." },
};

static const struct shape rotate_shape = {
	.name = "CredentialRotation",
	SHAPE_FIELDS(rotate_fields),
};

static enum status
rotate(struct change *change)
{
	json_t *row = shape_read(
	    &change->check, &rotate_shape, FIELD_ON_CREATE, change->call->body);
	enum status s;

	check_one_source(change, row);
	s = call_faults(change->call);
	if (s != OK)
		return s;
	if (str_eq(document_member(change->row, "status"), STR("archived")))
		return call_fail(change->call, E_CONFLICT, "archived",
		    "an archived credential stays archived");
	document_set_id(row, "id", change->id);
	seal(change, row);
	credentials_rotate(&change->tx, row);
	return OK;
}

static enum status
credential_rotate(struct call *call)
{
	return resource_change(call, "rotate", rotate);
}

static const struct field list_fields[] = {
	{ "provider_id", FIELD_REF, FIELD_ON_CREATE, .kind = KIND_PROVIDER,
	    .help = "Only those of this provider." },
};

static const struct shape list_query = {
	.name = "CredentialList",
	SHAPE_FIELDS(list_fields),
	.base = &resource_list_base,
};

static const struct route routes[] = {
	{ "GET", "/admin/v1/credentials", PERMISSION_CREDENTIAL_READ,
	    resource_list, "List credentials, without their secrets",
	    .shape = &credentials.shape, .reply = REPLY_LIST,
	    .query = &list_query },
	{ "POST", "/admin/v1/credentials", PERMISSION_CREDENTIAL_WRITE,
	    resource_create, "Create a credential", .shape = &credentials.shape,
	    .reply = REPLY_CREATED },
	{ "GET", "/admin/v1/credentials/{id}", PERMISSION_CREDENTIAL_READ,
	    resource_get, "Show a credential, without its secret",
	    .shape = &credentials.shape },
	{ "PATCH", "/admin/v1/credentials/{id}", PERMISSION_CREDENTIAL_WRITE,
	    resource_patch, "Change a credential",
	    .shape = &credentials.shape },
	{ "DELETE", "/admin/v1/credentials/{id}", PERMISSION_CREDENTIAL_WRITE,
	    resource_archive, "Archive a credential",
	    .shape = &credentials.shape, .query = &reason_query,
	    .body = &reason_shape },
	{ "POST", "/admin/v1/credentials/{id}/rotate",
	    PERMISSION_CREDENTIAL_WRITE, credential_rotate,
	    "Replace the secret of a credential", .shape = &credentials.shape,
	    .body = &rotate_shape },
};

const struct route_table credentials_routes = ROUTE_TABLE(routes);
