/* resource.c - see resource.h. */
#include "cli/resource.h"

#include <string.h>

#include "common/base.h"

const struct resource resources[] = {
	{ "tenants", "tenant", "/tenants", "ten_", "id", "data",
	    { "id", "slug", "name", "status", "timezone" } },
	{ "teams", "team", "/teams", "tm_", "id", "data",
	    { "id", "slug", "name", "status", "tenant_id" } },
	{ "keys", "key", "/keys", "key_", "id", "data",
	    { "id", "slug", "display", "status", "expires_at" } },
	{ "providers", "provider", "/providers", "prv_", "id", "data",
	    { "id", "slug", "kind", "status", "base_url" } },
	{ "credentials", "credential", "/credentials", "crd_", "id", "data",
	    { "id", "slug", "provider_id", "env_ref", "weight" } },
	{ "models", "model", "/models", "mdl_", "id", "data",
	    { "id", "alias", "status", "deployments" } },
	{ "routes", "route", "/routes", "rte_", "id", "data",
	    { "id", "slug", "priority", "strategy", "status" } },
	{ "prices", "price", "/prices", "prc_", "id", "data",
	    { "provider", "model", "meter", "ctx_above", "usd_per_million",
		"valid_from" } },
	{ "service-accounts", "service-account", "/service-accounts", "sa_",
	    "id", "data", { "id", "slug", "name", "status", "tenant_id" } },
	{ "admin-tokens", "admin-token", "/admin-tokens", "adm_", "id", "data",
	    { "id", "name", "display", "scopes", "expires_at", "status" } },
	{ "gateway-enrollments", "gateway-enrollment", "/gateway-enrollments",
	    "enr_", "id", "data",
	    { "id", "name", "uses", "max_uses", "expires_at", "status" } },
	{ "gateways", "gateway", "/gateways", "gw_", "id", "data",
	    { "slug", "applied_rev", "head_rev", "nack.rev", "inflight",
		"version", "last_seen" } },
	{ "requests", "request", "/requests", NULL, "request_id", "data",
	    { "request_id", "ts", "model", "outcome", "input_tokens",
		"output_tokens", "cost_usd" } },
	{ "audit-events", "audit-event", "/audit-events", NULL, "id", "data",
	    { "ts", "actor.kind", "action", "resource.slug", "outcome" } },
	{ "usage", "usage", "/usage", NULL, "start", "buckets",
	    { "start", "tenant", "key", "model", "requests", "input_tokens",
		"output_tokens", "cost_usd" } },
};
const size_t resource_count = ARRAY_LEN(resources);

const struct resource *
resource_find(const char *name)
{
	for (size_t i = 0; i < resource_count; i++) {
		if (strcmp(resources[i].name, name) == 0 ||
		    strcmp(resources[i].singular, name) == 0)
			return &resources[i];
	}
	return NULL;
}
