/* SPDX-License-Identifier: MIT
 *
 * diffgentor.file: folders, whole files, and files that appear at once or not
 * at all.  Every fault is `nil, err`, a path with a zero byte too.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/lock.h"
#include "base/text.h"
#include "bind/bind.h"
#include "bind/check.h"

enum { READ_BYTES = 64 * 1024 * 1024, STEM_BYTES = 64, LIST_BYTES = 64 * 1024 * 1024 };

/* file.mkdirs(path: string): true | nil, err
 * Makes the folder and those above it; one that exists is fine. */
static int file_mkdirs(lua_State *L)
{
    struct dg_error err;
    const char *path = dg_lua_path(L, 1, &err);
    return dg_lua_done(L, path && dg_file_mkdirs(path, &err), &err);
}

/* file.place(from: string, dir: string, relative: string): true | nil, err
 * Renames `from` to dir/relative, which never leaves `dir`. */
static int file_place(lua_State *L)
{
    struct dg_error err;
    const char *from = dg_lua_path(L, 1, &err);
    const char *dir = dg_lua_path(L, 2, &err);
    const char *relative = dg_lua_path(L, 3, &err);
    bool ok = from && dir && relative && dg_file_place(from, dir, relative, &err);
    return dg_lua_done(L, ok, &err);
}

/* file.relative_ok(relative: string): true | nil, err
 * Whether the text may be used beneath a folder. */
static int file_relative_ok(lua_State *L)
{
    struct dg_error err;
    const char *relative = dg_lua_path(L, 1, &err);
    return dg_lua_done(L, relative && dg_file_relative_ok(relative, &err), &err);
}

/* file.size_beneath(dir: string, relative: string): integer | nil
 * nil: there is no such regular file. */
static int file_size_beneath(lua_State *L)
{
    const char *dir = dg_lua_path(L, 1, NULL);
    const char *relative = dg_lua_path(L, 2, NULL);
    int64_t size = dir && relative ? dg_file_size_beneath(dir, relative) : -1;
    if (size < 0)
        lua_pushnil(L);
    else
        lua_pushinteger(L, size);
    return 1;
}

/* file.temp(dir: string, stem: string): path: string | nil, err
 * A new empty file, STEM.RANDOM.part. */
static int file_temp(lua_State *L)
{
    struct dg_error err;
    const char *dir = dg_lua_path(L, 1, &err);
    const char *stem = dg_lua_path(L, 2, &err);
    struct dg_buffer *path = dg_lua_buffer(L, READ_BYTES);
    int fd = dir && stem ? dg_file_temp(dir, stem, path, &err) : -1;
    if (fd < 0)
        return dg_lua_fail(L, &err);
    close(fd);
    lua_pushlstring(L, path->data, path->size);
    dg_buffer_done(path);
    return 1;
}

/* Writes all and closes. */
static bool fill(int fd, const char *path, const char *bytes, size_t size, struct dg_error *err)
{
    if (!dg_file_write(fd, bytes, size, err)) {
        close(fd);
        return dg_error_at(err, "%s", path);
    }
    return close(fd) == 0 || dg_file_failed(err, "write", path, errno);
}

/* file.write(path: string, bytes: string): true | nil, err
 * The whole file at once, or what was there before. */
static int file_write(lua_State *L)
{
    struct dg_error err;
    size_t size;
    const char *bytes = luaL_checklstring(L, 2, &size);
    const char *path = dg_lua_path(L, 1, &err);
    if (!path)
        return dg_lua_fail(L, &err);
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    const char *dir = lua_pushlstring(L, slash ? path : "./", slash ? (size_t)(name - path) : 2);
    const char *stem = lua_pushlstring(L, name, dg_text_cut(name, strnlen(name, STEM_BYTES)));
    struct dg_buffer *temp = dg_lua_buffer(L, READ_BYTES); /* path bytes dir stem temp */
    int fd = dg_file_temp(dir, stem, temp, &err);
    bool ok =
        fd >= 0 && fill(fd, path, bytes, size, &err) && dg_file_place(temp->data, dir, name, &err);
    if (fd >= 0 && !ok)
        unlink(temp->data);
    dg_buffer_done(temp);
    return dg_lua_done(L, ok, &err);
}

