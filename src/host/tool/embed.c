/* SPDX-License-Identifier: MIT
 *
 * Run by the build: writes Lua files as C arrays, as text and compiled, which
 * loads ten times as fast.  It reads lines "MODULE|CHUNK|FILE".
 *
 *     embed LIST embedded.c
 *
 * Leans on Lua and libc.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <lauxlib.h>
#include <lua.h>

enum { LINE_BYTES = 4096, BYTES_A_LINE = 24 };

static void write_array(FILE *out, const char *name, int number, const char *bytes, size_t n)
{
    fprintf(out, "static const unsigned char %s_%d[] = {", name, number);
    for (size_t i = 0; i < n; i++)
        fprintf(out, "%s%d,", i % BYTES_A_LINE == 0 ? "\n" : "", (unsigned char)bytes[i]);
    fprintf(out, "0};\n"); /* the zero keeps an empty file from being an empty array */
}

/* Pushes the text of a file. */
static void read_file(lua_State *L, const char *name)
{
    luaL_Buffer text;
    size_t n;
    FILE *in = fopen(name, "rb");
    if (!in)
        luaL_error(L, "cannot open %s", name);
    luaL_buffinit(L, &text);
    do {
        n = fread(luaL_prepbuffer(&text), 1, LUAL_BUFFERSIZE, in);
        luaL_addsize(&text, n);
    } while (n > 0);
    fclose(in);
    luaL_pushresult(&text);
}

static int add_piece(lua_State *L, const void *bytes, size_t n, void *code)
{
    (void)L;
    luaL_addlstring(code, bytes, n);
    return 0;
}

/* Pushes the text on top, compiled. */
static void compile(lua_State *L, const char *chunk)
{
    luaL_Buffer code;
    size_t n;
    const char *text = lua_tolstring(L, -1, &n);
    size_t shell = *text == '#' ? strcspn(text, "\n") : 0; /* a line for it comes first */
    if (luaL_loadbufferx(L, text + shell, n - shell, chunk, "t") != LUA_OK)
        lua_error(L);
    lua_State *other = luaL_newstate(); /* the function stays on top while it is dumped */
    luaL_buffinit(other, &code);
    lua_dump(L, add_piece, &code, 0);
    luaL_pushresult(&code);
    const char *bytes = lua_tolstring(other, -1, &n);
    lua_pushlstring(L, bytes, n);
    lua_close(other);
}

/* The next field of a line; cuts it off there. */
static const char *take_field(char **line)
{
    char *field = *line;
    size_t n = strcspn(field, "|\n");
    *line += n + (field[n] != '\0');
    field[n] = '\0';
    return field;
}

/* One line of the list; its entry of the table is added to `entries`. */
static void embed(lua_State *L, char *line, int number, FILE *out, FILE *entries)
{
    size_t text_bytes, code_bytes;
    const char *module = take_field(&line);
    const char *chunk = lua_pushfstring(L, "@%s", take_field(&line));
    read_file(L, take_field(&line));
    const char *text = lua_tolstring(L, -1, &text_bytes);
    compile(L, chunk);
    const char *code = lua_tolstring(L, -1, &code_bytes);
    write_array(out, "text", number, text, text_bytes);
    write_array(out, "code", number, code, code_bytes);
    fprintf(entries, "    {\"%s\", \"%s\", text_%d, %zu, code_%d, %zu},\n", module, chunk, number,
            text_bytes, number, code_bytes);
    lua_settop(L, 0);
}

static void copy(FILE *from, FILE *to)
{
    int c;
    rewind(from);
    while ((c = getc(from)) != EOF)
        putc(c, to);
}

struct files {
    FILE *list;    /* read */
    FILE *out;     /* written */
    FILE *entries; /* of the table, until the arrays are written */
};

static int run(lua_State *L)
{
    char line[LINE_BYTES];
    const struct files *f = lua_touserdata(L, 1);
    fprintf(f->out, "/* Made by src/host/tool/embed.c. */\n#include \"host/embedded.h\"\n\n");
    lua_settop(L, 0);
    for (int number = 0; fgets(line, sizeof(line), f->list); number++)
        embed(L, line, number, f->out, f->entries);
    fprintf(f->out, "\nconst char dg_embedded_for[] = \"%s\";\n", lua_ident);
    fprintf(f->out, "const struct dg_embedded dg_embedded[] = {\n");
    copy(f->entries, f->out);
    fprintf(f->out, "    {0},\n};\n");
    return 0;
}

static bool run_on(struct files *f)
{
    lua_State *L = luaL_newstate();
    if (!L)
        return false;
    lua_pushcfunction(L, run);
    lua_pushlightuserdata(L, f);
    bool ok = lua_pcall(L, 1, 0, 0) == LUA_OK;
    if (!ok)
        fprintf(stderr, "embed: %s\n", lua_tostring(L, -1));
    lua_close(L);
    return ok;
}

static bool close_file(FILE *file)
{
    return file && fclose(file) == 0;
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    struct files f = { fopen(argv[1], "r"), fopen(argv[2], "w"), tmpfile() };
    bool ok = f.list && f.out && f.entries;
    if (!ok)
        fprintf(stderr, "embed: cannot open %s, %s or a temporary file\n", argv[1], argv[2]);
    ok = ok && run_on(&f);
    close_file(f.list);
    close_file(f.entries);
    return close_file(f.out) && ok ? 0 : 1;
}
