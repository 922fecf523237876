/* SPDX-License-Identifier: MIT
 *
 * diffgentor.set: a set of whole numbers and names at 8 to 16 bytes each.  A
 * name is held as the first 8 bytes of its SHA-256.
 */
#include <string.h>

#include "base/hash.h"
#include "bind/bind.h"
#include "bind/check.h"
#include "core/set.h"

static const char SET[] = "diffgentor.set";

/* set.new(): set */
static int set_new(lua_State *L)
{
    struct dg_set *s = lua_newuserdatauv(L, sizeof(*s), 0);
    dg_set_init(s);
    luaL_setmetatable(L, SET);
    return 1;
}

/* set:add(value: integer | string): boolean
 * true: it was not there before. */
static int set_add(lua_State *L)
{
    struct dg_set *s = luaL_checkudata(L, 1, SET);
    uint64_t number;
    if (lua_type(L, 2) == LUA_TSTRING) {
        uint8_t digest[DG_HASH_BYTES];
        size_t size;
        const char *text = lua_tolstring(L, 2, &size);
        dg_hash(text, size, digest);
        memcpy(&number, digest, sizeof(number));
    } else {
        number = (uint64_t)luaL_checkinteger(L, 2);
    }
    lua_pushboolean(L, dg_set_add(s, number));
    return 1;
}

static int set_gc(lua_State *L)
{
    struct dg_set *s = luaL_checkudata(L, 1, SET);
    dg_set_done(s);
    dg_set_init(s);
    return 0;
}

static const luaL_Reg FUNCTIONS[] = {
    { "new", set_new },
    { NULL, NULL },
};

static const luaL_Reg METHODS[] = {
    { "add", set_add },
    { NULL, NULL },
};

static const luaL_Reg METAMETHODS[] = {
    { "__gc", set_gc },
    { "__close", set_gc },
    { NULL, NULL },
};

int luaopen_diffgentor_set(lua_State *L)
{
    dg_lua_class(L, SET, METHODS, METAMETHODS);
    luaL_newlib(L, FUNCTIONS);
    return 1;
}
