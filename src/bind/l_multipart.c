/* SPDX-License-Identifier: MIT
 *
 * diffgentor.native.multipart: form bodies that are streamed, never held.
 */
#include "bind/bind.h"
#include "bind/check.h"
#include "bind/objects.h"
#include "bind/options.h"
#include "core/multipart.h"

static const char MULTIPART[] = "diffgentor.multipart";

struct multipart {
    struct dg_multipart *form; /* one reference, NULL when closed */
};

/* How a part is labelled. */
struct label {
    const char *filename; /* NULL: made up */
    const char *type;     /* NULL: judged by the bytes */
};

static const struct dg_option LABEL[] = {
    { "filename", dg_option_text, offsetof(struct label, filename) },
    { "type", dg_option_text, offsetof(struct label, type) },
    { NULL, NULL, 0 },
};

static struct multipart *self(lua_State *L)
{
    return luaL_checkudata(L, 1, MULTIPART);
}

static struct dg_multipart *live(lua_State *L)
{
    struct multipart *m = self(L);
    if (!m->form)
        luaL_error(L, "attempt to use a closed form");
    return m->form;
}

struct dg_multipart *dg_lua_to_multipart(lua_State *L, int index)
{
    struct multipart *m = luaL_testudata(L, index, MULTIPART);
    return m ? m->form : NULL;
}

/* multipart.new(): form */
static int multipart_new(lua_State *L)
{
    struct dg_error err;
    struct multipart *m = lua_newuserdatauv(L, sizeof(*m), 0);
    m->form = NULL;
    luaL_setmetatable(L, MULTIPART);
    m->form = dg_multipart_new(&err);
    return m->form ? 1 : luaL_error(L, "%s", err.message);
}

static int multipart_gc(lua_State *L)
{
    struct multipart *m = self(L);
    if (m->form)
        dg_multipart_free(m->form);
    m->form = NULL;
    return 0;
}

static struct label label_at(lua_State *L, int arg)
{
    struct label label = { NULL, NULL };
    if (!lua_isnoneornil(L, arg))
        dg_lua_options(L, arg, 0, LABEL, &label);
    return label;
}

/* The form itself, so that calls chain; or nil, err. */
static int added(lua_State *L, bool ok, const struct dg_error *err)
{
    if (!ok)
        return dg_lua_fail(L, err);
    lua_pushvalue(L, 1);
    return 1;
}

/* form:field(name: string, value: string | number): form | nil, err */
static int multipart_field(lua_State *L)
{
    struct dg_error err;
    struct dg_multipart *form = live(L);
    const char *name = dg_lua_text(L, 2);
    size_t size;
    const char *value = luaL_checklstring(L, 3, &size);
    return added(L, dg_multipart_field(form, name, value, size, &err), &err);
}

/* form:file(name: string, path: string, {filename: string?, type: string?}?): form | nil, err */
static int multipart_file(lua_State *L)
{
    struct dg_error err;
    struct dg_multipart *form = live(L);
    const char *name = dg_lua_text(L, 2);
    struct label label = label_at(L, 4);
    const char *path = dg_lua_path(L, 3, &err);
    bool ok = path && dg_multipart_file(form, name, path, label.filename, label.type, &err);
    return added(L, ok, &err);
}

/* form:bytes(name: string, bytes: string, {filename: string?, type: string?}?): form | nil, err */
static int multipart_bytes(lua_State *L)
{
    struct dg_error err;
    struct dg_multipart *form = live(L);
    const char *name = dg_lua_text(L, 2);
    size_t size;
    const char *bytes = luaL_checklstring(L, 3, &size);
    struct label label = label_at(L, 4);
    bool ok = dg_multipart_bytes(form, name, bytes, size, label.filename, label.type, &err);
    return added(L, ok, &err);
}

/* form:picture(path: string, {filename: string?, type: string?}?): form | nil, err
 * Its field's name is chosen by the endpoint it goes to. */
static int multipart_picture(lua_State *L)
{
    struct dg_error err;
    struct dg_multipart *form = live(L);
    struct label label = label_at(L, 3);
    const char *path = dg_lua_path(L, 2, &err);
    bool ok = path && dg_multipart_picture(form, path, label.filename, label.type, &err);
    return added(L, ok, &err);
}

/* form:picture_bytes(bytes: string, {filename: string?, type: string?}?): form | nil, err */
static int multipart_picture_bytes(lua_State *L)
{
    struct dg_error err;
    struct dg_multipart *form = live(L);
    size_t size;
    const char *bytes = luaL_checklstring(L, 2, &size);
    struct label label = label_at(L, 3);
    bool ok = dg_multipart_picture_bytes(form, bytes, size, label.filename, label.type, &err);
    return added(L, ok, &err);
}

/* form:size(): integer
 * With a picture field of `auto`. */
static int multipart_size(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)dg_multipart_size(live(L), DG_FIELD_AUTO));
    return 1;
}

/* form:type(): string */
static int multipart_type(lua_State *L)
{
    lua_pushstring(L, dg_multipart_type(live(L)));
    return 1;
}

static const luaL_Reg FUNCTIONS[] = {
    { "new", multipart_new },
    { NULL, NULL },
};

static const luaL_Reg METHODS[] = {
    { "field", multipart_field },
    { "file", multipart_file },
    { "bytes", multipart_bytes },
    { "picture", multipart_picture },
    { "picture_bytes", multipart_picture_bytes },
    { "size", multipart_size },
    { "type", multipart_type },
    { NULL, NULL },
};

static const luaL_Reg METAMETHODS[] = {
    { "__gc", multipart_gc },
    { "__close", multipart_gc },
    { NULL, NULL },
};

int luaopen_diffgentor_native_multipart(lua_State *L)
{
    dg_lua_class(L, MULTIPART, METHODS, METAMETHODS);
    luaL_newlib(L, FUNCTIONS);
    dg_lua_methods(L, MULTIPART);
    return 1;
}
