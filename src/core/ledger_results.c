/* SPDX-License-Identifier: MIT
 *
 * The table of results: its columns, and all rows of a snapshot of the ledger
 * through one buffer.  A single row's text is made in ledger_results_row.c.
 */
#include "core/ledger_results.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"

enum { WRITE_BYTES = 256 * 1024, KEEP_BYTES = 4 * WRITE_BYTES, ANY_BYTES = SIZE_MAX / 4 };

/* ---- columns ---- */

static bool is_taken(const struct dg_results *r, const char *name)
{
    for (size_t k = 0; k < r->count; k++)
        if (strcmp(r->columns[k].name, name) == 0)
            return true;
    return false;
}

/* `name` becomes the column's, with "dg_" before it as often as needed. */
static char *untaken(const struct dg_results *r, char *name)
{
    while (is_taken(r, name)) {
        struct dg_buffer longer;
        dg_buffer_init(&longer, ANY_BYTES);
        dg_buffer_text(&longer, "dg_");
        dg_buffer_text(&longer, name);
        dg_free(name);
        name = dg_buffer_take(&longer);
    }
    return name;
}

static char *json_key(const char *name)
{
    struct dg_buffer key;
    dg_buffer_init(&key, ANY_BYTES);
    dg_json_quote(&key, name, strlen(name));
    dg_buffer_text(&key, ":");
    return dg_buffer_take(&key);
}

static struct dg_results_column *add_column(struct dg_results *r, char *name)
{
    r->columns = dg_realloc(r->columns, (r->count + 1) * sizeof *r->columns);
    struct dg_results_column *c = &r->columns[r->count++];
    *c = (struct dg_results_column){ .name = name, .key = json_key(name) };
    dg_buffer_init(&c->text, ANY_BYTES);
    return c;
}

static void add_input(struct dg_results *r, sqlite3_stmt *s)
{
    char *name = dg_home_copy(s, 1, NULL);
    add_column(r, name ? name : dg_strdup(""))->place = (uint64_t)sqlite3_column_int64(s, 0);
    r->input_count++;
}

static void add_own(struct dg_results *r)
{
    for (size_t k = 0; k < DG_RESULTS_OWN; k++)
        add_column(r, untaken(r, dg_strdup(dg_results_own_name(k))));
}

static void add_hooks(struct dg_results *r, sqlite3_stmt *s)
{
    struct dg_buffer name;
    size_t size = 0;
    char *raw = dg_home_copy(s, 1, &size);
    dg_buffer_init(&name, ANY_BYTES);
    dg_results_foreign(r, &name, raw ? raw : "", size, true);
    struct dg_results_column *c = add_column(r, untaken(r, dg_buffer_take(&name)));
    c->raw = raw ? raw : dg_strdup("");
    c->raw_size = size;
}

/* Calls `add` for each line of a statement. */
static bool add_each(struct dg_ledger *l, struct dg_results *r, enum dg_sql which,
                     void (*add)(struct dg_results *r, sqlite3_stmt *s), struct dg_error *err)
{
    bool row, ok;
    sqlite3_stmt *s = dg_home_statement(l, which, err);
    if (!s)
        return false;
    while ((ok = dg_home_step(l, s, &row, err)) && row)
        add(r, s);
    return ok;
}

static bool find_columns(struct dg_ledger *l, struct dg_results *r, struct dg_error *err)
{
    if (!add_each(l, r, DG_SQL_COLUMNS, add_input, err))
        return false;
    add_own(r);
    if (!add_each(l, r, DG_SQL_EXTRAS, add_hooks, err))
        return false;
    r->cells = dg_zalloc(r->count * sizeof *r->cells);
    return true;
}

/* ---- rows ---- */

static bool flush(struct dg_results *r, int fd, const char *path, struct dg_error *err)
{
    if (!dg_file_write(fd, r->out.data, r->out.size, err))
        return dg_error_at(err, "%s", path);
    if (r->out.capacity > KEEP_BYTES) /* after an uncommonly long row */
        dg_buffer_done(&r->out);
    dg_buffer_clear(&r->out);
    return true;
}

static bool write_rows(struct dg_ledger *l, struct dg_results *r, int fd, const char *path,
                       struct dg_error *err)
{
    bool row, ok;
    sqlite3_stmt *s = dg_home_statement(l, DG_SQL_RESULTS, err);
    if (!s)
        return false;
    while ((ok = dg_home_step(l, s, &row, err)) && row) {
        dg_results_row(r, s);
        if (r->out.size >= WRITE_BYTES && !(ok = flush(r, fd, path, err)))
            break;
    }
    sqlite3_reset(s);
    return ok && flush(r, fd, path, err);
}

/* Renamed before it is on disk it may be empty after a power cut. */
static bool settle(const struct dg_ledger *l, int fd, const char *path, struct dg_error *err)
{
    return !l->durable || fdatasync(fd) == 0 || dg_file_failed(err, "sync", path, errno);
}

static void done(struct dg_results *r)
{
    for (size_t k = 0; k < r->count; k++) {
        dg_free(r->columns[k].name);
        dg_free(r->columns[k].key);
        dg_free(r->columns[k].raw);
        dg_buffer_done(&r->columns[k].text);
    }
    dg_free(r->columns);
    dg_free(r->cells);
    dg_buffer_done(&r->out);
}

bool dg_ledger_results(struct dg_ledger *l, enum dg_results_format format, int fd, const char *path,
                       struct dg_error *err)
{
    struct dg_results r = { .format = format };
    if (!dg_home_look(l, err))
        return false;
    dg_buffer_init(&r.out, ANY_BYTES);
    bool ok = find_columns(l, &r, err);
    if (ok)
        dg_results_head(&r);
    ok = ok && write_rows(l, &r, fd, path, err) && settle(l, fd, path, err);
    done(&r);
    dg_home_look_over(l);
    return ok;
}
