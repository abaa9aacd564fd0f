/*
 * audit_events.c - reading the audit log, and proving it whole.
 */
#include "common/json.h"
#include "controlplane/api/resource.h"
#include "controlplane/api/tables.h"
#include "controlplane/audit/chain.h"
#include "controlplane/store/audit.h"
#include "controlplane/store/document.h"

static const char *const outcomes[] = { "success", "denied", "error", "noop",
	NULL };

static const struct field actor_fields[] = {
	{ "kind", FIELD_TEXT, FIELD_ON_READ, .help = "What it is." },
	{ "id", FIELD_TEXT, FIELD_ON_READ, .help = "Who it is." },
	{ "token_id", FIELD_TEXT, FIELD_ON_READ, .help = "With which token." },
};

static const struct shape actor_shape = {
	.name = "AuditActor",
	SHAPE_FIELDS(actor_fields),
};

static const struct field resource_fields[] = {
	{ "kind", FIELD_TEXT, FIELD_ON_READ, .help = "What it is." },
	{ "id", FIELD_TEXT, FIELD_ON_READ, .help = "Its id." },
	{ "slug", FIELD_TEXT, FIELD_ON_READ, .help = "Its slug." },
};

static const struct shape resource_shape = {
	.name = "AuditResource",
	SHAPE_FIELDS(resource_fields),
};

static const struct field fields[] = {
	{ "id", FIELD_ID, FIELD_ON_READ, .help = "Never changes." },
	{ "chain", FIELD_TEXT, FIELD_ON_READ,
	    .help = "platform, or tenant:ten_…" },
	{ "seq", FIELD_INT, FIELD_ON_READ, .help = "Its place in the chain." },
	{ "ts", FIELD_TIME, FIELD_ON_READ, .help = "When it happened." },
	{ "tenant_id", FIELD_REF, FIELD_ON_READ, .kind = KIND_TENANT,
	    .help = "Whose it is." },
	{ "action", FIELD_TEXT, FIELD_ON_READ, .help = "key.create …" },
	{ "outcome", FIELD_TEXT, FIELD_ON_READ, .words = outcomes,
	    .help = "How it ended." },
	{ "actor", FIELD_OBJECT, FIELD_ON_READ, .shape = &actor_shape,
	    .help = "Who did it." },
	{ "resource", FIELD_OBJECT, FIELD_ON_READ, .shape = &resource_shape,
	    .help = "What it was done to." },
	{ "request_id", FIELD_TEXT, FIELD_ON_READ,
	    .help = "X-Request-Id of the call." },
	{ "method", FIELD_TEXT, FIELD_ON_READ, .help = "Of the call." },
	{ "path", FIELD_TEXT, FIELD_ON_READ, .help = "Of the call." },
	{ "ip", FIELD_TEXT, FIELD_ON_READ, .help = "Of the caller." },
	{ "permission", FIELD_TEXT, FIELD_ON_READ,
	    .help = "What the call needed." },
	{ "reason", FIELD_TEXT, FIELD_ON_READ, .help = "As the caller said." },
	{ "diff", FIELD_JSON, FIELD_ON_READ,
	    .help = "What changed: op, path, before, after." },
	{ "prev_hash", FIELD_TEXT, FIELD_ON_READ,
	    .help = "Hash of the one before, in hex." },
	{ "hash", FIELD_TEXT, FIELD_ON_READ, .help = "Its own, in hex." },
};

static const struct resource events = {
	.shape = { .name = "AuditEvent",
	    .kind = KIND_EVENT,
	    SHAPE_FIELDS(fields) },
	.table = &audit_table,
	.tenant_member = "tenant_id",
};

static const struct field list_fields[] = {
	{ "limit", FIELD_INT, FIELD_ON_CREATE, 1, 200, .fallback = "50",
	    .help = "Most rows of a page." },
	{ "page_token", FIELD_TEXT, FIELD_ON_CREATE, 1, 200,
	    .help = "next_page_token of the page before." },
	{ "tenant_id", FIELD_REF, FIELD_ON_CREATE, .kind = KIND_TENANT,
	    .help = "Only those of this tenant." },
	{ "action", FIELD_TEXT, FIELD_ON_CREATE, 1, 100,
	    .help = "Only this action." },
	{ "actor_id", FIELD_TEXT, FIELD_ON_CREATE, 1, 100,
	    .help = "Only by this actor." },
	{ "resource_id", FIELD_TEXT, FIELD_ON_CREATE, 1, 100,
	    .help = "Only about this resource." },
	{ "outcome", FIELD_TEXT, FIELD_ON_CREATE, 1, 20, .words = outcomes,
	    .help = "Only those that ended so." },
	{ "request_id", FIELD_TEXT, FIELD_ON_CREATE, 1, 128,
	    .help = "Only of this call." },
	{ "ip", FIELD_TEXT, FIELD_ON_CREATE, 1, 64,
	    .help = "Only from this address." },
	{ "from", FIELD_TIME, FIELD_ON_CREATE, .help = "Not before." },
	{ "to", FIELD_TIME, FIELD_ON_CREATE, .help = "Only before." },
};

