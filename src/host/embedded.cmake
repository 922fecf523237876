# Lua files as C arrays.  Included by src/CMakeLists.txt, it adds the generated
# embedded.c to dg_host and sets embedded_modules, the list of their names; run
# by `cmake -P`, it writes that file from a list of lines "MODULE|CHUNK|FILE".

if(NOT CMAKE_SCRIPT_MODE_FILE)
  set(script ${CMAKE_CURRENT_LIST_FILE})
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
  add_custom_command(
    OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -DLIST=${list} -DOUTPUT=${output} -P ${script}
    DEPENDS ${script} ${list} ${files} ${ARGPARSE_LUA}
    COMMENT "Embedding Lua files" VERBATIM)
  target_sources(dg_host PRIVATE ${output})
  return()
endif()

file(STRINGS ${LIST} lines)
set(arrays "")
set(entries "")
set(number 0)
foreach(line ${lines})
  string(REPLACE "|" ";" parts ${line})
  list(GET parts 0 module)
  list(GET parts 1 chunk)
  list(GET parts 2 file)
  file(READ ${file} hex HEX)
  string(REGEX REPLACE "(..)" "0x\\1," bytes "${hex}")
  # The final zero keeps an empty file from being an empty array.
  string(APPEND arrays "static const unsigned char text_${number}[] = {${bytes}0};\n")
  string(APPEND entries "    {\"${module}\", \"@${chunk}\", text_${number},"
         " sizeof(text_${number}) - 1},\n")
  math(EXPR number "${number} + 1")
endforeach()
file(WRITE ${OUTPUT} "/* Made by src/host/embedded.cmake. */\n#include \"host/embedded.h\"\n\n"
     "${arrays}\nconst struct dg_embedded dg_embedded[] = {\n${entries}"
     "    {NULL, NULL, NULL, 0},\n};\n")