/* file.read(path: string, limit: integer = 64 MiB): bytes: string | nil, err
 * More than `limit` bytes are an error. */
static int file_read(lua_State *L)
{
    struct dg_error err;
    lua_Integer limit = luaL_optinteger(L, 2, READ_BYTES);
    luaL_argcheck(L, limit >= 0, 2, "a limit from 0 expected");
    const char *path = dg_lua_path(L, 1, &err);
    struct dg_buffer *bytes = dg_lua_buffer(L, (size_t)limit);
    if (!path || !dg_file_read(path, bytes, &err))
        return dg_lua_fail(L, &err);
    lua_pushlstring(L, bytes->data, bytes->size);
    dg_buffer_done(bytes);
    return 1;
}

/* file.remove(path: string): true | nil, err
 * A file that is not there is fine. */
static int file_remove(lua_State *L)
{
    struct dg_error err;
    const char *path = dg_lua_path(L, 1, &err);
    bool ok = path &&
              (unlink(path) == 0 || errno == ENOENT || dg_file_failed(&err, "remove", path, errno));
    return dg_lua_done(L, ok, &err);
}

/* file.remove_dir(path: string): true | nil, err
 * Only an empty folder; one that is not there is fine. */
static int file_remove_dir(lua_State *L)
{
    struct dg_error err;
    const char *path = dg_lua_path(L, 1, &err);
    bool ok = path &&
              (rmdir(path) == 0 || errno == ENOENT || dg_file_failed(&err, "remove", path, errno));
    return dg_lua_done(L, ok, &err);
}

/* file.rename(from: string, to: string): true | nil, err */
static int file_rename(lua_State *L)
{
    struct dg_error err;
    const char *from = dg_lua_path(L, 1, &err);
    const char *to = dg_lua_path(L, 2, &err);
    bool ok = from && to && (rename(from, to) == 0 || dg_file_failed(&err, "rename", from, errno));
    return dg_lua_done(L, ok, &err);
}

/* file.kind(path: string): "file" | "directory" | "other" | nil
 * nil: nothing is there; symbolic links are followed. */
static int file_kind(lua_State *L)
{
    struct stat status;
    const char *path = dg_lua_path(L, 1, NULL);
    if (!path || stat(path, &status) != 0)
        lua_pushnil(L);
    else if (S_ISREG(status.st_mode))
        lua_pushliteral(L, "file");
    else
        lua_pushstring(L, S_ISDIR(status.st_mode) ? "directory" : "other");
    return 1;
}

/* file.any(dir: string, stem: string, extensions: string[]): boolean
 * Whether one of DIR/STEM.EXTENSION is there; of a symbolic link, what it leads to. */
static int file_any(lua_State *L)
{
    char name[PATH_MAX];
    struct stat status;
    const char *dir = dg_lua_path(L, 1, NULL);
    const char *stem = dg_lua_path(L, 2, NULL);
    bool found = false;
    luaL_checktype(L, 3, LUA_TTABLE);
    for (lua_Integer k = 1; dir && stem && !found && lua_geti(L, 3, k) == LUA_TSTRING; k++) {
        int n = snprintf(name, sizeof(name), "%s/%s.%s", dir, stem, lua_tostring(L, -1));
        found = n < (int)sizeof(name) && stat(name, &status) == 0;
        lua_pop(L, 1);
    }
    lua_pushboolean(L, found);
    return 1;
}

/* file.same(a: string, b: string): boolean
 * Whether both are one and the same file, however they are called. */
static int file_same(lua_State *L)
{
    struct stat one, two;
    const char *a = dg_lua_path(L, 1, NULL);
    const char *b = dg_lua_path(L, 2, NULL);
    bool known = a && b && stat(a, &one) == 0 && stat(b, &two) == 0;
    lua_pushboolean(L, known && one.st_dev == two.st_dev && one.st_ino == two.st_ino);
    return 1;
}

/* file.list(dir: string): names: string[] | nil
 * What is in a folder, in no order, without "." and ".."; nil: no such folder. */
