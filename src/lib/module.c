/* SPDX-License-Identifier: MIT
 *
 * The openers of embedded modules in diffgentor.so, one each, from the list that
 * the build makes.  Those of native modules are the ones of src/bind.
 */
#include <lua.h>

#include "host/embedded.h"

#define DG_MODULE(opener, name)                                                                    \
    int opener(lua_State *L);                                                                      \
    int opener(lua_State *L)                                                                       \
    {                                                                                              \
        return dg_libs_module(L, name);                                                            \
    }

#include "modules.inc"
