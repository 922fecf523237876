/* SPDX-License-Identifier: MIT
 *
 * diffgentor.sys: the clock, the terminal, requests to stop, standard output,
 * and text made fit to be shown.
 */
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/stop.h"
#include "base/text.h"
#include "bind/bind.h"
#include "bind/check.h"

/* sys.now(): number
 * Seconds since the machine's start; never jumps. */
static int sys_now(lua_State *L)
{
    dg_lua_push_seconds(L, dg_clock_now());
    return 1;
}

/* sys.time(): number
 * Seconds since 1970, UTC. */
static int sys_time(lua_State *L)
{
    dg_lua_push_seconds(L, dg_clock_wall());
    return 1;
}

/* sys.stamp(): string
 * The time as "2026-11-23T18:40:00.123Z". */
static int sys_stamp(lua_State *L)
{
    char stamp[DG_STAMP_BYTES];
    dg_clock_stamp(dg_clock_wall(), stamp);
    lua_pushstring(L, stamp);
    return 1;
}

/* sys.stop_count(): integer
 * Requests to stop so far: 1 = finish what is in flight, 2 = abort. */
static int sys_stop_count(lua_State *L)
{
    lua_pushinteger(L, dg_stop_count());
    return 1;
}

/* sys.wake()
 * Ends the wait of an engine in this process and in the one it was forked from. */
static int sys_wake(lua_State *L)
{
    (void)L;
    dg_stop_wake();
    return 0;
}

/* sys.stop_signal(): integer | nil
 * The signal of the first request. */
static int sys_stop_signal(lua_State *L)
{
    if (dg_stop_signal() == 0)
        lua_pushnil(L);
    else
        lua_pushinteger(L, dg_stop_signal());
    return 1;
}

/* sys.stop_channels(count: integer): true | nil, err
 * So that as many processes, to be forked, can be woken. */
static int sys_stop_channels(lua_State *L)
{
    struct dg_error err;
    lua_Integer count = luaL_checkinteger(L, 1);
    luaL_argcheck(L, count >= 0 && count < DG_STOP_CHANNELS, 1, "0 to 1024 expected");
    return dg_lua_done(L, dg_stop_channels((unsigned)count, &err), &err);
}

/* sys.isatty(fd: integer): boolean */
static int sys_isatty(lua_State *L)
{
    lua_Integer fd = luaL_checkinteger(L, 1);
    luaL_argcheck(L, fd >= 0 && fd <= 2, 1, "0, 1 or 2 expected");
    lua_pushboolean(L, isatty((int)fd));
    return 1;
}

/* sys.columns(): integer
 * Width of the terminal at standard error, 80 if there is none. */
static int sys_columns(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)dg_log_columns());
    return 1;
}

/* sys.pid(): integer */
static int sys_pid(lua_State *L)
{
    lua_pushinteger(L, getpid());
    return 1;
}

/* sys.uid(): integer
 * The user's number, as files that are made belong to it. */
static int sys_uid(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)geteuid());
    return 1;
}

/* sys.write(text: string): true | nil, err
 * All of it to standard output, unbuffered; the error names it. */
static int sys_write(lua_State *L)
{
    struct dg_error err;
    size_t size;
    const char *text = luaL_checklstring(L, 1, &size);
    bool ok =
        dg_file_write(STDOUT_FILENO, text, size, &err) || dg_error_at(&err, "standard output");
    return dg_lua_done(L, ok, &err);
}

/* sys.visible(text: string): string
 * Control characters and invalid UTF-8 as visible escapes. */
static int sys_visible(lua_State *L)
{
    size_t size;
    const char *text = luaL_checklstring(L, 1, &size);
    struct dg_buffer *out = dg_lua_buffer(L, 8 * size);
    dg_text_visible(out, text, size);
    lua_pushlstring(L, out->data, out->size);
    dg_buffer_done(out);
    return 1;
}

/* sys.mask(text: string): string
 * The text without the secrets that are known. */
static int sys_mask(lua_State *L)
{
    luaL_Buffer out;
    size_t size;
    const char *text = luaL_checklstring(L, 1, &size);
    char *copy = luaL_buffinitsize(L, &out, size + 1);
    memcpy(copy, text, size + 1);
    dg_secret_mask(copy, size);
    luaL_pushresultsize(&out, size);
    return 1;
}

/* sys.secret(key: string)
 * Registers a text that is never to be shown. */
static int sys_secret(lua_State *L)
{
    dg_secret_add(dg_lua_text(L, 1));
    return 0;
}

/* sys.utf8_ok(text: string): boolean */
static int sys_utf8_ok(lua_State *L)
{
    struct dg_utf8 u = { .state = 0 };
    size_t size;
    const char *text = luaL_checklstring(L, 1, &size);
    size_t good = dg_utf8_check(&u, text, size);
    lua_pushboolean(L, good == size && u.state == 0);
    return 1;
}

static const luaL_Reg FUNCTIONS[] = {
    { "now", sys_now },
    { "time", sys_time },
    { "stamp", sys_stamp },
    { "wake", sys_wake },
    { "stop_count", sys_stop_count },
    { "stop_signal", sys_stop_signal },
    { "stop_channels", sys_stop_channels },
    { "isatty", sys_isatty },
    { "columns", sys_columns },
    { "pid", sys_pid },
    { "uid", sys_uid },
    { "write", sys_write },
    { "visible", sys_visible },
    { "mask", sys_mask },
    { "secret", sys_secret },
    { "utf8_ok", sys_utf8_ok },
    { NULL, NULL },
};

int luaopen_diffgentor_sys(lua_State *L)
{
    luaL_newlib(L, FUNCTIONS);
    lua_pushliteral(L, DG_VERSION);
    lua_setfield(L, -2, "version");
    return 1;
}
