/* SPDX-License-Identifier: MIT
 *
 * One row of the table of results: its values out of the ledger, its text as
 * CSV or as a JSON object.
 */
#include "core/ledger_results.h"

#include <float.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "core/cells.h"

/* How a column's text is made of what the ledger has. */
enum making { FILES, STATE, FOREIGN, NUMBER, MONEY };

/* Sets of states in which a column shows. */
enum {
    DONE = 1 << DG_ROW_DONE,
    UNHAPPY = 1 << DG_ROW_FAILED | 1 << DG_ROW_ANSWERED | 1 << DG_ROW_KEPT,
    ENDED = DONE | UNHAPPY,
    ALWAYS = (1 << DG_ROW_STATES) - 1
};

/* In the order of the table, and of the values that DG_SQL_RESULTS gives. */
static const struct own {
    const char *name;   /* unless it is taken */
    enum making making; /* its text */
    int states;         /* where it shows */
} OWN[DG_RESULTS_OWN] = {
    { "output_image", FILES, DONE },    { "status", STATE, ALWAYS },
    { "error_code", FOREIGN, UNHAPPY }, { "error", FOREIGN, UNHAPPY },
    { "attempts", NUMBER, ALWAYS },     { "possibly_billed", NUMBER, ALWAYS },
    { "latency_ms", NUMBER, ENDED },    { "request_id", FOREIGN, ENDED },
    { "model", FOREIGN, ENDED },        { "input_tokens", NUMBER, ENDED },
    { "output_tokens", NUMBER, ENDED }, { "total_tokens", NUMBER, ENDED },
    { "cost_usd", MONEY, ENDED },
};

enum { STATE_AT = 1, CELLS_AT = DG_RESULTS_OWN, EXTRA_AT };

enum { NANO_DIGITS = 9, NANO = 1000000000 };

const char *dg_results_own_name(size_t which)
{
    return OWN[which].name;
}

/* ---- texts ---- */

/* Would a spreadsheet run it?  TAB and CR at its start, which do it too, are
 * visible by now. */
static bool is_formula(const char *text, bool numbers_are_fine)
{
    double number;
    if (text[0] == '\0' || !strchr("=+-@", text[0]))
        return false;
    return !numbers_are_fine || !dg_text_number(text, -DBL_MAX, DBL_MAX, &number);
}

void dg_results_foreign(const struct dg_results *r, struct dg_buffer *out, const char *text,
                        size_t size_bytes, bool numbers_are_fine)
{
    dg_buffer_clear(out);
    dg_text_visible(out, text, size_bytes);
    if (r->format != DG_RESULTS_CSV || !is_formula(out->data, numbers_are_fine))
        return;
    dg_buffer_clear(out);
    dg_buffer_text(out, "'");
    dg_text_visible(out, text, size_bytes);
}

static void put_digits(struct dg_buffer *out, int64_t number)
{
    char digits[24];
    size_t first = sizeof digits;
    uint64_t rest = number < 0 ? -(uint64_t)number : (uint64_t)number;
    do
        digits[--first] = (char)('0' + rest % 10);
    while ((rest /= 10) > 0);
    if (number < 0)
        digits[--first] = '-';
    dg_buffer_add(out, digits + first, sizeof digits - first);
}

/* Billionths of a dollar as dollars, without zeros behind. */
static void put_money(struct dg_buffer *out, int64_t nano)
{
    char digits[1 + NANO_DIGITS] = { '.' };
    size_t n = 1;
    put_digits(out, nano / NANO);
    int64_t rest = nano % NANO;
    for (int64_t place = NANO / 10; rest > 0; place /= 10) {
        digits[n++] = (char)('0' + rest / place);
        rest %= place;
    }
    if (n > 1)
        dg_buffer_add(out, digits, n);
}

static void put_files(struct dg_buffer *out, struct dg_cells files)
{
    struct dg_packed name;
    uint64_t size;
    while (dg_cells_next(&files, &size, &name)) {
        if (out->size > 0)
            dg_buffer_text(out, "|");
        dg_buffer_add(out, name.text, name.size);
    }
}

static void put_state(struct dg_buffer *out, enum dg_row_state state)
{
    bool on_its_way = state == DG_ROW_RUNNING || state == DG_ROW_SENDING;
    dg_buffer_text(out, dg_row_state_name(on_its_way ? DG_ROW_PENDING : state));
}

/* ---- values ---- */

/* A blob or text as it lies in the statement. */
static struct dg_cells blob(sqlite3_stmt *s, int column)
{
    const char *data = sqlite3_column_blob(s, column);
    return (struct dg_cells){ data ? data : "", (size_t)sqlite3_column_bytes(s, column) };
}

static struct dg_results_column *find_input(const struct dg_results *r, uint64_t place)
{
    if (place < r->input_count && r->columns[place].place == place)
        return &r->columns[place];
    for (size_t k = 0; k < r->input_count; k++)
        if (r->columns[k].place == place)
            return &r->columns[k];
    return NULL;
}

