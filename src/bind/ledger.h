/* SPDX-License-Identifier: MIT
 *
 * What the files of diffgentor.native.ledger share: its methods stand in several.
 */
#ifndef DG_BIND_LEDGER_H
#define DG_BIND_LEDGER_H

#include <lua.h>

#include "core/ledger.h"

/* The ledger at argument 1; raises if it is closed. */
struct dg_ledger *dg_lua_ledger(lua_State *L);

/* Of the shared object at `index`, NULL if it is something else. */
struct dg_ledger_shared *dg_lua_to_shared(lua_State *L, int index);

int dg_lua_ledger_ended(lua_State *L);
int dg_lua_ledger_charge(lua_State *L);
int dg_lua_ledger_keep_step(lua_State *L);
int dg_lua_ledger_step(lua_State *L);
int dg_lua_ledger_drop_steps(lua_State *L);
int dg_lua_ledger_claim(lua_State *L);
int dg_lua_ledger_plenty(lua_State *L);
int dg_lua_ledger_find(lua_State *L);
int dg_lua_ledger_import(lua_State *L);
int dg_lua_ledger_results(lua_State *L);
int dg_lua_ledger_view(lua_State *L);

/* Registers the class of imports. */
void dg_lua_import_class(lua_State *L);

#endif
