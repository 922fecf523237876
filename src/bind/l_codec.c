/* SPDX-License-Identifier: MIT
 *
 * diffgentor.base64 and diffgentor.hash: bytes as text; and for diffgentor.json, which
 * integers are.
 */
#include <string.h>

#include "base/base64.h"
#include "base/hash.h"
#include "bind/bind.h"
#include "bind/check.h"

/* Beyond it a float no longer says which integer it was. */
static const lua_Number EXACT = 9007199254740992.0; /* 2^53 */

/* base64.encode(bytes: string): text: string */
static int base64_encode(lua_State *L)
{
    luaL_Buffer out;
    size_t size;
    const char *bytes = luaL_checklstring(L, 1, &size);
    size_t room = dg_base64_size(size);
    dg_base64_encode((const uint8_t *)bytes, size, luaL_buffinitsize(L, &out, room));
    luaL_pushresultsize(&out, room);
    return 1;
}

/* base64.decode(text: string): bytes: string | nil, err */
static int base64_decode(lua_State *L)
{
    luaL_Buffer out;
    struct dg_base64 b = { .held = 0 };
    size_t size;
    const char *text = luaL_checklstring(L, 1, &size);
    uint8_t *bytes = (uint8_t *)luaL_buffinitsize(L, &out, dg_base64_room(size));
    size_t got = dg_base64_decode(&b, text, size, bytes);
    luaL_pushresultsize(&out, got);
    if (!b.bad && dg_base64_end(&b))
        return 1;
    struct dg_error err;
    dg_error_set(&err, DG_KIND_INPUT, "invalid_base64", "not base64: %s after %zu decoded bytes",
                 b.bad ? "a wrong character" : "the text is cut short", got);
    return dg_lua_fail(L, &err);
}

/* ---- numbers of JSON ---- */

/* Of the value on top, in place: what is a whole number becomes an integer. */
static void make_whole(lua_State *L)
{
    lua_Integer whole;
    if (lua_type(L, -1) == LUA_TNUMBER && !lua_isinteger(L, -1)) {
        lua_Number number = lua_tonumber(L, -1);
        if (number >= -EXACT && number <= EXACT && lua_numbertointeger(number, &whole) &&
            (lua_Number)whole == number) {
            lua_pushinteger(L, whole);
            lua_replace(L, -2);
        }
    } else if (lua_istable(L, -1)) {
        luaL_checkstack(L, 4, "JSON nested too deep");
        for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) { /* table key value */
            int kind = lua_type(L, -1);
            if (kind != LUA_TNUMBER && kind != LUA_TTABLE)
                continue;
            make_whole(L);
            lua_pushvalue(L, -2); /* table key value key */
            lua_pushvalue(L, -2);
            lua_rawset(L, -5);
        }
    }
}

/* native.json.whole(value: any): any
 * The same, of tables as lua-cjson makes them: without cycles, at most 128 deep. */
static int json_whole(lua_State *L)
{
    lua_settop(L, 1);
    make_whole(L);
    return 1;
}

/* hash.sha256(bytes: string): hex: string */
static int hash_sha256(lua_State *L)
{
    char hex[DG_HASH_HEX_BYTES];
    size_t size;
    const char *bytes = luaL_checklstring(L, 1, &size);
    dg_hash_hex(bytes, size, hex);
    lua_pushstring(L, hex);
    return 1;
}

static const luaL_Reg BASE64[] = {
    { "encode", base64_encode },
    { "decode", base64_decode },
    { NULL, NULL },
};

static const luaL_Reg JSON[] = {
    { "whole", json_whole },
    { NULL, NULL },
};

static const luaL_Reg HASH[] = {
    { "sha256", hash_sha256 },
    { NULL, NULL },
};

int luaopen_diffgentor_base64(lua_State *L)
{
    luaL_newlib(L, BASE64);
    return 1;
}

int luaopen_diffgentor_native_json(lua_State *L)
{
    luaL_newlib(L, JSON);
    return 1;
}

int luaopen_diffgentor_hash(lua_State *L)
{
    luaL_newlib(L, HASH);
    return 1;
}