static int file_list(lua_State *L)
{
    const char *path = dg_lua_path(L, 1, NULL);
    struct dg_buffer *names = dg_lua_buffer(L, LIST_BYTES); /* path names */
    if (!path || !dg_file_list(path, names)) {
        lua_pushnil(L);
        return 1;
    }
    lua_newtable(L); /* path names list */
    const char *end = names->data + names->size;
    for (const char *name = names->data; name < end; name += strlen(name) + 1) {
        lua_pushstring(L, name);
        lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
    }
    dg_buffer_done(names);
    return 1;
}

static bool drain_into(const char *from, const char *to, struct dg_error *err)
{
    bool standard = strcmp(from, "-") == 0;
    int in = standard ? STDIN_FILENO : open(from, O_RDONLY | O_CLOEXEC);
    int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool ok = false;
    if (in < 0 || out < 0)
        dg_file_failed(err, "open", in < 0 ? from : to, errno);
    else
        ok = dg_file_drain(in, out, err) ||
             dg_error_at(err, "%s", standard ? "standard input" : from);
    if (out >= 0 && close(out) != 0 && ok)
        ok = dg_file_failed(err, "write", to, errno);
    if (in >= 0 && !standard)
        close(in);
    return ok;
}

/* file.drain(from: string, to: string): true | nil, err
 * Copies a pipe, "-" being standard input, until its end; a request to stop ends
 * that with an error of kind stopped. */
static int file_drain(lua_State *L)
{
    struct dg_error err;
    const char *from = dg_lua_path(L, 1, &err);
    const char *to = from ? dg_lua_path(L, 2, &err) : NULL;
    return dg_lua_done(L, to && drain_into(from, to, &err), &err);
}

/* file.absolute(path: string): string
 * The path from the root, links resolved; as it is if there is no such file. */
static int file_absolute(lua_State *L)
{
    char absolute[PATH_MAX];
    const char *path = dg_lua_path(L, 1, NULL);
    if (path && realpath(path, absolute))
        lua_pushstring(L, absolute);
    else
        lua_settop(L, 1);
    return 1;
}

static const char LOCK[] = "diffgentor.lock";

/* file.lock(path: string): lock | nil, err
 * Until lock:close(), or its end, no other process gets it. */
static int file_lock(lua_State *L)
{
    struct dg_error err;
    const char *path = dg_lua_path(L, 1, &err);
    if (!path)
        return dg_lua_fail(L, &err);
    int *fd = lua_newuserdatauv(L, sizeof(*fd), 0);
    *fd = -1;
    luaL_setmetatable(L, LOCK);
    *fd = dg_lock_take(path, &err);
    return *fd >= 0 ? 1 : dg_lua_fail(L, &err);
}

/* file.is_locked(path: string): boolean
 * Whether some process has it. */
static int file_is_locked(lua_State *L)
{
    const char *path = dg_lua_path(L, 1, NULL);
    lua_pushboolean(L, path && dg_lock_held(path));
    return 1;
}

/* lock:close() */
static int lock_close(lua_State *L)
{
    int *fd = luaL_checkudata(L, 1, LOCK);
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
    return 0;
}

static const luaL_Reg LOCK_METHODS[] = {
    { "close", lock_close },
    { NULL, NULL },
};

static const luaL_Reg LOCK_METAMETHODS[] = {
    { "__gc", lock_close },
    { "__close", lock_close },
    { NULL, NULL },
};

static const luaL_Reg FUNCTIONS[] = {
    { "mkdirs", file_mkdirs },
    { "place", file_place },
    { "relative_ok", file_relative_ok },
    { "size_beneath", file_size_beneath },
    { "temp", file_temp },
    { "write", file_write },
    { "read", file_read },
    { "remove", file_remove },
    { "remove_dir", file_remove_dir },
    { "rename", file_rename },
    { "kind", file_kind },
    { "any", file_any },
    { "same", file_same },
    { "absolute", file_absolute },
    { "drain", file_drain },
    { "list", file_list },
    { "lock", file_lock },
    { "is_locked", file_is_locked },
    { NULL, NULL },
};

int luaopen_diffgentor_file(lua_State *L)
{
    dg_lua_class(L, LOCK, LOCK_METHODS, LOCK_METAMETHODS);
    luaL_newlib(L, FUNCTIONS);
    return 1;
}
