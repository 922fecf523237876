/* SPDX-License-Identifier: MIT
 *
 * What the files of this layer share: the state, and the two ways to call.  A
 * task runs protected from C; inside it Lua is called with a traceback.
 */
#ifndef DG_HOST_STATE_H
#define DG_HOST_STATE_H

#include <lua.h>

#include "base/error.h"
#include "host/guard.h"
#include "host/host.h"

struct dg_host {
    lua_State *L;           /* closed by dg_host_free */
    struct dg_guard *guard; /* of it */
};

/* Calls `task` with `data` as its light userdata.  false: it raised, which has
 * been shown; `err` (may be NULL) holds the first line. */
bool dg_host_protect(struct dg_host *h, lua_CFunction task, void *data, struct dg_error *err);

/* Inside a task: calls the function below its arguments for one result; an
 * error is raised on, with the traceback of where it came from. */
void dg_host_call(lua_State *L, int arguments);

/* Inside a task: pushes require(module)[name], which must be a function. */
void dg_host_function(lua_State *L, const char *module, const char *name);

/* ---- libs.c ---- */

/* Native modules, the embedded Lua whose names begin with `prefix`, and the
 * environment ("NAME=value", then NULL; NULL: none) as diffgentor.environment. */
void dg_libs_add(lua_State *L, const char *prefix, char **environment);

/* Pushes it as a table. */
void dg_libs_environment(lua_State *L, char **environment);

#endif
