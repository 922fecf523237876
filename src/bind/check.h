/* SPDX-License-Identifier: MIT
 *
 * Arguments and results that several modules share: texts, paths, times, memory
 * that a raised error cannot leak, and how a class is registered.
 */
#ifndef DG_BIND_CHECK_H
#define DG_BIND_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lauxlib.h>
#include <lua.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"

/* Longest span or moment taken from Lua, about 31,000 years. */
#define DG_SECONDS_MAX 1e12

/* A string without zero bytes; raises otherwise. */
const char *dg_lua_text(lua_State *L, int arg);

/* A path: raises if it is no string; NULL, with `err`, if it holds a zero byte
 * (paths come out of input files, so that is no fault of the program). */
const char *dg_lua_path(lua_State *L, int arg, struct dg_error *err);

/* Pushes true, or nil and the error; returns how many. */
int dg_lua_done(lua_State *L, bool ok, const struct dg_error *err);

/* Seconds as milliseconds, rounded up; false if negative, not a number, or past
 * DG_SECONDS_MAX. */
bool dg_lua_milliseconds(double seconds, dg_msec *span);

/* The same for an argument; raises. */
dg_msec dg_lua_seconds(lua_State *L, int arg);

/* An optional moment in seconds; without it the time is now. */
dg_msec dg_lua_now(lua_State *L, int arg);

void dg_lua_push_seconds(lua_State *L, dg_msec span);

/* Fields of the table on top. */
void dg_lua_set_integer(lua_State *L, const char *name, int64_t number);
void dg_lua_set_text(lua_State *L, const char *name, const char *text); /* NULL: "" */
void dg_lua_set_bytes(lua_State *L, const char *name, const char *bytes, size_t size_bytes);
void dg_lua_set_seconds(lua_State *L, const char *name, dg_msec span); /* negative: none */

/* Pushes a userdata that owns an empty buffer: whatever raises later, the
 * collector frees it.  Call dg_buffer_done on it when the result is pushed. */
struct dg_buffer *dg_lua_buffer(lua_State *L, size_t limit_bytes);

/* Makes the metatable `name` with its metamethods, and the methods as __index;
 * leaves the stack as it was. */
void dg_lua_class(lua_State *L, const char *name, const luaL_Reg *methods,
                  const luaL_Reg *metamethods);

/* Names the methods of a class in the module's table on top, for its Lua half. */
void dg_lua_methods(lua_State *L, const char *name);

#endif
