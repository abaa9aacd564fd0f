# The outer half: HTTP, the admin API, the audit log.
foreach(name permission base_url chain field naming openapi page problem
    query router)
  weir_test(${name}_test.c LINK controlplane_core)
endforeach()
weir_test(api_test.c LINK controlplane_world)
