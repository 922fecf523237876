/* SPDX-License-Identifier: MIT
 *
 * Option tables, read by descriptors.
 */
#include "bind/options.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <lauxlib.h>

#include "bind/check.h"

enum { NAME_BYTES = 32, NEAR_EDITS = 2 };

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Edits (insert, delete, replace) that make `a` of `b`. */
static size_t distance(const char *a, const char *b)
{
    size_t row[NAME_BYTES + 1];
    size_t columns = strlen(b);
    for (size_t j = 0; j <= columns; j++)
        row[j] = j;
    for (size_t i = 1; a[i - 1]; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= columns; j++) {
            size_t replaced = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            row[j] = least(replaced, least(row[j], row[j - 1]) + 1);
        }
    }
    return row[columns];
}

static const char *nearest(const char *key, const struct dg_option *options)
{
    const char *best = NULL;
    size_t best_edits = NEAR_EDITS + 1;
    if (strlen(key) > NAME_BYTES)
        return NULL;
    for (const struct dg_option *o = options; o->name; o++) {
        size_t edits = distance(key, o->name);
        if (edits < best_edits && edits < strlen(o->name)) {
            best = o->name;
            best_edits = edits;
        }
    }
    return best;
}

/* Raises; `item` 0 is the argument itself. */
static _Noreturn void refuse(lua_State *L, int arg, lua_Integer item, const char *complaint)
{
    if (item)
        complaint = lua_pushfstring(L, "item %I: %s", item, complaint);
    luaL_argerror(L, arg, complaint);
    __builtin_unreachable();
}

/* The complaint about a key that is in no descriptor. */
static const char *unknown(lua_State *L, int key, const struct dg_option *options)
{
    if (lua_type(L, key) != LUA_TSTRING)
        return lua_pushfstring(L, "option names are strings, got a %s", luaL_typename(L, key));
    const char *name = lua_tostring(L, key);
    const char *near = nearest(name, options);
    if (!near)
        return lua_pushfstring(L, "unknown option '%s'", name);
    return lua_pushfstring(L, "unknown option '%s'; did you mean '%s'?", name, near);
}

static const struct dg_option *find(lua_State *L, int key, const struct dg_option *options)
{
    if (lua_type(L, key) != LUA_TSTRING)
        return NULL;
    for (const struct dg_option *o = options; o->name; o++) {
        if (strcmp(o->name, lua_tostring(L, key)) == 0)
            return o;
    }
    return NULL;
}

/* The complaint about the table, or NULL. */
static const char *read_fields(lua_State *L, int table, const struct dg_option *options, void *into)
{
    lua_pushnil(L);
    while (lua_next(L, table)) { /* ... key value */
        luaL_checkstack(L, LUA_MINSTACK, "too many options");
        int value = lua_gettop(L);
        const struct dg_option *o = find(L, value - 1, options);
        if (!o)
            return unknown(L, value - 1, options);
        const char *complaint = o->read(L, (char *)into + o->offset);
        if (complaint)
            return lua_pushfstring(L, "option '%s': %s", o->name, complaint);
        int kept = lua_gettop(L) - value; /* ... key value kept */
        lua_rotate(L, value - 1, kept);   /* ... kept key value */
        lua_pop(L, 1);                    /* ... kept key */
    }
    return NULL;
}

void dg_lua_options(lua_State *L, int arg, lua_Integer item, const struct dg_option *options,
                    void *into)
{
    int table = arg;
    luaL_checktype(L, arg, LUA_TTABLE);
    if (item) {
        luaL_checkstack(L, LUA_MINSTACK, "too many items");
        if (lua_rawgeti(L, arg, item) != LUA_TTABLE)
            refuse(L, arg, item, dg_option_expected(L, "table"));
        table = lua_gettop(L);
    }
    const char *complaint = read_fields(L, table, options, into);
    if (complaint)
        refuse(L, arg, item, complaint);
}

const char *dg_option_fields(lua_State *L, const struct dg_option *options, void *into)
{
    if (!lua_istable(L, -1))
        return dg_option_expected(L, "table");
    return read_fields(L, lua_gettop(L), options, into);
}

