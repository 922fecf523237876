# Lua files as C arrays: adds the generated embedded.c to dg_host and sets
# embedded_modules, the list of their names.  tool/embed.c writes that file from a
# list of lines "MODULE|CHUNK|FILE".

set(list ${CMAKE_CURRENT_BINARY_DIR}/embedded.txt)
set(output ${CMAKE_CURRENT_BINARY_DIR}/embedded.c)
file(GLOB_RECURSE files CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/lua/diffgentor/*.lua)
set(embedded_modules argparse)
set(lines "argparse|argparse.lua|${ARGPARSE_LUA}\n")
foreach(file ${files})
  file(RELATIVE_PATH chunk ${PROJECT_SOURCE_DIR} ${file})
  string(REGEX REPLACE "^lua/(.*)\\.lua$" "\\1" module ${chunk})
  string(REGEX REPLACE "/init$" "" module ${module})
  string(REPLACE "/" "." module ${module})
  list(APPEND embedded_modules ${module})
  string(APPEND lines "${module}|${chunk}|${file}\n")
endforeach()
set(bundled ${PROJECT_SOURCE_DIR}/scripts/examples/edit.lua)
string(APPEND lines "scripts.edit|scripts/examples/edit.lua|${bundled}\n")
list(APPEND files ${bundled})
file(GENERATE OUTPUT ${list} CONTENT "${lines}")

add_executable(dg_embed host/tool/embed.c)
target_link_libraries(dg_embed PRIVATE dg::lua)
add_custom_command(
  OUTPUT ${output}
  COMMAND dg_embed ${list} ${output}
  DEPENDS dg_embed ${list} ${files} ${ARGPARSE_LUA}
  COMMENT "Embedding Lua files" VERBATIM)
target_sources(dg_host PRIVATE ${output})
