# The configuration: from packed resources to tables that never change.
set(snapshot_sources
  snapshot/snapshot.c snapshot/snapshot_cell.c
  snapshot/build.c snapshot/build_access.c snapshot/build_provider.c
  snapshot/build_url.c snapshot/build_route.c snapshot/build_price.c
  snapshot/last_good.c snapshot/intake.c snapshot/restore.c
  snapshot/sync.c)