_Noreturn void dg_lua_option_missing(lua_State *L, int arg, lua_Integer item, const char *name)
{
    refuse(L, arg, item, lua_pushfstring(L, "option '%s' is missing", name));
}

/* Strings are not shown: they may be keys. */
const char *dg_option_expected(lua_State *L, const char *what)
{
    const char *got = luaL_typename(L, -1);
    if (lua_type(L, -1) == LUA_TNUMBER)
        got = luaL_tolstring(L, -1, NULL);
    return lua_pushfstring(L, "%s expected, got %s", what, got);
}

const char *dg_option_choice(lua_State *L, const char *const *names, int *choice)
{
    const char *text = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : NULL;
    for (int i = 0; text && names[i]; i++) {
        if (strcmp(names[i], text) == 0) {
            *choice = i;
            return NULL;
        }
    }
    if (!text)
        return dg_option_expected(L, "string");
    lua_pushfstring(L, "'%s'", names[0]); /* ... value list */
    for (int i = 1; names[i]; i++) {
        lua_pushfstring(L, "%s'%s'", names[i + 1] ? ", " : " or ", names[i]);
        lua_concat(L, 2);
    }
    return lua_pushfstring(L, "%s expected, got '%s'", lua_tostring(L, -1), text);
}

const char *dg_option_text(lua_State *L, void *into)
{
    if (lua_type(L, -1) != LUA_TSTRING)
        return dg_option_expected(L, "string");
    const char *text = lua_tostring(L, -1);
    if (strlen(text) != lua_rawlen(L, -1))
        return "string contains a zero byte";
    *(const char **)into = text;
    return NULL;
}

const char *dg_option_bytes(lua_State *L, void *into)
{
    if (lua_type(L, -1) != LUA_TSTRING)
        return dg_option_expected(L, "string");
    struct dg_bytes *bytes = into;
    bytes->data = lua_tolstring(L, -1, &bytes->size);
    return NULL;
}

const char *dg_option_boolean(lua_State *L, void *into)
{
    if (!lua_isboolean(L, -1))
        return dg_option_expected(L, "boolean");
    *(bool *)into = lua_toboolean(L, -1);
    return NULL;
}

/* A number whose value is whole; digits in a string are not one. */
static bool whole(lua_State *L, lua_Integer max, lua_Integer *number)
{
    int exact = 0;
    if (lua_type(L, -1) == LUA_TNUMBER)
        *number = lua_tointegerx(L, -1, &exact);
    return exact && *number >= 0 && *number <= max;
}

const char *dg_option_count(lua_State *L, void *into)
{
    lua_Integer number = 0;
    if (!whole(L, INT_MAX, &number))
        return dg_option_expected(L, "whole number from 0 to 2147483647");
    *(unsigned *)into = (unsigned)number;
    return NULL;
}

const char *dg_option_size(lua_State *L, void *into)
{
    lua_Integer number = 0;
    if (!whole(L, LUA_MAXINTEGER, &number))
        return dg_option_expected(L, "whole number from 0");
    *(uint64_t *)into = (uint64_t)number;
    return NULL;
}

const char *dg_option_seconds(lua_State *L, void *into)
{
    if (lua_type(L, -1) != LUA_TNUMBER || !dg_lua_milliseconds(lua_tonumber(L, -1), into))
        return dg_option_expected(L, "seconds from 0 to 1e12");
    return NULL;
}

const char *dg_option_texts(lua_State *L, void *into)
{
    if (!lua_istable(L, -1))
        return dg_option_expected(L, "list of strings");
    size_t count = lua_rawlen(L, -1);
    const char **texts = lua_newuserdatauv(L, (count + 1) * sizeof(*texts), 0);
    for (size_t i = 0; i < count; i++) {
        lua_rawgeti(L, -2, (lua_Integer)i + 1); /* ... list texts element */
        const char *complaint = dg_option_text(L, &texts[i]);
        if (complaint)
            return lua_pushfstring(L, "element %d: %s", (int)i + 1, complaint);
        lua_pop(L, 1);
    }
    texts[count] = NULL;
    *(const char *const **)into = texts;
    return NULL;
}
