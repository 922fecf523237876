/* SPDX-License-Identifier: MIT
 *
 * The CSV reader: core/lines gives physical lines, libcsv in strict mode cuts
 * them into cells, which are gathered in one arena used again for every row.
 * libcsv counts no lines, so each line is fed by itself: one that ends no row
 * ends inside a quoted cell, and only then its quotes are looked at, to know
 * where that cell was opened.
 * Leans on core/lines, base and libcsv.
 */
#include "core/csv.h"

#include <csv.h>
#include <inttypes.h>
#include <string.h>

#include "base/memory.h"
#include "core/lines.h"

enum { FIRST_CELLS = 16, LEAST_GROWTH_BYTES = 4096 };

struct dg_csv {
    struct dg_lines *lines;
    struct csv_parser parser;
    struct dg_buffer arena; /* the row's cells, each with its NUL */
    struct dg_cell *cells;  /* their sizes; texts are set when the row is complete */
    size_t count;           /* of them */
    size_t room;            /* cells there is memory for */
    uint64_t row_line;      /* line the row starts at */
    bool begun;             /* the row's first bytes were fed */
    bool row_ended;         /* libcsv ended a row (or a blank line) */
    bool waits;             /* the row goes on when the pipe has more */
    const char *overflow;   /* which limit the row passed, or NULL */
    bool in_quotes;         /* a quoted cell is open ... */
    uint64_t open_line;     /* ... and this is where it was opened */
    uint64_t open_column;
    char last;     /* last byte looked at for quotes */
    bool finished; /* libcsv was told of the end */
    bool failed;   /* `fault` was met; nothing more comes */
    struct dg_error fault;
};

/* Cells are gathered as written: nothing is trimmed. */
static int no_space(unsigned char c)
{
    (void)c;
    return 0;
}

/* libcsv holds the cell, its closing quote and a NUL, and asks before it reads
 * one more byte. */
static void *grow_cell(void *old, size_t size)
{
    return size > DG_CSV_CELL_BYTES + 3 ? NULL : dg_realloc(old, size);
}

static void on_cell(void *text, size_t size, void *self)
{
    struct dg_csv *c = self;
    if (c->overflow)
        return;
    if (c->count == DG_CSV_COLUMNS)
        c->overflow = "has more than 4096 cells";
    else if (size > DG_CSV_CELL_BYTES)
        c->overflow = "has a cell over 64 MiB";
    else if (!dg_buffer_add(&c->arena, text, size + 1))
        c->overflow = "is over 128 MiB";
    if (c->overflow)
        return;
    if (c->count == c->room) {
        c->room = c->room ? c->room * 2 : FIRST_CELLS;
        c->cells = dg_realloc(c->cells, c->room * sizeof *c->cells);
    }
    c->cells[c->count++].size = size;
}

static void on_row(int terminator, void *self)
{
    (void)terminator;
    ((struct dg_csv *)self)->row_ended = true;
}

struct dg_csv *dg_csv_open(const char *path, struct dg_error *err)
{
    struct dg_lines *lines = dg_lines_open(path, true, err);
    if (!lines)
        return NULL;
    struct dg_csv *c = dg_zalloc(sizeof *c);
    c->lines = lines;
    dg_buffer_init(&c->arena, DG_CSV_ROW_BYTES);
    /* Blank lines are reported too, to tell them from lines inside a cell. */
    csv_init(&c->parser, CSV_STRICT | CSV_STRICT_FINI | CSV_APPEND_NULL | CSV_REPALL_NL);
    csv_set_space_func(&c->parser, no_space);
    csv_set_realloc_func(&c->parser, grow_cell);
    csv_set_free_func(&c->parser, dg_free);
    csv_set_blk_size(&c->parser, LEAST_GROWTH_BYTES);
    return c;
}

void dg_csv_free(struct dg_csv *c)
{
    if (!c)
        return;
    csv_free(&c->parser);
    dg_lines_free(c->lines);
    dg_buffer_done(&c->arena);
    dg_free(c->cells);
    dg_free(c);
}

void dg_csv_impatient(struct dg_csv *c)
{
    dg_lines_impatient(c->lines, true);
}

void dg_csv_hash(struct dg_csv *c)
{
    dg_lines_hash(c->lines);
}

bool dg_csv_digest(const struct dg_csv *c, char hex[DG_HASH_HEX_BYTES])
{
    return dg_lines_digest(c->lines, hex);
}

uint64_t dg_csv_offset(const struct dg_csv *c)
{
    return dg_lines_offset(c->lines);
}

/* Follows the quotes of a piece that ended no row.  A quote right behind the
 * one that seemed to close the cell is an escaped one: the cell goes on. */
