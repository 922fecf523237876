/* SPDX-License-Identifier: MIT
 *
 * The native modules while memory runs out: one script, again and again, each
 * time with the next allocation of Lua failing.  Whatever raises on the way, no
 * descriptor stays open; the leak checkers see the rest.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <lauxlib.h>
#include <lualib.h>

#include "base/stop.h"
#include "bind/bind.h"

enum { ALLOCATIONS_MAX = 5000 };

static const char SCRIPT[] = "tests/lua/torture.lua";

struct purse {
    size_t left; /* allocations until all fail */
    bool armed;  /* they count */
};

static void *spend(void *ud, void *block, size_t old, size_t size)
{
    struct purse *p = ud;
    if (size == 0) {
        free(block);
        return NULL;
    }
    bool grows = !block || size > old;
    if (p->armed && grows) {
        if (p->left == 0)
            return NULL;
        p->left--;
    }
    return realloc(block, size);
}

static int furnish(lua_State *L)
{
    luaL_openlibs(L);
    for (const struct dg_module *m = dg_modules; m->name; m++) {
        luaL_requiref(L, m->name, m->open, 0);
        lua_pop(L, 1);
    }
    return luaL_loadfile(L, SCRIPT) == LUA_OK ? 1 : lua_error(L);
}

/* true if the script came to its end. */
static bool survives(size_t allocations)
{
    struct purse purse = { .left = allocations };
    lua_State *L = lua_newstate(spend, &purse);
    assert_non_null(L);
    lua_pushcfunction(L, furnish);
    assert_int_equal(lua_pcall(L, 0, 1, 0), LUA_OK);
    purse.armed = true;
    int status = lua_pcall(L, 0, 0, 0);
    purse.armed = false;
    if (status != LUA_OK && status != LUA_ERRMEM)
        fail_msg("after %zu allocations: %s", allocations, lua_tostring(L, -1));
    lua_close(L);
    return status == LUA_OK;
}

static size_t open_descriptors(void)
{
    size_t count = 0;
    DIR *dir = opendir("/proc/self/fd");
    assert_non_null(dir);
    while (readdir(dir))
        count++;
    closedir(dir);
    return count;
}

static void test_every_allocation(void **state)
{
    (void)state;
    assert_true(dg_stop_init(NULL));
    assert_true(survives(SIZE_MAX));
    size_t before = open_descriptors();
    size_t n = 0;
    while (n < ALLOCATIONS_MAX && !survives(n)) {
        assert_int_equal(open_descriptors(), before);
        n++;
    }
    assert_in_range(n, 100, ALLOCATIONS_MAX - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_every_allocation) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
