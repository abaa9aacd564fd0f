/*
 * tables.h - every route of the admin API, one table per resource family.
 */
#pragma once

#include "controlplane/http/router.h"

extern const struct router api_router;

extern const struct route_table tenants_routes;
extern const struct route_table teams_routes;
extern const struct route_table keys_routes;
extern const struct route_table service_accounts_routes;
extern const struct route_table admin_tokens_routes;
extern const struct route_table providers_routes;
extern const struct route_table credentials_routes;
extern const struct route_table models_routes;
extern const struct route_table routing_routes;
extern const struct route_table prices_routes;
extern const struct route_table enrolments_routes;
extern const struct route_table gateways_routes;
extern const struct route_table usage_routes;
extern const struct route_table requests_routes;
extern const struct route_table audit_routes;
extern const struct route_table revisions_routes;
extern const struct route_table me_routes;
