# The public header and the list of what libdiffgentor shows, from the headers
# of the layers.  Run by `cmake -P` with HEADERS (separated by "|"), SOURCE,
# HEADER and MAP.

# The header's text without its licence line, guard and includes.
function(dg_part file result)
  file(READ ${SOURCE}/${file} text)
  string(REGEX REPLACE "^/\\* SPDX[^\n]*\n \\*\n" "/*\n" text "${text}")
  string(REGEX REPLACE "\n#ifndef DG_[A-Z_]+_H\n#define DG_[A-Z_]+_H\n" "\n" text "${text}")
  string(REGEX REPLACE "#include [^\n]*\n" "" text "${text}")
  string(REGEX REPLACE "#endif\n$" "" text "${text}")
  string(REGEX REPLACE "\n\n\n+" "\n\n" text "${text}")
  set(${result} "/* ==== ${file} ==== */\n\n${text}" PARENT_SCOPE)
endfunction()

string(REPLACE "|" ";" HEADERS "${HEADERS}")
set(parts "")
foreach(file ${HEADERS})
  dg_part(${file} part)
  string(APPEND parts "${part}")
endforeach()

file(READ ${TEMPLATE} text)
string(REPLACE "@PARTS@" "${parts}" text "${text}")
file(WRITE ${HEADER} "${text}")

string(REGEX REPLACE "/\\*[^*]*\\*+([^/*][^*]*\\*+)*/" "" code "${parts}")
string(REGEX MATCHALL "dg_[a-z0-9_]+\\(" names "${code}")
string(REPLACE "(" "" names "${names}")
list(SORT names)
list(JOIN names ";\n  " names)
file(WRITE ${MAP} "{\nglobal:\n  ${names};\nlocal:\n  *;\n};\n")
