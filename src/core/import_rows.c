/* SPDX-License-Identifier: MIT
 *
 * See import_rows.h.  Leans on the readers, core/cells, core/set and base/hash.
 */
#include "core/import_rows.h"

#include <inttypes.h>
#include <string.h>

#include "base/hash.h"
#include "base/memory.h"
#include "base/text.h"
#include "core/cells.h"

enum { SCRATCH_BYTES = 1024 * 1024, LENGTH_BYTES = 8 };

/* A row of either reader; of CSV it may have more or fewer cells than names. */
struct view {
    const struct dg_cell *names; /* ... */
    size_t name_count;           /* of them */
    const struct dg_cell *cells; /* ... */
    size_t count;                /* of them */
    uint64_t line;               /* it starts at */
};

/* ---- columns ---- */

static int compare(const struct dg_import_column *column, const struct dg_cell *name)
{
    size_t size = column->size < name->size ? column->size : name->size;
    int order = memcmp(column->name, name->text, size);
    return order != 0 ? order : (column->size > name->size) - (column->size < name->size);
}

static bool is_named(const struct dg_import_column *column, const struct dg_cell *name)
{
    return column->size == name->size && memcmp(column->name, name->text, name->size) == 0;
}

/* Where in `sorted` the name stands or would stand. */
static size_t search(const struct dg_import_rows *r, const struct dg_cell *name)
{
    size_t low = 0, high = r->sorted_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare(&r->columns->list[r->sorted[middle]], name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void sort_in(struct dg_import_rows *r, size_t at, size_t place)
{
    memmove(&r->sorted[at + 1], &r->sorted[at], (r->sorted_count - at) * sizeof *r->sorted);
    r->sorted[at] = (uint16_t)place;
    r->sorted_count++;
}

/* The column's place, a new one for a name not met before; DG_CSV_COLUMNS: none
 * is left.  Rows mostly have the same names in the same order. */
static size_t place_of(struct dg_import_rows *r, size_t k, const struct dg_cell *name)
{
    struct dg_import_columns *columns = r->columns;
    if (r->guess[k] < columns->count && is_named(&columns->list[r->guess[k]], name))
        return r->guess[k];
    size_t at = search(r, name);
    bool known = at < r->sorted_count && is_named(&columns->list[r->sorted[at]], name);
    if (!known && columns->count == DG_CSV_COLUMNS)
        return DG_CSV_COLUMNS;
    if (!known) {
        dg_import_columns_add(columns, name->text, name->size);
        sort_in(r, at, columns->count - 1);
    }
    r->guess[k] = r->sorted[at];
    return r->guess[k];
}

/* Cells that lie in the ledger keep their places: names are only added. */
static void sort_known(struct dg_import_rows *r)
{
    for (size_t place = 0; place < r->columns->count; place++) {
        const struct dg_import_column *column = &r->columns->list[place];
        struct dg_cell name = { column->name, column->size };
        size_t at = search(r, &name);
        if (at == r->sorted_count || !is_named(&r->columns->list[r->sorted[at]], &name))
            sort_in(r, at, place);
    }
}

static bool is_header(const struct dg_import_columns *columns, const struct dg_cell *header,
                      size_t count)
{
    bool same = columns->count == count;
    for (size_t k = 0; same && k < count; k++)
        same = is_named(&columns->list[k], &header[k]);
    return same;
}

static void take_header(struct dg_import_rows *r)
{
    size_t count = r->options->column_count;
    r->header = dg_alloc(count * sizeof *r->header + 1);
    for (size_t k = 0; k < count; k++)
        r->header[k] = (struct dg_cell){ r->options->columns[k], strlen(r->options->columns[k]) };
    if (is_header(r->columns, r->header, count))
        return;
    r->columns->moved = r->columns->moved || r->columns->count > 0;
    r->columns->replace = true;
    dg_import_columns_clear(r->columns);
    for (size_t k = 0; k < count && k < DG_CSV_COLUMNS; k++)
        dg_import_columns_add(r->columns, r->header[k].text, r->header[k].size);
}

void dg_import_rows_init(struct dg_import_rows *r, const struct dg_import_options *options,
                         struct dg_import_columns *columns)
{
    *r = (struct dg_import_rows){ .options = options, .columns = columns };
    dg_buffer_init(&r->scratch, SIZE_MAX / 2);
    dg_set_init(&r->seen);
    if (options->csv)
        take_header(r);
    else
        sort_known(r);
}

void dg_import_rows_done(struct dg_import_rows *r)
{
    dg_free(r->header);
    dg_buffer_done(&r->scratch);
    dg_set_done(&r->seen);
}

/* ---- cells by name ---- */

/* The row's cell of that column, NULL if it has none. */
static const struct dg_cell *cell_of(const struct view *v, const char *name)
{
    size_t size = strlen(name);
    for (size_t k = 0; k < v->name_count && k < v->count; k++)
        if (v->names[k].size == size && memcmp(v->names[k].text, name, size) == 0)
            return &v->cells[k];
    return NULL;
}

/* ^[+-]?%d+$ as a script reads it. */
static bool is_index(const char *text, int64_t *index)
{
    text += text[0] == '+' && text[1] != '-';
    return dg_text_int(text, INT64_MIN, INT64_MAX, index);
}

static bool take_index(struct dg_import_rows *r, const struct view *v, int64_t position,
                       struct dg_import_row *row, struct dg_error *err)
{
    const struct dg_cell *cell = cell_of(v, "index");
    row->index = position;
    row->indexed = !cell || is_index(cell->text, &row->index);
    if (!cell || !row->indexed || !r->options->unseen || dg_set_add(&r->seen, (uint64_t)row->index))
        return true;
    return dg_error_set(err, DG_KIND_INPUT, "duplicate_index",
                        "%s:%" PRIu64 ": index %" PRId64 " stands twice", r->options->label,
                        v->line, row->index);
}

/* ---- digests ---- */

/* Its length, then its bytes; NULL, which no text is as long as. */
static void add_part(struct dg_buffer *scratch, const struct dg_cell *part)
{
    uint64_t length = part ? part->size : UINT64_MAX;
    char bytes[LENGTH_BYTES];
    for (size_t k = 0; k < LENGTH_BYTES; k++)
        bytes[k] = (char)(length >> 8 * k & 0xff);
    dg_buffer_add(scratch, bytes, LENGTH_BYTES);
    if (part)
        dg_buffer_add(scratch, part->text, part->size);
}

static void hash_scratch(struct dg_buffer *scratch, uint8_t digest[DG_HASH_BYTES])
{
    dg_hash(scratch->data, scratch->size, digest);
    if (scratch->capacity > SCRATCH_BYTES)
        dg_buffer_done(scratch);
    dg_buffer_clear(scratch);
}

/* Of every cell with its column's name. */
static void hash_whole(struct dg_import_rows *r, const struct view *v,
                       uint8_t digest[DG_HASH_BYTES])
{
    for (size_t k = 0; k < v->count; k++) {
        add_part(&r->scratch, k < v->name_count ? &v->names[k] : NULL);
        add_part(&r->scratch, &v->cells[k]);
    }
    hash_scratch(&r->scratch, digest);
}

static void hash_keys(struct dg_import_rows *r, const struct view *v, uint8_t digest[DG_HASH_BYTES])
{
    const char *const *keys = r->options->keys;
    for (size_t k = 0; keys[k]; k++)
        add_part(&r->scratch, cell_of(v, keys[k]));
    hash_scratch(&r->scratch, digest);
}

static void take_digest(struct dg_import_rows *r, const struct view *v,
                        uint8_t digest[DG_DIGEST_BYTES])
{
    uint8_t whole[DG_HASH_BYTES], hangs_on[DG_HASH_BYTES];
    const char *const *keys = r->options->keys;
    if (keys) {
        hash_keys(r, v, hangs_on);
        memcpy(digest, hangs_on, DG_DIGEST_KEYS_BYTES);
        if (r->keys_only)
            return;
    }
    hash_whole(r, v, whole);
    if (!keys)
        memcpy(digest, whole, DG_DIGEST_KEYS_BYTES);
    memcpy(digest + DG_DIGEST_KEYS_BYTES, whole, DG_DIGEST_BYTES - DG_DIGEST_KEYS_BYTES);
}

/* ---- rows ---- */

static bool pack(struct dg_import_rows *r, const struct view *v, struct dg_buffer *cells,
                 struct dg_error *err)
{
    for (size_t k = 0; k < v->count; k++) {
        size_t place = r->options->csv ? k : place_of(r, k, &v->names[k]);
        if (place == DG_CSV_COLUMNS)
            return dg_error_set(err, DG_KIND_INPUT, "too_many_columns",
                                "%s:%" PRIu64 ": more than %d columns", r->options->label, v->line,
                                DG_CSV_COLUMNS);
        dg_cells_add(cells, place, v->cells[k].text, v->cells[k].size);
    }
    return true;
}

static bool add_row(struct dg_import_rows *r, const struct view *v, struct dg_import_batch *b,
                    struct dg_error *err)
{
    struct dg_import_row *row = &b->rows[b->count];
    *row = (struct dg_import_row){ .line = (int64_t)v->line, .cells_at = b->cells.size };
    if (!take_index(r, v, b->first + (int64_t)b->count, row, err) || !pack(r, v, &b->cells, err))
        return false;
    row->cells_size = b->cells.size - row->cells_at;
    take_digest(r, v, row->digest);
    b->count++;
    return true;
}

static enum dg_csv_got read_csv(struct dg_import_rows *r, struct view *v, struct dg_error *err)
{
    struct dg_csv_row row;
    enum dg_csv_got got = dg_csv_next(r->options->csv, &row, err);
    if (got == DG_CSV_ROW)
        *v = (struct view){ r->header, r->options->column_count, row.cells, row.count, row.line };
    return got;
}

static enum dg_csv_got read_jsonl(struct dg_import_rows *r, struct view *v, struct dg_error *err)
{
    struct dg_jsonl_row row;
    enum dg_csv_got got = dg_jsonl_next(r->options->jsonl, &row, err);
    if (got == DG_CSV_ROW)
        *v = (struct view){ row.names, row.count, row.cells, row.count, row.line };
    return got;
}

enum dg_csv_got dg_import_rows_next(struct dg_import_rows *r, struct dg_import_batch *b,
                                    struct dg_error *err)
{
    struct view v;
    enum dg_csv_got got = r->options->csv ? read_csv(r, &v, err) : read_jsonl(r, &v, err);
    if (got == DG_CSV_ROW && !add_row(r, &v, b, err))
        return DG_CSV_FAULT;
    return got;
}
