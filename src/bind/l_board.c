/* SPDX-License-Identifier: MIT
 *
 * diffgentor.native.board: numbers by name that the processes of a run share.
 */
#include "base/clock.h"
#include "bind/bind.h"
#include "bind/check.h"
#include "bind/options.h"
#include "core/board.h"

static const char BOARD[] = "diffgentor.board";

struct board {
    struct dg_board *board; /* NULL when closed */
};

static struct dg_board *live(lua_State *L)
{
    struct board *b = luaL_checkudata(L, 1, BOARD);
    if (!b->board)
        luaL_error(L, "attempt to use a closed board");
    return b->board;
}

static int cell_at(lua_State *L, struct dg_board *b)
{
    int cell = dg_board_find(b, luaL_checkstring(L, 2));
    luaL_argcheck(L, cell >= 0, 2, "no such number on this board");
    return cell;
}

/* board.new(names: string[]): board | nil, err */
static int board_new(lua_State *L)
{
    struct dg_error err;
    const char *const *names = NULL;
    lua_settop(L, 1);
    const char *complaint = dg_option_texts(L, &names);
    luaL_argcheck(L, !complaint, 1, complaint);
    size_t count = lua_rawlen(L, 1);
    luaL_argcheck(L, count <= DG_BOARD_CELLS, 1, "more than 32 names");
    struct board *b = lua_newuserdatauv(L, sizeof(*b), 0);
    b->board = NULL;
    luaL_setmetatable(L, BOARD);
    b->board = dg_board_new(names, count, &err);
    return b->board ? 1 : dg_lua_fail(L, &err);
}

static int board_gc(lua_State *L)
{
    struct board *b = luaL_checkudata(L, 1, BOARD);
    dg_board_free(b->board);
    b->board = NULL;
    return 0;
}

/* board:get(name: string): integer */
static int board_get(lua_State *L)
{
    struct dg_board *b = live(L);
    lua_pushinteger(L, dg_board_get(b, cell_at(L, b)));
    return 1;
}

/* board:set(name: string, value: integer) */
static int board_set(lua_State *L)
{
    struct dg_board *b = live(L);
    dg_board_set(b, cell_at(L, b), luaL_checkinteger(L, 3));
    return 0;
}

/* board:add(name: string, more: integer): integer
 * The new value. */
static int board_add(lua_State *L)
{
    struct dg_board *b = live(L);
    lua_pushinteger(L, dg_board_add(b, cell_at(L, b), luaL_checkinteger(L, 3)));
    return 1;
}

/* board:swap(name: string, expected: integer, value: integer): boolean
 * Sets it if it is as expected. */
static int board_swap(lua_State *L)
{
    struct dg_board *b = live(L);
    int cell = cell_at(L, b);
    lua_Integer expected = luaL_checkinteger(L, 3);
    lua_pushboolean(L, dg_board_swap(b, cell, expected, luaL_checkinteger(L, 4)));
    return 1;
}

static unsigned worker_at(lua_State *L)
{
    lua_Integer worker = luaL_checkinteger(L, 2);
    luaL_argcheck(L, worker >= 0 && worker < DG_BOARD_WORKERS, 2, "0 to 1023 expected");
    return (unsigned)worker;
}

/* board:at(worker: integer, position: integer?, hook: integer?)
 * From now on it is at that row (nil: at none), in the hook of that number (0: none). */
static int board_at(lua_State *L)
{
    struct dg_board *b = live(L);
    dg_board_at(b, worker_at(L),
                &(struct dg_board_work){ .position = luaL_optinteger(L, 3, -1),
                                         .hook = luaL_optinteger(L, 4, 0),
                                         .since = dg_clock_now() });
    return 0;
}

/* board:idle(worker: integer)
 * It is at nothing, and waits. */
static int board_idle(lua_State *L)
{
    struct dg_board *b = live(L);
    dg_board_at(b, worker_at(L), &(struct dg_board_work){ .position = -1 });
    return 0;
}

/* board:under_way(worker: integer): integer | nil, integer, number | nil
 * The row, the hook, and since when; nil: it waits. */
static int board_under_way(lua_State *L)
{
    struct dg_board *b = live(L);
    struct dg_board_work work = dg_board_under_way(b, worker_at(L));
    if (work.position < 0)
        lua_pushnil(L);
    else
        lua_pushinteger(L, work.position);
    lua_pushinteger(L, work.hook);
    if (work.since == 0)
        lua_pushnil(L);
    else
        dg_lua_push_seconds(L, work.since);
    return 3;
}

static const luaL_Reg FUNCTIONS[] = {
    { "new", board_new },
    { NULL, NULL },
};

static const luaL_Reg METHODS[] = {
    { "get", board_get },
    { "set", board_set },
    { "add", board_add },
    { "swap", board_swap },
    { "at", board_at },
    { "idle", board_idle },
    { "under_way", board_under_way },
    { NULL, NULL },
};

static const luaL_Reg METAMETHODS[] = {
    { "__gc", board_gc },
    { "__close", board_gc },
    { NULL, NULL },
};

int luaopen_diffgentor_native_board(lua_State *L)
{
    dg_lua_class(L, BOARD, METHODS, METAMETHODS);
    luaL_newlib(L, FUNCTIONS);
    return 1;
}
