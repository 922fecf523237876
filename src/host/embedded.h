/* SPDX-License-Identifier: MIT
 *
 * The Lua files that the build put into the program (embedded.cmake).
 */
#ifndef DG_HOST_EMBEDDED_H
#define DG_HOST_EMBEDDED_H

#include <stddef.h>

struct lua_State;

struct dg_embedded {
    const char *name;          /* for `require`; NULL ends the list */
    const char *chunk;         /* "@" and its path in the repository, for tracebacks */
    const unsigned char *text; /* the file */
    size_t size_bytes;         /* of it */
    const unsigned char *code; /* the same, compiled */
    size_t code_bytes;         /* of it */
};

/* lua_ident of the Lua that compiled them. */
extern const char dg_embedded_for[];

extern const struct dg_embedded dg_embedded[];

/* For an opener that a foreign state's `require` calls: dg_openlibs, then that
 * module, run; leaves it on the stack and returns 1, or raises. (libs.c) */
int dg_libs_module(struct lua_State *L, const char *name);

#endif
