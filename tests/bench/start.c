/* SPDX-License-Identifier: MIT
 *
 * bench_start: opens a Lua state with its libraries, readies libcurl, ends: what any
 * program on both pays before its first line.
 */
#include <curl/curl.h>
#include <lauxlib.h>
#include <lualib.h>

int main(void)
{
    lua_State *L = luaL_newstate();
    if (!L || curl_global_init(CURL_GLOBAL_ALL) != CURLE_OK)
        return 1;
    luaL_openlibs(L);
    lua_close(L);
    curl_global_cleanup();
    return 0;
}
