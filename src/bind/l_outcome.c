/* SPDX-License-Identifier: MIT
 *
 * The outcome of a request as a table.
 */
#include <lauxlib.h>

#include "bind/bind.h"
#include "bind/check.h"
#include "bind/objects.h"

static void set_boolean(lua_State *L, const char *name, bool value)
{
    lua_pushboolean(L, value);
    lua_setfield(L, -2, name);
}

/* The error knows enough to be shown without its outcome. */
static void set_error(lua_State *L, const struct dg_outcome *o)
{
    dg_lua_error(L, &o->error);
    dg_lua_set_integer(L, "status", o->status);
    dg_lua_set_integer(L, "attempts", o->attempts);
    dg_lua_set_text(L, "request_id", o->request_id);
    lua_setfield(L, -2, "error");
}

static void set_pictures(lua_State *L, const struct dg_outcome *o)
{
    lua_createtable(L, (int)o->picture_count, 0);
    for (size_t k = 0; k < o->picture_count; k++) {
        dg_lua_image(L, &o->pictures[k].info, o->pictures[k].size_bytes);
        dg_lua_set_text(L, "path", o->pictures[k].path);
        lua_rawseti(L, -2, (lua_Integer)k + 1); /* outcome pictures */
    }
    lua_setfield(L, -2, "pictures");
}

void dg_lua_outcome(lua_State *L, const struct dg_outcome *o)
{
    luaL_checkstack(L, 6, "no room for an outcome");
    lua_createtable(L, 0, 20);
    set_boolean(L, "ok", o->ok);
    if (!o->ok)
        set_error(L, o);
    dg_lua_set_text(L, "verdict", dg_verdict_name(o->verdict));
    dg_lua_set_text(L, "scope", dg_scope_name(o->scope));
    dg_lua_set_integer(L, "status", o->status);
    dg_lua_set_integer(L, "attempts", o->attempts);
    dg_lua_set_seconds(L, "latency", o->latency_ms);
    dg_lua_set_seconds(L, "waited", o->waited_ms);
    set_boolean(L, "possibly_billed", o->possibly_billed > 0);
    dg_lua_set_integer(L, "billed", o->possibly_billed);
    if (o->unrecorded)
        set_boolean(L, "unrecorded", true);
    if (o->attempt > 0)
        dg_lua_set_integer(L, "attempt", o->attempt);
    dg_lua_set_text(L, "endpoint", o->endpoint);
    if (o->endpoint_index >= 0)
        dg_lua_set_integer(L, "endpoint_index", o->endpoint_index + 1);
    if (o->key_index >= 0)
        dg_lua_set_integer(L, "key_index", o->key_index + 1);
    dg_lua_set_text(L, "request_id", o->request_id);
    dg_lua_set_text(L, "content_type", o->content_type);
    dg_lua_set_text(L, "url", o->url);
    dg_lua_set_text(L, "error_type", o->error_type);
    dg_lua_set_text(L, "error_param", o->error_param);
    lua_pushlstring(L, o->text ? o->text : "", o->text ? o->text_size : 0);
    lua_setfield(L, -2, "text"); /* outcome */
    set_pictures(L, o);
}
