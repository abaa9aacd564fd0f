/*
 * access.c - see access.h.
 *
 * An unknown token costs the same work as a known one with a wrong secret.
 */
#include "controlplane/http/access.h"

#include "common/digest.h"
#include "common/log.h"
#include "common/token.h"
#include "controlplane/audit/audit.h"
#include "controlplane/http/route.h"
#include "controlplane/keyring.h"
#include "controlplane/store/access.h"

static enum status
refuse(struct call *call, const char *detail)
{
	return call_fail(call, E_UNAUTHENTICATED, NULL, "%s", detail);
}

/* Takes the same time for a row that was not found (an empty one). */
static bool
is_proved(struct call *call, const struct token_row *row, struct str token)
{
	static const uint8_t nothing[SHA256_SIZE];
	uint8_t verifier[SHA256_SIZE] = { 0 };
	bool has_row = row->verifier.len == SHA256_SIZE;
	uint32_t version = has_row ? row->pepper_version
				   : keyring_pepper_version(call->keyring);
	bool is_equal;

	if (keyring_verifier(call->keyring, version, token, verifier) != OK)
		return false;
	is_equal = digest_eq(verifier,
	    has_row ? (const uint8_t *)row->verifier.ptr : nothing,
	    SHA256_SIZE);
	return has_row && is_equal;
}

static void
set_principal(struct call *call, const struct token_row *row)
{
	struct principal *principal = &call->principal;
	struct arena *arena = &call->arena;
	char text[ID_TEXT_SIZE];

	principal->token_id = str_copy(
	    arena, str_from(id_format(row->id, kind_prefix(KIND_TOKEN), text)));
	principal->kind = "admin_token";
	principal->id = principal->token_id;
	if (!id_is_zero(row->owner_id)) {
		principal->kind = "service_account";
		principal->id = str_copy(arena,
		    str_from(id_format(row->owner_id,
			kind_prefix(KIND_SERVICE_ACCOUNT), text)));
	}
	principal->name = row->name;
	principal->tenant = row->tenant_id;
	principal->expires_us = row->expires_us;
	principal->scopes = row->scopes;
	principal->scope_count = row->scope_count;
	for (size_t i = 0; i < row->scope_count; i++)
		permission_set_add(&principal->permissions, row->scopes[i]);
}

enum status
access_authenticate(struct call *call)
{
	struct str token = call->authorization;
	struct token_row row = { 0 };
	struct str public_id;
	enum status s;

	if (!str_has_prefix_nocase(token, STR("Bearer ")))
		return refuse(call, "send Authorization: Bearer weir_at_…");
	token = str_trim(str_skip(token, STR("Bearer ").len));
	if (token_parse(token, TOKEN_PREFIX_ADMIN, &public_id) != OK)
		return refuse(call, "this is not an admin token");
	s = tokens_find(call->db, &call->arena, public_id, &row);
	if (s != OK && s != E_NOT_FOUND)
		return s;
	if (!is_proved(call, &row, token))
		return refuse(call, "this token is not valid");
	if (!row.is_usable)
		return refuse(call, "this token is revoked or has expired");
	set_principal(call, &row);
	if (!row.is_use_stale)
		return OK;
	return tokens_touch(call->db, &call->arena, row.id);
}

/* "key:create" was refused: so was the action "key.create". */
static const char *
action_of(struct arena *arena, const char *permission)
{
	struct str rest = str_from(permission);
	struct str resource;

	str_next(&rest, ':', &resource);
	return str_cstr(arena,
	    str_printf(arena, "%.*s.%.*s", STR_ARGS(resource), STR_ARGS(rest)));
}

static void
audit_denial(struct call *call, const char *permission)
{
	const struct audit_event event = {
		.action = action_of(&call->arena, permission),
		.outcome = "denied",
		.actor = { call->principal.kind, call->principal.id,
		    call->principal.token_id },
		.tenant = call->principal.tenant,
		.resource_id = call->id_text,
		.request_id = call->request_id,
		.method = call->method,
		.path = call->path,
		.ip = call->ip,
		.permission = permission,
	};
	enum status s = audit_write_denial(call->db, &call->arena, &event);

	if (s != OK)
		log_warn("audit_denial_lost", log_status(s),
		    log_str("request_id", call->request_id));
}

static enum status
deny(struct call *call, const char *permission, const char *scope)
{
	const struct principal *principal = &call->principal;

	call->problem.permission = permission;
	audit_denial(call, permission);
	return call_fail(call, E_FORBIDDEN, NULL, "%.*s does not hold %s%s",
	    STR_ARGS(principal->id), permission, scope);
}

enum status
access_require(struct call *call, enum permission permission)
{
	if (permission <= PERMISSION_SELF ||
	    permission_set_has(&call->principal.permissions, permission))
		return OK;
	return deny(call, permission_text(permission), "");
}

enum status
access_require_platform(struct call *call)
{
	if (id_is_zero(call->principal.tenant))
		return OK;
	return deny(call, permission_text(call->route->permission),
	    " for the platform, only for its tenant");
}
