/* SPDX-License-Identifier: MIT
 *
 * The survey: both readers run to the end, indexes kept in a set.  Where a
 * thing stands twice is looked up by reading again, so that a good file pays
 * nothing for the message of a bad one.
 * Leans on the readers, core/lines, core/set and base.
 */
#include "core/survey.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/stop.h"
#include "base/text.h"
#include "core/csv.h"
#include "core/jsonl.h"
#include "core/lines.h"
#include "core/set.h"

enum { MESSAGE_BYTES = 256 };

static const char index_name[] = "index";

/* A pass over one file. */
struct pass {
    const char *path;       /* the file */
    struct dg_survey *sums; /* what is counted */
    struct dg_set seen;     /* indexes so far */
};

static bool is_text(const struct dg_cell *cell, const char *text)
{
    size_t size = strlen(text);
    return cell->size == size && memcmp(cell->text, text, size) == 0;
}

static bool is_integer(const struct dg_cell *cell, int64_t *value)
{
    return strlen(cell->text) == cell->size && dg_text_int(cell->text, INT64_MIN, INT64_MAX, value);
}

/* true if the cell is an integer met before. */
static bool seen_before(struct pass *p, const struct dg_cell *cell)
{
    int64_t index;
    return is_integer(cell, &index) && !dg_set_add(&p->seen, (uint64_t)index);
}

static bool same_integer(const struct dg_cell *cell, int64_t wanted)
{
    int64_t index;
    return is_integer(cell, &index) && index == wanted;
}

/* Nothing is in flight yet: one request to stop is enough. */
static bool stopped(const struct pass *p, struct dg_error *err)
{
    if (dg_stop_count() == 0)
        return false;
    dg_error_set(err, DG_KIND_STOPPED, "stopped", "stopped while reading %s", p->path);
    return true;
}

/* Steps over a piece of a row's text, `*k` cells in all; how far that got. */
static size_t step_cells(const struct dg_piece *piece, size_t *k, bool *in_quotes)
{
    size_t i = 0;
    for (; i<piece->size && * k> 0; i++) {
        if (piece->text[i] == '"')
            *in_quotes = !*in_quotes;
        else if (piece->text[i] == ',' && !*in_quotes)
            (*k)--;
    }
    return i;
}

/* An input error at cell `k` of the CSV row that starts at `line`. */
static bool fault_at_cell(const struct pass *p, uint64_t line, size_t k, const char *code,
                          struct dg_error *err, const char *message)
{
    struct dg_lines *l = dg_lines_open(p->path, true, err);
    if (!l)
        return false;
    struct dg_piece piece;
    bool in_quotes = false;
    uint64_t column = 1;
    while (dg_lines_next(l, &piece, err) && piece.size > 0) {
        if (piece.line < line)
            continue;
        column = piece.column + step_cells(&piece, &k, &in_quotes);
        line = piece.line;
        if (k == 0)
            break;
    }
    dg_lines_fault(l, line, column, code, err, "%s", message);
    dg_lines_free(l);
    return false;
}

/* ---- CSV ---- */

/* The line of the first row whose cell `k` is this integer. */
static uint64_t first_csv_line(const struct pass *p, size_t k, int64_t index)
{
    struct dg_csv *c = dg_csv_open(p->path, NULL);
    struct dg_csv_row row;
    uint64_t line = 0;
    bool header = true;
    while (c && line == 0 && dg_csv_next(c, &row, NULL) == DG_CSV_ROW) {
        if (!header && k < row.count && same_integer(&row.cells[k], index))
            line = row.line;
        header = false;
    }
    dg_csv_free(c);
    return line;
}

static void twice_message(char message[MESSAGE_BYTES], int64_t index, uint64_t first_line)
{
    snprintf(message, MESSAGE_BYTES,
             "the index %" PRId64 " stands twice, first at line %" PRIu64 "; give each row its own",
             index, first_line);
}

static bool csv_index_twice(const struct pass *p, const struct dg_csv_row *row, size_t k,
                            struct dg_error *err)
{
    char message[MESSAGE_BYTES];
    int64_t index = 0;
    dg_text_int(row->cells[k].text, INT64_MIN, INT64_MAX, &index);
    twice_message(message, index, first_csv_line(p, k, index));
    return fault_at_cell(p, row->line, k, "duplicate_index", err, message);
}

/* The column of that name, or `count`. */
static size_t find_column(const struct dg_cell *names, size_t count, const char *name)
{
    size_t k = 0;
    while (k < count && !is_text(&names[k], name))
        k++;
    return k;
}

/* Empty names may repeat (spreadsheets leave trailing commas): nobody can ask
 * for such a column. */
