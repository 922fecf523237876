/* SPDX-License-Identifier: MIT
 *
 * The host with every kind of diffgentor.cli: good ones, and ones that break
 * its contract.  A Lua file puts each in place of the real one first.  And the
 * modules in a state that is not the host's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <lauxlib.h>
#include <lualib.h>

#include "base/log.h"
#include "host/host.h"
#include "host/libs.h"

static char *ENVIRONMENT[] = { "A=1", "no equals sign", "B=x=y", NULL };
static char *ARGUMENTS[] = { "diffgentor", "one", "two words" };

/* A host in which require("diffgentor.cli") gives the value of `cli`. */
static struct dg_host *host_with(const char *cli)
{
    char path[] = "/tmp/diffgentor-host-XXXXXX";
    struct dg_error err;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    dprintf(fd, "package.loaded['diffgentor.cli'] = %s", cli);
    close(fd);
    struct dg_host *h = dg_host_new(&err);
    assert_non_null(h);
    assert_int_equal(dg_host_file(h, path, 0, NULL), 0);
    unlink(path);
    return h;
}

static bool plan_of(struct dg_host *h, struct dg_plan *plan, struct dg_error *err)
{
    return dg_host_plan(h, 3, ARGUMENTS, ENVIRONMENT, plan, err);
}

static void test_plan_to_exit(void **state)
{
    (void)state;
    struct dg_plan plan;
    struct dg_error err;
    struct dg_host *h =
        host_with("{ plan = function(argv, env) return { exit = 7, out = argv[0] .. "
                  "'|' .. table.concat(argv, '|') .. '|' .. env.A .. env.B } end }");
    assert_true(plan_of(h, &plan, &err));
    assert_int_equal(plan.kind, DG_PLAN_EXIT);
    assert_int_equal(plan.exit_code, 7);
    assert_string_equal(plan.out, "diffgentor|one|two words|1x=y");
    assert_null(plan.err);
    dg_host_free(h);
}

static void test_plan_to_serve(void **state)
{
    (void)state;
    struct dg_plan plan;
    struct dg_error err;
    struct dg_host *h = host_with("{ plan = function() return { serve = { {'port', '0'}, "
                                  "{'fault', 'a' .. 1} } } end }");
    assert_true(plan_of(h, &plan, &err));
    assert_int_equal(plan.kind, DG_PLAN_SERVE);
    assert_int_equal(plan.option_count, 2);
    assert_string_equal(plan.options[0].name, "port");
    assert_string_equal(plan.options[1].value, "a1");
    dg_host_free(h);
}

static void test_plan_to_run(void **state)
{
    (void)state;
    struct dg_plan plan;
    struct dg_error err;
    struct dg_host *h =
        host_with("{ plan = function() return { run = {}, rehearsal = {} } end, "
                  "prepare = function(base) if base ~= 'http://x' then return 9 end end, "
                  "import = function(fd) return fd end, "
                  "run = function(fd) return fd == 3 and 42 or 9 end }");
    assert_true(plan_of(h, &plan, &err));
    assert_int_equal(plan.kind, DG_PLAN_RUN);
    assert_true(plan.rehearsal);
    assert_int_equal(plan.option_count, 0);
    assert_int_equal(dg_host_prepare(h, "http://x"), DG_HOST_GO);
    assert_int_equal(dg_host_prepare(h, NULL), 9);
    assert_int_equal(dg_host_import(h, 7), 7);
    assert_int_equal(dg_host_run(h, 3), 42);
    dg_host_free(h);
}

static void test_broken_plans(void **state)
{
    (void)state;
    static const struct {
        const char *cli;     /* the module */
        const char *message; /* the first line of what is shown */
    } CASES[] = {
        { "true", "module 'diffgentor.cli' is a boolean, not a table" },
        { "{}", "module 'diffgentor.cli' has no function 'plan'" },
        { "{ plan = function() return 7 end }", "cli.plan gave a number, not a plan" },
        { "{ plan = function() return {} end }", "cli.plan: neither exit, serve nor run" },
        { "{ plan = function() return { exit = 1.5 } end }",
          "cli.plan: 'exit' is no exit code but 1.5" },
        { "{ plan = function() return { exit = 256 } end }",
          "cli.plan: 'exit' is no exit code but 256" },
        { "{ plan = function() return { exit = 0, out = true } end }",
          "cli.plan: 'out' is a boolean, not a string" },
        { "{ plan = function() return { serve = true } end }",
          "cli.plan: the server's options are a boolean" },
        { "{ plan = function() return { serve = { 'port' } } end }",
          "cli.plan: option 1 is a string" },
        { "{ plan = function() return { run = {}, rehearsal = { { 'port' } } } end }",
          "cli.plan: half 2 of option 1 is a nil, not a string" },
        { "{ plan = function() error('plain', 0) end }", "plain" },
        { "{ plan = function() error(nil) end }", "an error that is no text but a nil" },
        { "{ plan = function() error({}) end }", "an error that is no text but a table" },
        { "{ plan = function() error(require('diffgentor.error').new('file', 'x', 'a\\27b')) end }",
          "a\\x1bb" },
        { "{ plan = function() error(setmetatable({}, { __tostring = function() error('in', 0) end"
          " })) end }",
          "in" },
    };
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        struct dg_plan plan;
        struct dg_error err;
        struct dg_host *h = host_with(CASES[i].cli);
        assert_false(plan_of(h, &plan, &err));
        assert_int_equal(err.kind, DG_KIND_SCRIPT);
        assert_string_equal(err.message, CASES[i].message);
        dg_host_free(h);
    }
}

