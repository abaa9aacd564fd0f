/*
 * tables.c - see tables.h.
 */
#include "controlplane/api/tables.h"

static const struct route_table *const tables[] = {
	&tenants_routes,
	&teams_routes,
	&keys_routes,
	&service_accounts_routes,
	&admin_tokens_routes,
	&providers_routes,
	&credentials_routes,
	&models_routes,
	&routing_routes,
	&prices_routes,
	&enrolments_routes,
	&gateways_routes,
	&usage_routes,
	&requests_routes,
	&audit_routes,
	&revisions_routes,
	&me_routes,
};

const struct router api_router = { tables, ARRAY_LEN(tables) };
