list(APPEND controlplane_sources
  store/access.c store/audit.c store/credentials.c store/document.c
  store/enrolments.c store/gateways.c store/models.c store/outcome.c
  store/prices.c store/providers.c store/requests.c store/revisions.c
  store/routes.c store/service_accounts.c store/usage.c store/idempotency.c
  store/keys.c store/kind.c store/references.c store/table.c
  store/teams.c store/tenants.c)