static const struct shape list_query = {
	.name = "AuditList",
	SHAPE_FIELDS(list_fields),
};

static const struct field verify_fields[] = {
	{ "chain", FIELD_TEXT, FIELD_ON_CREATE | FIELD_REQUIRED, 1, 64,
	    .help = "platform, or tenant:ten_…" },
};

static const struct shape verify_query = {
	.name = "AuditVerify",
	SHAPE_FIELDS(verify_fields),
};

static const struct field bad_fields[] = {
	{ "seq", FIELD_INT, FIELD_ON_READ, .help = "Where it first breaks." },
	{ "kind", FIELD_TEXT, FIELD_ON_READ,
	    .help = "seq, prev_hash, hash, columns or missing_tail." },
};

static const struct shape bad_shape = {
	.name = "AuditFault",
	SHAPE_FIELDS(bad_fields),
};

static const struct field report_fields[] = {
	{ "ok", FIELD_BOOL, FIELD_ON_READ, .help = "The chain is whole." },
	{ "chain", FIELD_TEXT, FIELD_ON_READ, .help = "Which one." },
	{ "checked", FIELD_INT, FIELD_ON_READ, .help = "Events found good." },
	{ "first_bad", FIELD_OBJECT, FIELD_ON_READ, .shape = &bad_shape,
	    .help = "Null when all is well." },
};

static const struct shape report_shape = {
	.name = "AuditReport",
	SHAPE_FIELDS(report_fields),
};

/* A caller confined to a tenant sees that tenant's chain only. */
static enum status
check_chain(struct call *call, struct str chain)
{
	struct str prefix = STR("tenant:");
	struct id tenant = { { 0 } };
	bool is_known = str_eq(chain, STR("platform"));

	if (str_has_prefix(chain, prefix))
		is_known = id_parse(str_skip(chain, prefix.len),
			       kind_prefix(KIND_TENANT), &tenant) == OK;
	if (!is_known) {
		fault_add(&call->problem.faults, STR("/chain"), "format",
		    "platform, or tenant: and the id of one");
		return call_faults(call);
	}
	if (id_is_zero(call->principal.tenant) ||
	    id_eq(call->principal.tenant, tenant))
		return OK;
	return call_fail(call, E_NOT_FOUND, NULL, "there is no such chain");
}

static json_t *
report_of(struct str chain, const struct chain_report *found)
{
	json_t *report = json_pack("{s:b, s:I}", "ok", found->bad_seq == 0,
	    "checked", (json_int_t)found->checked);

	document_set(report, "chain", chain);
	if (found->bad_seq != 0)
		json_object_set_new(report, "first_bad",
		    json_pack("{s:I, s:s}", "seq", (json_int_t)found->bad_seq,
			"kind", found->bad_kind));
	return report;
}

static enum status
audit_verify(struct call *call)
{
	struct str chain = call_param(call, "chain");
	struct chain_report found;
	struct tx tx;
	enum status s = check_chain(call, chain);

	if (s != OK)
		return s;
	tx_begin_snapshot(&tx, call->db, &call->arena);
	found = chain_verify(&tx, chain);
	s = tx_commit(&tx);
	if (s != OK)
		return s;
	return reply_ok(call,
	    shape_show(&call->arena, &report_shape,
		document_keep(&call->arena, report_of(chain, &found))));
}

static const struct route routes[] = {
	{ "GET", "/admin/v1/audit-events", PERMISSION_AUDIT_READ, resource_list,
	    "List audit events, the newest first", .shape = &events.shape,
	    .reply = REPLY_LIST, .query = &list_query },
	{ "GET", "/admin/v1/audit-events/{id}", PERMISSION_AUDIT_READ,
	    resource_get, "Show an audit event", .shape = &events.shape },
	{ "GET", "/admin/v1/audit/verify", PERMISSION_AUDIT_READ, audit_verify,
	    "Recompute a chain of audit events", .shape = &report_shape,
	    .query = &verify_query },
};

const struct route_table audit_routes = ROUTE_TABLE(routes);