static void follow_quotes(struct dg_csv *c, const struct dg_piece *piece, size_t n)
{
    const char *end = piece->text + n;
    for (const char *p = piece->text; (p = memchr(p, '"', (size_t)(end - p))); p++) {
        char before = p > piece->text ? p[-1] : c->last;
        c->in_quotes = !c->in_quotes;
        if (c->in_quotes && before != '"') {
            c->open_line = piece->line;
            c->open_column = piece->column + (uint64_t)(p - piece->text);
        }
    }
    if (n > 0)
        c->last = end[-1];
}

static bool unclosed_quote(struct dg_csv *c, struct dg_error *err)
{
    return dg_lines_fault(c->lines, c->open_line, c->open_column, "quote", err,
                          "this quote is never closed; a quote inside a cell is written twice, and "
                          "the whole cell quoted");
}

/* libcsv refused the byte at `at`. */
static bool bad_quote(struct dg_csv *c, const struct dg_piece *piece, size_t at,
                      struct dg_error *err)
{
    follow_quotes(c, piece, at);
    uint64_t column = piece->column + at;
    if (csv_error(&c->parser) != CSV_EPARSE)
        return dg_lines_fault(c->lines, piece->line, column, "too_large", err,
                              "the row that starts at line %" PRIu64
                              " has a cell over 64 MiB; is a quote missing?",
                              c->row_line);
    if (piece->text[at] == '"')
        return dg_lines_fault(c->lines, piece->line, column, "quote", err,
                              "a quote in an unquoted cell; quote the whole cell and write each "
                              "quote inside it twice");
    return dg_lines_fault(c->lines, piece->line, column, "quote", err,
                          "text behind the closing quote of the cell opened at line %" PRIu64
                          ", column %" PRIu64 "; a quote inside a cell is written twice",
                          c->open_line, c->open_column);
}

static bool overflow(struct dg_csv *c, struct dg_error *err)
{
    return dg_lines_fault(c->lines, c->row_line, 1, "too_large", err,
                          "the row that starts here %s; is a quote missing?", c->overflow);
}

static bool take(struct dg_csv *c, const struct dg_piece *piece, struct dg_error *err)
{
    if (!c->begun)
        c->row_line = piece->line;
    c->begun = true;
    size_t used = csv_parse(&c->parser, piece->text, piece->size, on_cell, on_row, c);
    if (used < piece->size)
        return bad_quote(c, piece, used, err);
    if (c->overflow)
        return overflow(c, err);
    if (!c->row_ended) {
        follow_quotes(c, piece, piece->size);
        /* A long cell: let it grow in proportion, not by small steps. */
        csv_set_blk_size(&c->parser, csv_get_buffer_size(&c->parser) + LEAST_GROWTH_BYTES);
    }
    return true;
}

static bool finish(struct dg_csv *c, struct dg_error *err)
{
    if (!c->finished && csv_fini(&c->parser, on_cell, on_row, c) != 0)
        return unclosed_quote(c, err);
    c->finished = true;
    return c->overflow ? overflow(c, err) : true;
}

static void begin_row(struct dg_csv *c)
{
    dg_buffer_clear(&c->arena);
    c->count = 0;
    c->begun = false;
    c->row_ended = false;
    c->in_quotes = false;
    c->last = '\0';
}

static void give(struct dg_csv *c, struct dg_csv_row *row)
{
    const char *text = c->arena.data;
    for (size_t i = 0; i < c->count; i++) {
        c->cells[i].text = text;
        text += c->cells[i].size + 1;
    }
    *row = (struct dg_csv_row){ c->cells, c->count, c->row_line };
}

/* Reads lines until one ends a row (true, count > 0), the file is over (true,
 * count 0), or a pipe has nothing yet (true, waits): then the row goes on later. */
static bool read_row(struct dg_csv *c, struct dg_error *err)
{
    do {
        struct dg_piece piece;
        if (!c->waits)
            begin_row(c);
        c->waits = false;
        while (!c->row_ended) {
            if (!dg_lines_next(c->lines, &piece, err))
                return false;
            c->waits = piece.waits;
            if (c->waits)
                return true;
            if (piece.size == 0)
                return finish(c, err);
            if (!take(c, &piece, err))
                return false;
        }
    } while (c->count == 0);
    return true;
}

enum dg_csv_got dg_csv_next(struct dg_csv *c, struct dg_csv_row *row, struct dg_error *err)
{
    if (!c->failed && !read_row(c, &c->fault))
        c->failed = true;
    if (c->failed) {
        if (err)
            *err = c->fault;
        return DG_CSV_FAULT;
    }
    if (c->waits)
        return DG_CSV_WAIT;
    give(c, row);
    return c->count > 0 ? DG_CSV_ROW : DG_CSV_END;
}

int dg_csv_fd(const struct dg_csv *c)
{
    return dg_lines_fd(c->lines);
}
