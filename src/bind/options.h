/* SPDX-License-Identifier: MIT
 *
 * Option tables: read in one pass by an array of descriptors.  An unknown key,
 * a wrong type or a value out of range is a bad argument, named.
 *
 *     static const struct dg_option OPTIONS[] = {
 *         { "limit", dg_option_count, offsetof(struct fields, limit) },
 *         { NULL, NULL, 0 },
 *     };
 *     struct fields f = { .limit = 0 };
 *     dg_lua_options(L, 1, 0, OPTIONS, &f);
 *
 * Texts and lists that were read point into the table: they live as long as it
 * and the stack stay as they are.
 */
#ifndef DG_BIND_OPTIONS_H
#define DG_BIND_OPTIONS_H

#include <stddef.h>

#include <lua.h>

/* Reads the value on top of the stack to `into`.  Returns NULL, or what is wrong
 * with it.  May push values: they are kept below. */
typedef const char *dg_option_reader(lua_State *L, void *into);

struct dg_option {
    const char *name;       /* the key; NULL ends the array */
    dg_option_reader *read; /* its kind */
    size_t offset;          /* where it goes, in the struct of the caller */
};

struct dg_bytes {
    const char *data; /* any bytes, or NULL */
    size_t size;      /* how many */
};

/* Reads the table at argument `arg`, or, where `item` is not 0, its element
 * number `item`.  Keys that are absent leave `into` as it is.  Raises.  What
 * the readers keep stays on the stack. */
void dg_lua_options(lua_State *L, int arg, lua_Integer item, const struct dg_option *options,
                    void *into);

/* Raises for an option that must be there. */
_Noreturn void dg_lua_option_missing(lua_State *L, int arg, lua_Integer item, const char *name);

dg_option_reader dg_option_text;    /* const char *: a string without zero bytes */
dg_option_reader dg_option_bytes;   /* struct dg_bytes */
dg_option_reader dg_option_boolean; /* bool */
dg_option_reader dg_option_count;   /* unsigned */
dg_option_reader dg_option_size;    /* uint64_t */
dg_option_reader dg_option_seconds; /* dg_msec */
dg_option_reader dg_option_texts;   /* const char *const *, ended by NULL */

/* For readers: reads the table on top as dg_lua_options does.  Returns NULL, or what
 * is wrong with it. */
const char *dg_option_fields(lua_State *L, const struct dg_option *options, void *into);

/* For readers: "WHAT expected, got TYPE". */
const char *dg_option_expected(lua_State *L, const char *what);

/* For readers: the position of the string on top among `names`. */
const char *dg_option_choice(lua_State *L, const char *const *names, int *choice);

#endif
