/* SPDX-License-Identifier: MIT
 *
 * diffgentor.image: what a picture is, judged by its bytes.
 */
#include "bind/bind.h"
#include "bind/check.h"
#include "bind/objects.h"
#include "core/image.h"

void dg_lua_image(lua_State *L, const struct dg_image_info *info, uint64_t size_bytes)
{
    lua_createtable(L, 0, 8);
    lua_pushstring(L, dg_image_name(info->kind)); /* image kind */
    lua_setfield(L, -2, "kind");
    lua_pushinteger(L, info->width);
    lua_setfield(L, -2, "width");
    lua_pushinteger(L, info->height);
    lua_setfield(L, -2, "height");
    lua_pushboolean(L, info->alpha);
    lua_setfield(L, -2, "alpha");
    lua_pushinteger(L, (lua_Integer)size_bytes);
    lua_setfield(L, -2, "size");
    lua_pushstring(L, dg_image_type(info->kind));
    lua_setfield(L, -2, "type");
    lua_pushstring(L, dg_image_extension(info->kind));
    lua_setfield(L, -2, "extension");
}

/* image.file(path: string): info: table | nil, err */
static int image_file(lua_State *L)
{
    struct dg_image_info info;
    struct dg_error err;
    uint64_t size;
    const char *path = dg_lua_path(L, 1, &err);
    if (!path || !dg_image_file(path, &info, &size, &err))
        return dg_lua_fail(L, &err);
    dg_lua_image(L, &info, size);
    return 1;
}

/* image.sniff(bytes: string): info: table */
static int image_sniff(lua_State *L)
{
    struct dg_image_info info;
    size_t size;
    const char *bytes = luaL_checklstring(L, 1, &size);
    dg_image_sniff(bytes, size, &info);
    dg_lua_image(L, &info, size);
    return 1;
}

/* image.whole(path: string): boolean
 * Whether the file is a picture that has its end. */
static int image_whole(lua_State *L)
{
    const char *path = dg_lua_path(L, 1, NULL);
    lua_pushboolean(L, path && dg_image_whole(path));
    return 1;
}

static const luaL_Reg FUNCTIONS[] = {
    { "file", image_file },
    { "whole", image_whole },
    { "sniff", image_sniff },
    { NULL, NULL },
};

int luaopen_diffgentor_image(lua_State *L)
{
    luaL_newlib(L, FUNCTIONS);
    return 1;
}