static bool check_header(const struct pass *p, const struct dg_csv_row *row, struct dg_error *err)
{
    for (size_t i = 1; i < row->count; i++) {
        const struct dg_cell *cell = &row->cells[i];
        size_t first = find_column(row->cells, i, cell->text);
        if (cell->size == 0 || first == i)
            continue;
        char message[MESSAGE_BYTES];
        snprintf(message, sizeof message,
                 "the header names the column \"%.*s\" twice (columns %zu and %zu); rename one",
                 (int)dg_text_cut(cell->text, cell->size < 100 ? cell->size : 100), cell->text,
                 first + 1, i + 1);
        return fault_at_cell(p, row->line, i, "duplicate_column", err, message);
    }
    return true;
}

static bool survey_csv_rows(struct pass *p, struct dg_csv *c, struct dg_error *err)
{
    struct dg_csv_row row;
    enum dg_csv_got got = dg_csv_next(c, &row, err);
    if (got == DG_CSV_END)
        return dg_error_set(
            err, DG_KIND_INPUT, "empty",
            "%s:1:1: the file is empty: no header; the first line names the columns", p->path);
    if (got == DG_CSV_FAULT || !check_header(p, &row, err))
        return false;
    size_t k = find_column(row.cells, row.count, index_name);
    bool indexed = k < row.count;
    p->sums->columns = row.count;
    while ((got = dg_csv_next(c, &row, err)) == DG_CSV_ROW) {
        p->sums->rows++;
        if (stopped(p, err))
            return false;
        if (indexed && k < row.count && seen_before(p, &row.cells[k]))
            return csv_index_twice(p, &row, k, err);
    }
    return got == DG_CSV_END;
}

static bool survey_csv(struct pass *p, struct dg_error *err)
{
    struct dg_csv *c = dg_csv_open(p->path, err);
    if (c)
        dg_csv_hash(c);
    bool ok = c && survey_csv_rows(p, c, err) && dg_csv_digest(c, p->sums->digest);
    dg_csv_free(c);
    return ok;
}

/* ---- JSON Lines ---- */

/* The line of the first object with this index. */
static uint64_t first_jsonl_line(const struct pass *p, int64_t index)
{
    struct dg_jsonl *j = dg_jsonl_open(p->path, NULL);
    struct dg_jsonl_row row;
    uint64_t line = 0;
    while (j && line == 0 && dg_jsonl_next(j, &row, NULL) == DG_CSV_ROW) {
        size_t k = find_column(row.names, row.count, index_name);
        if (k < row.count && same_integer(&row.cells[k], index))
            line = row.line;
    }
    dg_jsonl_free(j);
    return line;
}

static bool jsonl_index_twice(const struct pass *p, const struct dg_jsonl *j,
                              const struct dg_jsonl_row *row, size_t k, struct dg_error *err)
{
    char message[MESSAGE_BYTES];
    int64_t index = 0;
    dg_text_int(row->cells[k].text, INT64_MIN, INT64_MAX, &index);
    twice_message(message, index, first_jsonl_line(p, index));
    return dg_error_set(err, DG_KIND_INPUT, "duplicate_index", "%s:%" PRIu64 ":%" PRIu64 ": %s",
                        p->path, row->line, dg_jsonl_column(j, k), message);
}

static bool survey_jsonl_rows(struct pass *p, struct dg_jsonl *j, struct dg_error *err)
{
    struct dg_jsonl_row row;
    enum dg_csv_got got;
    while ((got = dg_jsonl_next(j, &row, err)) == DG_CSV_ROW) {
        if (p->sums->rows++ == 0)
            p->sums->columns = row.count;
        if (stopped(p, err))
            return false;
        size_t k = find_column(row.names, row.count, index_name);
        if (k < row.count && seen_before(p, &row.cells[k]))
            return jsonl_index_twice(p, j, &row, k, err);
    }
    if (got == DG_CSV_END && p->sums->rows == 0)
        return dg_error_set(err, DG_KIND_INPUT, "empty",
                            "%s:1:1: the file is empty; each line holds one JSON object", p->path);
    return got == DG_CSV_END;
}

static bool survey_jsonl(struct pass *p, struct dg_error *err)
{
    struct dg_jsonl *j = dg_jsonl_open(p->path, err);
    if (j)
        dg_jsonl_hash(j);
    bool ok = j && survey_jsonl_rows(p, j, err) && dg_jsonl_digest(j, p->sums->digest);
    dg_jsonl_free(j);
    return ok;
}

bool dg_survey(const char *path, enum dg_format format, struct dg_survey *survey,
               struct dg_error *err)
{
    struct pass p = { .path = path, .sums = survey };
    *survey = (struct dg_survey){ 0 };
    dg_set_init(&p.seen);
    bool ok = format == DG_FORMAT_CSV ? survey_csv(&p, err) : survey_jsonl(&p, err);
    dg_set_done(&p.seen);
    return ok;
}
