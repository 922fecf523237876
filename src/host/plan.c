/* SPDX-License-Identifier: MIT
 *
 * Between lua/diffgentor/cli.lua and the command line: the plan as a struct,
 * and the run.
 */
#include <lauxlib.h>

#include "bind/bind.h"
#include "host/state.h"

static const char CLI[] = "diffgentor.cli";

/* Where the plan's texts and its options live, in the registry. */
static const char PLAN[] = "diffgentor.plan";
static const char OPTIONS[] = "diffgentor.plan.options";

enum { CODE_UNSENT = 2, CODE_STOPPED = 3, CODE_MAX = 255 };

struct planning {
    int argc;             /* how many */
    char **argv;          /* as main got them */
    char **environment;   /* "NAME=value", then NULL */
    struct dg_plan *plan; /* to be filled */
};

static void push_arguments(lua_State *L, const struct planning *p)
{
    lua_createtable(L, p->argc, 1);
    for (int i = 0; i < p->argc; i++) {
        lua_pushstring(L, p->argv[i]); /* argv argument */
        lua_rawseti(L, -2, i);
    }
}

/* A member of the plan on top as text, or NULL. */
static const char *text_of(lua_State *L, const char *name)
{
    int type = lua_getfield(L, -1, name);
    const char *text = type == LUA_TSTRING ? lua_tostring(L, -1) : NULL;
    if (!text && type != LUA_TNIL)
        luaL_error(L, "cli.plan: '%s' is a %s, not a string", name, lua_typename(L, type));
    lua_pop(L, 1);
    return text;
}

static int code_of(lua_State *L, const char *what)
{
    int exact;
    lua_Integer code = lua_tointegerx(L, -1, &exact);
    if (!exact || code < 0 || code > CODE_MAX)
        luaL_error(L, "%s is no exit code but %s", what, luaL_tolstring(L, -1, NULL));
    return (int)code;
}

/* One text of the option on top; the option's table keeps it. */
static const char *half_of(lua_State *L, size_t option, int half)
{
    if (lua_rawgeti(L, -1, half) != LUA_TSTRING)
        luaL_error(L, "cli.plan: half %d of option %d is a %s, not a string", half, (int)option + 1,
                   luaL_typename(L, -1));
    const char *text = lua_tostring(L, -1);
    lua_pop(L, 1);
    return text;
}

/* The list of {name, value} on top. */
static void read_options(lua_State *L, struct dg_plan *plan)
{
    if (!lua_istable(L, -1))
        luaL_error(L, "cli.plan: the server's options are a %s", luaL_typename(L, -1));
    size_t count = lua_rawlen(L, -1);
    struct dg_host_option *options = lua_newuserdatauv(L, count * sizeof(*options) + 1, 0);
    lua_setfield(L, LUA_REGISTRYINDEX, OPTIONS);
    for (size_t i = 0; i < count; i++) {
        if (lua_rawgeti(L, -1, (lua_Integer)i + 1) != LUA_TTABLE)
            luaL_error(L, "cli.plan: option %d is a %s", (int)i + 1, luaL_typename(L, -1));
        options[i].name = half_of(L, i, 1); /* plan list option */
        options[i].value = half_of(L, i, 2);
        lua_pop(L, 1);
    }
    plan->options = options;
    plan->option_count = count;
}

/* The plan on top, which the registry keeps. */
static void read_plan(lua_State *L, struct dg_plan *plan)
{
    *plan = (struct dg_plan){ .kind = DG_PLAN_EXIT };
    if (lua_getfield(L, -1, "exit") != LUA_TNIL) { /* plan member */
        plan->exit_code = code_of(L, "cli.plan: 'exit'");
        lua_pop(L, 1);
        plan->out = text_of(L, "out");
        plan->err = text_of(L, "err");
        return;
    }
    lua_pop(L, 1);
    if (lua_getfield(L, -1, "serve") != LUA_TNIL) {
        plan->kind = DG_PLAN_SERVE;
        read_options(L, plan);
        return;
    }
    lua_pop(L, 1);
    plan->kind = DG_PLAN_RUN;
    if (lua_getfield(L, -1, "run") == LUA_TNIL)
        luaL_error(L, "cli.plan: neither exit, serve nor run");
    lua_pop(L, 1);
    plan->rehearsal = lua_getfield(L, -1, "rehearsal") != LUA_TNIL;
    if (plan->rehearsal)
        read_options(L, plan);
}

static int make_plan(lua_State *L)
{
    struct planning *p = lua_touserdata(L, 1);
    dg_host_function(L, CLI, "plan");
    push_arguments(L, p);
    dg_libs_environment(L, p->environment);
    dg_host_call(L, 2);
    if (!lua_istable(L, -1))
        return luaL_error(L, "cli.plan gave a %s, not a plan", luaL_typename(L, -1));
    lua_pushvalue(L, -1);
    lua_setfield(L, LUA_REGISTRYINDEX, PLAN);
    read_plan(L, p->plan);
    return 0;
}

