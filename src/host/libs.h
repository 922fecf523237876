/* SPDX-License-Identifier: MIT
 *
 * The modules in a Lua state of somebody else's, Lua 5.4.
 *
 *     lua_State *L = luaL_newstate();
 *     luaL_openlibs(L);
 *     dg_openlibs(L);             now require("diffgentor.pool") works there
 */
#ifndef DG_HOST_LIBS_H
#define DG_HOST_LIBS_H

struct lua_State;

/* Behind luaL_openlibs; raises what Lua raises without memory.  Nothing is run and
 * no global is set: `require` finds diffgentor and diffgentor.*, and lua-cjson,
 * which json and pool use, where the state's package.cpath has it.  The
 * environment is read here; no signal is touched.  Again: nothing happens. */
void dg_openlibs(struct lua_State *L);

#endif
