list(APPEND controlplane_sources
  api/admin_tokens.c api/audit_events.c api/base_url.c api/bootstrap.c
  api/change.c api/credentials.c api/enrolments.c api/gateways.c api/keys.c
  api/listing.c api/me.c api/models.c api/naming.c api/period.c api/price.c
  api/price_import.c api/prices.c api/providers.c api/requests.c
  api/resource.c api/resource_create.c api/resource_shapes.c api/revisions.c
  api/routing.c api/secret.c api/service_accounts.c api/tables.c api/teams.c
  api/tenants.c api/timeouts.c api/usage.c)
