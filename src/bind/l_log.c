/* SPDX-License-Identifier: MIT
 *
 * diffgentor.log: lines for people on standard error, events for machines.
 */
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "bind/bind.h"
#include "bind/check.h"

/* The text of argument `arg`; zero bytes, which would end it early, are shown. */
static const char *check_line(lua_State *L, int arg)
{
    size_t size;
    const char *text = luaL_checklstring(L, arg, &size);
    if (strlen(text) == size)
        return text;
    struct dg_buffer *shown = dg_lua_buffer(L, 8 * size);
    dg_text_visible(shown, text, size);
    return shown->data;
}

static int line(lua_State *L, enum dg_level level)
{
    dg_log(level, "%s", check_line(L, 1));
    return 0;
}

/* log.debug(text: string) */
static int log_debug(lua_State *L)
{
    return line(L, DG_LOG_DEBUG);
}

/* log.info(text: string) */
static int log_info(lua_State *L)
{
    return line(L, DG_LOG_INFO);
}

/* log.warn(text: string) */
static int log_warn(lua_State *L)
{
    return line(L, DG_LOG_WARN);
}

/* log.error(text: string) */
static int log_error(lua_State *L)
{
    return line(L, DG_LOG_ERROR);
}

/* log.event(name: string, fields: string = "")
 * To the file only; `fields` is the inside of a JSON object. */
static int log_event(lua_State *L)
{
    const char *fields = lua_isnoneornil(L, 2) ? "" : dg_lua_text(L, 2);
    dg_log_event(dg_lua_text(L, 1), fields);
    return 0;
}

/* log.progress(text: string)
 * The line at the bottom of the terminal; "" removes it. */
static int log_progress(lua_State *L)
{
    dg_log_progress(check_line(L, 1));
    return 0;
}

/* log.level(name: "debug" | "info" | "warn" | "error")
 * Lines below it are not shown. */
static int log_level(lua_State *L)
{
    static const char *const LEVELS[] = { "debug", "info", "warn", "error", NULL };
    dg_log_level((enum dg_level)luaL_checkoption(L, 1, NULL, LEVELS));
    return 0;
}

/* log.colour(on: boolean) */
static int log_colour(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TBOOLEAN);
    dg_log_colour(lua_toboolean(L, 1));
    return 0;
}

/* log.file(path: string?): true | nil, err
 * Where events and lines go as JSON Lines; nil closes. */
static int log_file(lua_State *L)
{
    struct dg_error err;
    bool close = lua_isnoneornil(L, 1);
    const char *path = close ? NULL : dg_lua_path(L, 1, &err);
    bool ok = (path || close) && dg_log_file(path, &err);
    return dg_lua_done(L, ok, &err);
}

static const luaL_Reg FUNCTIONS[] = {
    { "debug", log_debug },       { "info", log_info },
    { "warn", log_warn },         { "error", log_error },
    { "event", log_event },       { "level", log_level },
    { "progress", log_progress }, { "file", log_file },
    { "colour", log_colour },     { NULL, NULL },
};

int luaopen_diffgentor_log(lua_State *L)
{
    luaL_newlib(L, FUNCTIONS);
    return 1;
}
