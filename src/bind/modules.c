/* SPDX-License-Identifier: MIT
 *
 * The list of native modules.
 */
#include "bind/bind.h"

const struct dg_module dg_modules[] = {
    { "diffgentor.base64", luaopen_diffgentor_base64 },
    { "diffgentor.native.csv", luaopen_diffgentor_native_csv },
    { "diffgentor.engine", luaopen_diffgentor_engine },
    { "diffgentor.error", luaopen_diffgentor_error },
    { "diffgentor.file", luaopen_diffgentor_file },
    { "diffgentor.hash", luaopen_diffgentor_hash },
    { "diffgentor.image", luaopen_diffgentor_image },
    { "diffgentor.log", luaopen_diffgentor_log },
    { "diffgentor.native.multipart", luaopen_diffgentor_native_multipart },
    { "diffgentor.native.board", luaopen_diffgentor_native_board },
    { "diffgentor.native.claims", luaopen_diffgentor_native_claims },
    { "diffgentor.native.json", luaopen_diffgentor_native_json },
    { "diffgentor.native.ledger", luaopen_diffgentor_native_ledger },
    { "diffgentor.native.pace", luaopen_diffgentor_native_pace },
    { "diffgentor.native.pool", luaopen_diffgentor_native_pool },
    { "diffgentor.peer", luaopen_diffgentor_peer },
    { "diffgentor.native.ratelimit", luaopen_diffgentor_native_ratelimit },
    { "diffgentor.set", luaopen_diffgentor_set },
    { "diffgentor.sys", luaopen_diffgentor_sys },
    { NULL, NULL },
};
