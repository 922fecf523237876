/* SPDX-License-Identifier: MIT
 *
 * What the Lua state is given: the table of native modules, and the one way an
 * error of C becomes an error of Lua.  Leans on core and lua.h; holds no policy.
 *
 *     for (const struct dg_module *m = dg_modules; m->name; m++) ...preload...
 *     return dg_lua_fail(L, &err);                              nil, err
 */
#ifndef DG_BIND_BIND_H
#define DG_BIND_BIND_H

#include <stdbool.h>

#include <lua.h>

#include "base/error.h"

struct dg_module {
    const char *name;   /* for `require` */
    lua_CFunction open; /* leaves the module's table on the stack */
};

/* All native modules; the last has no name. */
extern const struct dg_module dg_modules[];

/* Pushes the error as a table {kind=, code=, message=} whose tostring is the
 * message. */
void dg_lua_error(lua_State *L, const struct dg_error *err);

/* Pushes nil and the error; returns 2, for `return dg_lua_fail(...)`. */
int dg_lua_fail(lua_State *L, const struct dg_error *err);

/* true once any engine of this state was given a request. */
bool dg_lua_submitted(lua_State *L);

int luaopen_diffgentor_base64(lua_State *L);
int luaopen_diffgentor_native_csv(lua_State *L);
int luaopen_diffgentor_engine(lua_State *L);
int luaopen_diffgentor_error(lua_State *L);
int luaopen_diffgentor_file(lua_State *L);
int luaopen_diffgentor_hash(lua_State *L);
int luaopen_diffgentor_image(lua_State *L);
int luaopen_diffgentor_log(lua_State *L);
int luaopen_diffgentor_native_multipart(lua_State *L);
int luaopen_diffgentor_native_board(lua_State *L);
int luaopen_diffgentor_native_claims(lua_State *L);
int luaopen_diffgentor_native_json(lua_State *L);
int luaopen_diffgentor_native_ledger(lua_State *L);
int luaopen_diffgentor_native_pace(lua_State *L);
int luaopen_diffgentor_native_pool(lua_State *L);
int luaopen_diffgentor_peer(lua_State *L);
int luaopen_diffgentor_native_ratelimit(lua_State *L);
int luaopen_diffgentor_set(lua_State *L);
int luaopen_diffgentor_sys(lua_State *L);

#endif
