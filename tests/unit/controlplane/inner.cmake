# The inner half: stores, keys, publishing, the link, usage.
weir_library(controlplane_world SOURCES pg.c world.c gateway.c service.c
  LINK controlplane_core PkgConfig::PQ PkgConfig::CMOCKA)
foreach(name store keyring fleet publish usage)
  weir_test(${name}_test.c LINK controlplane_world)
endforeach()