static void test_broken_runs(void **state)
{
    (void)state;
    static const struct {
        const char *run; /* the body of cli.run */
        int code;        /* what the run ends with */
    } CASES[] = {
        { "return 'x'", 2 },
        { "error('before anything was sent')", 2 },
        { "local e = require('diffgentor.engine').new() e:sleep(0) error('still not')", 2 },
        { "local e = require('diffgentor.engine').new() e:submit { url = 'http://127.0.0.1:1/' } "
          "error('after')",
          3 },
    };
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        char cli[512];
        snprintf(cli, sizeof(cli), "{ run = function() %s end }", CASES[i].run);
        struct dg_host *h = host_with(cli);
        assert_int_equal(dg_host_run(h, 3), CASES[i].code);
        dg_host_free(h);
    }
}

static void test_files(void **state)
{
    (void)state;
    struct dg_error err;
    struct dg_host *h = dg_host_new(&err);
    assert_non_null(h);
    assert_int_equal(dg_host_file(h, "/none.lua", 0, NULL), 1);
    dg_host_free(h);
    h = host_with("nil; if not arg or arg[0]:sub(1, 5) ~= '/tmp/' or ... then return 1 end");
    dg_host_free(h);
}

/* Its answer to a chunk that returns a text. */
static const char *answer(lua_State *L, const char *chunk)
{
    assert_int_equal(luaL_loadstring(L, chunk), LUA_OK);
    assert_int_equal(lua_pcall(L, 0, 1, 0), LUA_OK);
    const char *text = lua_tostring(L, -1); /* the stack keeps it */
    assert_non_null(text);
    return text;
}

static int open_twice(lua_State *L)
{
    dg_openlibs(L);
    dg_openlibs(L);
    lua_pushinteger(L, lua_gettop(L));
    return 1;
}

static void test_foreign_state(void **state)
{
    (void)state;
    lua_State *L = luaL_newstate();
    setenv("DG_TEST_FOREIGN", "a=b", 1);
    luaL_openlibs(L);
    lua_pushcfunction(L, open_twice);
    assert_int_equal(lua_pcall(L, 0, 1, 0), LUA_OK);
    assert_int_equal(lua_tointeger(L, -1), 0);
    assert_string_equal(answer(L, "return #package.searchers .. ''"), "5");
    assert_string_equal(answer(L, "return require('diffgentor.endpoints').environment."
                                  "DG_TEST_FOREIGN"),
                        "a=b");
    assert_string_equal(answer(L, "return (select(2, require('diffgentor.task')))"),
                        "lua/diffgentor/task.lua");
    assert_string_equal(answer(L, "return tostring(package.preload.cjson)"), "nil");
    assert_string_equal(answer(L, "package.path, package.cpath = '', '' "
                                  "return tostring(pcall(require, 'argparse'))"),
                        "false");
    assert_string_equal(answer(L, "return tostring(diffgentor)"), "nil");
    lua_close(L);
}

static void test_foreign_state_without_package(void **state)
{
    (void)state;
    lua_State *L = luaL_newstate();
    lua_pushcfunction(L, open_twice);
    assert_int_equal(lua_pcall(L, 0, 1, 0), LUA_ERRRUN);
    assert_string_equal(lua_tostring(L, -1),
                        "there is no module 'package': open Lua's standard libraries first");
    lua_close(L);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plan_to_exit),  cmocka_unit_test(test_plan_to_serve),
        cmocka_unit_test(test_plan_to_run),   cmocka_unit_test(test_broken_plans),
        cmocka_unit_test(test_broken_runs),   cmocka_unit_test(test_files),
        cmocka_unit_test(test_foreign_state), cmocka_unit_test(test_foreign_state_without_package),
    };
    dg_log_level(DG_LOG_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
