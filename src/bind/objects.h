/* SPDX-License-Identifier: MIT
 *
 * What one module takes from or makes for another: objects as option values,
 * and the two big tables of the engine.
 */
#ifndef DG_BIND_OBJECTS_H
#define DG_BIND_OBJECTS_H

#include <stdint.h>

#include <lua.h>

#include "core/image.h"
#include "core/multipart.h"
#include "core/pool.h"
#include "core/request.h"

/* NULL if the value is something else, or closed. */
struct dg_multipart *dg_lua_to_multipart(lua_State *L, int index);
struct dg_pool *dg_lua_to_pool(lua_State *L, int index);
struct dg_pace *dg_lua_to_pace(lua_State *L, int index);
struct dg_ledger *dg_lua_to_ledger(lua_State *L, int index);
struct dg_csv *dg_lua_to_csv(lua_State *L, int index);
struct dg_jsonl *dg_lua_to_jsonl(lua_State *L, int index);

/* `more` engines, or fewer, use the ledger at `index`, which stays open for them. */
void dg_lua_ledger_used(lua_State *L, int index, int more);

/* Pushes {kind=, width=, height=, alpha=, size=, type=, extension=}. */
void dg_lua_image(lua_State *L, const struct dg_image_info *info, uint64_t size_bytes);

/* Reads the request table at `arg`; raises on a bad one.  What it points to
 * lives as long as the table and the stack. */
void dg_lua_request(lua_State *L, int arg, struct dg_request *request);

/* Pushes the outcome as a table. */
void dg_lua_outcome(lua_State *L, const struct dg_outcome *outcome);

#endif