bool dg_host_plan(struct dg_host *h, int argc, char **argv, char **environment,
                  struct dg_plan *plan, struct dg_error *err)
{
    struct planning p = { argc, argv, environment, plan };
    return dg_host_protect(h, make_plan, &p, err);
}

/* One function of the command line's module, with its one argument. */
struct running {
    const char *name; /* of the function */
    const char *text; /* its argument, or NULL: */
    int number;       /* this, -1: nil */
    int code;         /* what it returned, DG_HOST_GO for nothing */
};

static int do_run(lua_State *L)
{
    struct running *r = lua_touserdata(L, 1);
    dg_host_function(L, CLI, r->name);
    if (r->text || r->number < 0)
        lua_pushstring(L, r->text);
    else
        lua_pushinteger(L, r->number);
    dg_host_call(L, 1);
    r->code = lua_isnil(L, -1) ? DG_HOST_GO : code_of(L, "cli: the result");
    return 0;
}

static int run(struct dg_host *h, struct running *r)
{
    if (dg_host_protect(h, do_run, r, NULL))
        return r->code;
    return dg_lua_submitted(h->L) ? CODE_STOPPED : CODE_UNSENT;
}

int dg_host_prepare(struct dg_host *h, const char *rehearsal_base)
{
    return run(h, &(struct running){ .name = "prepare", .text = rehearsal_base, .number = -1 });
}

int dg_host_import(struct dg_host *h, int line)
{
    return run(h, &(struct running){ .name = "import", .number = line });
}

int dg_host_run(struct dg_host *h, int line)
{
    return run(h, &(struct running){ .name = "run", .number = line });
}

/* ---- worker processes ---- */

static int ask_workers(lua_State *L)
{
    bool *has = lua_touserdata(L, 1);
    dg_host_function(L, CLI, "has_workers");
    dg_host_call(L, 0);
    *has = lua_toboolean(L, -1);
    return 0;
}

bool dg_host_has_workers(struct dg_host *h)
{
    bool has = false;
    return dg_host_protect(h, ask_workers, &has, NULL) && has;
}

struct watching {
    int line;                     /* to the importer */
    const struct dg_event *event; /* what was done */
    struct dg_action *action;     /* to be filled */
};

static void set_number(lua_State *L, const char *name, int number)
{
    lua_pushinteger(L, number);
    lua_setfield(L, -2, name);
}

static void push_event(lua_State *L, const struct dg_event *e)
{
    lua_createtable(L, 0, 4);
    if (e->kind == DG_EVENT_STARTED) {
        set_number(L, "started", e->worker);
        set_number(L, "line", e->line);
    } else if (e->kind == DG_EVENT_REAPED) {
        set_number(L, "reaped", e->worker);
        set_number(L, "code", e->exit_code);
        if (e->signal > 0)
            set_number(L, "signal", e->signal);
    }
}

/* "start", worker | "reap", worker | "kill", worker | "end", code */
static void read_action(lua_State *L, struct dg_action *a)
{
    static const char *const KINDS[] = { "start", "reap", "kill", "end", NULL };
    static const int kinds[] = { DG_ACTION_START, DG_ACTION_REAP, DG_ACTION_KILL, DG_ACTION_END };
    lua_rawgeti(L, -1, 1);
    int kind = luaL_checkoption(L, -1, NULL, KINDS);
    lua_rawgeti(L, -2, 2); /* action kind number */
    int number = (int)luaL_checkinteger(L, -1);
    *a = (struct dg_action){ .worker = number, .code = number };
    a->kind = kinds[kind];
}

static int do_watch(lua_State *L)
{
    struct watching *w = lua_touserdata(L, 1);
    dg_host_function(L, CLI, "watch");
    lua_pushinteger(L, w->line);
    push_event(L, w->event);
    dg_host_call(L, 2);
    if (!lua_istable(L, -1))
        return luaL_error(L, "cli.watch gave a %s", luaL_typename(L, -1));
    read_action(L, w->action);
    return 0;
}

void dg_host_watch(struct dg_host *h, int line, const struct dg_event *event,
                   struct dg_action *action)
{
    struct watching w = { line, event, action };
    if (!dg_host_protect(h, do_watch, &w, NULL))
        *action = (struct dg_action){ .kind = DG_ACTION_END, .code = CODE_STOPPED };
}

struct working {
    int worker; /* which */
    int line;   /* to the one that watches */
    int code;   /* that it returned */
};

static int do_work(lua_State *L)
{
    struct working *w = lua_touserdata(L, 1);
    dg_host_function(L, CLI, "work");
    lua_pushinteger(L, w->worker);
    lua_pushinteger(L, w->line);
    dg_host_call(L, 2);
    w->code = code_of(L, "cli.work: the result");
    return 0;
}

int dg_host_work(struct dg_host *h, int worker, int line)
{
    struct working w = { worker, line, CODE_STOPPED };
    return dg_host_protect(h, do_work, &w, NULL) ? w.code : CODE_STOPPED;
}
