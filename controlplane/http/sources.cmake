list(APPEND controlplane_sources
  http/access.c http/call.c http/field.c http/field_check.c
  http/idempotency.c http/openapi.c http/page.c http/permission.c http/pool.c
  http/problem.c http/query.c http/route.c http/router.c http/schema.c
  http/server.c)
