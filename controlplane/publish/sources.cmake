list(APPEND controlplane_sources publish/compiled.c publish/jsonb.c
  publish/resource.c publish/compile.c publish/publisher.c
  publish/throttle.c publish/session.c publish/greeting.c
  publish/fleet.c)