static void read_input(struct dg_results *r, struct dg_cells cells)
{
    struct dg_packed cell;
    uint64_t place;
    for (size_t k = 0; k < r->input_count; k++) {
        r->columns[k].kind = DG_VALUE_ABSENT;
        r->cells[k] = (struct dg_cell){ "", 0 };
    }
    while (dg_cells_next(&cells, &place, &cell)) {
        struct dg_results_column *c = find_input(r, place);
        if (!c)
            continue;
        c->kind = DG_VALUE_TEXT;
        r->cells[c - r->columns] = (struct dg_cell){ cell.text, cell.size };
    }
}

static enum dg_value_kind make(const struct dg_results *r, struct dg_buffer *out,
                               enum making making, sqlite3_stmt *s, int at)
{
    struct dg_cells bytes;
    switch (making) {
    case NUMBER:
        put_digits(out, sqlite3_column_int64(s, at));
        return DG_VALUE_NUMBER;
    case MONEY:
        put_money(out, sqlite3_column_int64(s, at));
        return DG_VALUE_NUMBER;
    case STATE:
        put_state(out, r->state);
        return DG_VALUE_TEXT;
    case FILES:
        put_files(out, blob(s, at));
        break;
    case FOREIGN:
        bytes = blob(s, at);
        dg_results_foreign(r, out, bytes.data, bytes.size, false);
        break;
    }
    return out->size > 0 ? DG_VALUE_TEXT : DG_VALUE_NOTHING;
}

static void read_own(struct dg_results *r, sqlite3_stmt *s)
{
    for (int k = 0; k < DG_RESULTS_OWN; k++) {
        struct dg_results_column *c = &r->columns[r->input_count + (size_t)k];
        bool shows = OWN[k].states & 1 << r->state && sqlite3_column_type(s, k) != SQLITE_NULL;
        dg_buffer_clear(&c->text);
        c->kind = shows ? make(r, &c->text, OWN[k].making, s, k) : DG_VALUE_NOTHING;
    }
}

/* Hooks set their columns in the same order again and again: `*guess` is where
 * to look first. */
static struct dg_results_column *find_hooks(struct dg_results *r, const struct dg_packed *name,
                                            size_t *guess)
{
    size_t first = r->input_count + DG_RESULTS_OWN, count = r->count - first;
    for (size_t k = 0; k < count; k++) {
        struct dg_results_column *c = &r->columns[first + (*guess + k) % count];
        if (c->raw_size == name->size && memcmp(c->raw, name->text, name->size) == 0) {
            *guess += k + 1;
            return c;
        }
    }
    return NULL;
}

static void read_hooks(struct dg_results *r, struct dg_cells extra)
{
    struct dg_packed name, text;
    uint64_t number;
    size_t guess = 0;
    for (size_t k = r->input_count + DG_RESULTS_OWN; k < r->count; k++) {
        r->columns[k].kind = DG_VALUE_ABSENT;
        dg_buffer_clear(&r->columns[k].text);
    }
    while (dg_cells_next(&extra, &number, &name) && dg_cells_next(&extra, &number, &text)) {
        struct dg_results_column *c = find_hooks(r, &name, &guess);
        if (!c)
            continue;
        c->kind = DG_VALUE_TEXT;
        dg_results_foreign(r, &c->text, text.text, text.size, true);
    }
}

static void read_row(struct dg_results *r, sqlite3_stmt *s)
{
    static const struct dg_cells nothing = { "", 0 };
    int state = sqlite3_column_int(s, STATE_AT);
    bool sound = state >= 0 && state < DG_ROW_STATES; /* else the file is damaged */
    r->state = sound ? (enum dg_row_state)state : DG_ROW_PENDING;
    read_input(r, blob(s, CELLS_AT));
    read_own(r, s);
    read_hooks(r, ENDED & 1 << r->state ? blob(s, EXTRA_AT) : nothing);
    for (size_t k = r->input_count; k < r->count; k++)
        r->cells[k] = (struct dg_cell){ r->columns[k].text.data, r->columns[k].text.size };
}

/* ---- a row's text ---- */

static void write_object(struct dg_results *r)
{
    const char *before = "{";
    for (size_t k = 0; k < r->count; k++) {
        const struct dg_results_column *c = &r->columns[k];
        if (c->kind == DG_VALUE_ABSENT)
            continue;
        dg_buffer_text(&r->out, before);
        dg_buffer_text(&r->out, c->key);
        if (c->kind == DG_VALUE_TEXT)
            dg_json_quote(&r->out, r->cells[k].text, r->cells[k].size);
        else if (c->kind == DG_VALUE_NUMBER)
            dg_buffer_add(&r->out, r->cells[k].text, r->cells[k].size);
        else
            dg_buffer_text(&r->out, "null");
        before = ",";
    }
    dg_buffer_text(&r->out, "}\n");
}

void dg_results_row(struct dg_results *r, sqlite3_stmt *s)
{
    read_row(r, s);
    if (r->format == DG_RESULTS_CSV)
        dg_csv_write(&r->out, r->cells, r->count);
    else
        write_object(r);
}

void dg_results_head(struct dg_results *r)
{
    if (r->format != DG_RESULTS_CSV)
        return;
    for (size_t k = 0; k < r->count; k++)
        r->cells[k] = (struct dg_cell){ r->columns[k].name, strlen(r->columns[k].name) };
    dg_csv_write(&r->out, r->cells, r->count);
}
