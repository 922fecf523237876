/* SPDX-License-Identifier: MIT
 *
 * What keeps a script from running for ever or from taking all memory: a count of
 * instructions for each turn (one resume of a task, or one hook outside any), and a
 * cap on what the state allocates.
 *
 *     struct dg_guard *g = dg_guard_new(L);      at once: what is made later is counted
 *     dg_guard_arm(L);                           before a script
 *     lua_close(L);
 *     dg_guard_free(g);
 */
#ifndef DG_HOST_GUARD_H
#define DG_HOST_GUARD_H

#include <lua.h>

struct dg_guard;

/* Takes a new state in hand: its memory is counted. */
struct dg_guard *dg_guard_new(lua_State *L);

/* Before the first text that is not the program's own: from here on instructions are
 * counted, with no limit but for the second request to stop. */
void dg_guard_arm(lua_State *L);

void dg_guard_free(struct dg_guard *g); /* after lua_close */

/* The module diffgentor.native.guard. */
int luaopen_diffgentor_native_guard(lua_State *L);

#endif
