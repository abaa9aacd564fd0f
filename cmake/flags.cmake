# How every file of ours is compiled.  The hardening flags are the OpenSSF
# set for gcc 12; a build that needs fewer of them is a bug in the build.
set(CMAKE_C_STANDARD 23)	# -std=c2x for gcc 12 and clang 14
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()
set(CMAKE_C_FLAGS_RELEASE "-O2 -g")
set(CMAKE_C_FLAGS_DEBUG "-Og -g3")

add_library(weir_flags INTERFACE)
target_include_directories(weir_flags INTERFACE
  ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR})
target_compile_definitions(weir_flags INTERFACE
  _GNU_SOURCE WEIR_VERSION="${PROJECT_VERSION}")
target_compile_options(weir_flags INTERFACE
  -Wall -Wextra -Werror -Wshadow -Wvla -Wformat=2
  -Wmissing-prototypes -Wstrict-prototypes -Wno-unused-parameter
  -Werror=format-security -fno-strict-aliasing
  -fno-delete-null-pointer-checks -fno-common -fstack-protector-strong
  -fstack-clash-protection $<$<C_COMPILER_ID:GNU>:-ftrivial-auto-var-init=zero>
  -fcf-protection=full)
target_link_options(weir_flags INTERFACE
  -pie -Wl,-z,relro,-z,now,-z,noexecstack)

if(WEIR_SANITIZE)
  target_compile_options(weir_flags INTERFACE
    -fsanitize=${WEIR_SANITIZE} -fno-omit-frame-pointer
    -fno-sanitize-recover=all)
  target_link_options(weir_flags INTERFACE -fsanitize=${WEIR_SANITIZE})
elseif(CMAKE_BUILD_TYPE STREQUAL "Release")
  target_compile_options(weir_flags INTERFACE
    -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
endif()
if(WEIR_COVERAGE)
  target_compile_options(weir_flags INTERFACE --coverage)
  target_link_options(weir_flags INTERFACE --coverage)
endif()
if(WEIR_FUZZ)
  target_compile_options(weir_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

# weir_library(name SOURCES a.c b.c LINK x y)
function(weir_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_link_libraries(${name} PUBLIC weir_flags ${ARG_LINK})
endfunction()

# weir_program(name SOURCES main.c LINK x y)
function(weir_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE weir_flags ${ARG_LINK})
  set_target_properties(${name} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
endfunction()

# weir_test(path/x_test.c LINK x y): one program of cmocka tests.
function(weir_test source)
  cmake_parse_arguments(ARG "" "" "LINK" ${ARGN})
  file(RELATIVE_PATH path ${PROJECT_SOURCE_DIR}/tests/unit
    ${CMAKE_CURRENT_SOURCE_DIR}/${source})
  string(REPLACE ".c" "" name "${path}")
  string(REGEX REPLACE "[^a-z0-9]+" "_" name "${name}")
  add_executable(${name} ${source})
  target_link_libraries(${name} PRIVATE weir_flags ${ARG_LINK}
    PkgConfig::CMOCKA)
  set_target_properties(${name} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
  add_test(NAME ${name} COMMAND ${name})
endfunction()
