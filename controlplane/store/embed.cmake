# Writes OUT: every file of FILES as an array of bytes, ordered by name.
set(arrays "")
set(rows "")
foreach(file IN LISTS FILES)
  get_filename_component(name ${file} NAME_WE)
  if(NOT name MATCHES "^([0-9]+)_[a-z0-9_]+$")
    message(FATAL_ERROR "${file}: not NNNN_name.sql")
  endif()
  string(REGEX REPLACE "^0+" "" version ${CMAKE_MATCH_1})
  file(READ ${file} hex HEX)
  string(REGEX REPLACE "(..)" "0x\\1," bytes "${hex}")
  string(REGEX REPLACE "((0x..,)(0x..,)(0x..,)(0x..,)(0x..,)(0x..,)(0x..,)(0x..,))"
    "\\1\n" bytes "${bytes}")
  string(APPEND arrays
    "static const char sql_${version}[] = {\n${bytes}0x00 };\n")
  string(APPEND rows "\t{ ${version}, \"${name}\", "
    "{ sql_${version}, sizeof(sql_${version}) - 1 } },\n")
endforeach()
file(WRITE ${OUT} "/* Generated from migrations/. */
#include \"controlplane/store/migrate.h\"

${arrays}
static const struct migration list[] = {
${rows}};
const struct migrations migrations_embedded = {
\tlist, sizeof(list) / sizeof(list[0])
};
")
