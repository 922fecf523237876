/* SPDX-License-Identifier: MIT
 *
 * diffgentor.native.claims: names that rows have taken, for all processes of a run.  A
 * name is held as the first 8 bytes of its SHA-256.
 */
#include <string.h>

#include "base/hash.h"
#include "bind/bind.h"
#include "bind/check.h"
#include "core/claims.h"

static const char CLAIMS[] = "diffgentor.claims";

struct claims {
    struct dg_claims *claims; /* NULL when closed */
};

/* claims.new(names: integer?): claims | nil, err
 * Room for so many, nil: for four million.  Make it before the first fork. */
static int claims_new(lua_State *L)
{
    struct dg_error err;
    lua_Integer names = luaL_optinteger(L, 1, DG_CLAIMS_UNKNOWN);
    luaL_argcheck(L, names >= 0 && names <= INT32_MAX, 1, "0 to 2147483647 expected");
    struct claims *c = lua_newuserdatauv(L, sizeof(*c), 0);
    c->claims = NULL;
    luaL_setmetatable(L, CLAIMS);
    c->claims = dg_claims_new((size_t)names, &err);
    return c->claims ? 1 : dg_lua_fail(L, &err);
}

/* claims:take(name: string, position: integer?): boolean
 * false: another row has it. */
static int claims_take(lua_State *L)
{
    struct claims *c = luaL_checkudata(L, 1, CLAIMS);
    uint8_t digest[DG_HASH_BYTES];
    uint64_t number;
    size_t size;
    const char *name = luaL_checklstring(L, 2, &size);
    if (!c->claims)
        return luaL_error(L, "attempt to use closed claims");
    dg_hash(name, size, digest);
    memcpy(&number, digest, sizeof(number));
    lua_pushboolean(L, dg_claims_take(c->claims, number, luaL_optinteger(L, 3, -1)));
    return 1;
}

static int claims_gc(lua_State *L)
{
    struct claims *c = luaL_checkudata(L, 1, CLAIMS);
    dg_claims_free(c->claims);
    c->claims = NULL;
    return 0;
}

static const luaL_Reg FUNCTIONS[] = {
    { "new", claims_new },
    { NULL, NULL },
};

static const luaL_Reg METHODS[] = {
    { "take", claims_take },
    { NULL, NULL },
};

static const luaL_Reg METAMETHODS[] = {
    { "__gc", claims_gc },
    { "__close", claims_gc },
    { NULL, NULL },
};

int luaopen_diffgentor_native_claims(lua_State *L)
{
    dg_lua_class(L, CLAIMS, METHODS, METAMETHODS);
    luaL_newlib(L, FUNCTIONS);
    return 1;
}
