/* SPDX-License-Identifier: MIT
 *
 * The parts of the module diffgentor.native.pool: l_pool.c has the class,
 * l_pool_new.c reads what a pool is made of, l_pool_stats.c tells its figures.
 */
#ifndef DG_BIND_POOL_H
#define DG_BIND_POOL_H

#include <stdbool.h>
#include <stddef.h>

#include <lua.h>

#include "core/pool.h"

/* What the core does not tell again about an endpoint. */
struct dg_lua_shape {
    unsigned weight; /* share of the traffic */
    unsigned limit;  /* requests a window, 0 = none */
    unsigned keys;   /* how many */
    unsigned open;   /* picks of scripts that were not reported yet */
};

struct dg_lua_pool {
    struct dg_pool *pool;         /* one reference, NULL when closed */
    size_t count;                 /* endpoints */
    struct dg_lua_shape shapes[]; /* one each */
};

/* How fields, interfaces, verdicts and scopes are named; ended by NULL. */
extern const char *const dg_lua_fields[];
extern const char *const dg_lua_apis[];
extern const char *const dg_lua_verdicts[];
extern const char *const dg_lua_scopes[];

/* Reads endpoint number `item` of argument 1; what it points to stays on the
 * stack.  Raises. */
struct dg_endpoint dg_lua_endpoint(lua_State *L, lua_Integer item);

/* Reads argument 3 of pool:report, a verdict or a table; raises. */
struct dg_report dg_lua_report(lua_State *L);

/* Pushes the figures of all endpoints. */
void dg_lua_pool_stats(lua_State *L, const struct dg_lua_pool *p, dg_msec now);

#endif
