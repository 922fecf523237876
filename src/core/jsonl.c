/* SPDX-License-Identifier: MIT
 *
 * The JSON Lines reader.  Each line is tokenized once, which checks it and
 * gives the unescaped names and strings; arrays and objects are then found in
 * the line again, whose JSON is known to be good by then, to be kept as
 * written.
 * Leans on core/lines and base.
 */
#include "core/jsonl.h"

#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "core/json_walk.h"
#include "core/lines.h"

enum { FIRST_CELLS = 16 };

/* A text in the arena. */
struct span {
    size_t start;
    size_t size;
};

struct dg_jsonl {
    struct dg_lines *lines;
    struct dg_buffer line;  /* the physical line being read */
    uint64_t line_number;   /* its number */
    struct dg_json json;    /* its tokenizer */
    unsigned depth;         /* open objects and arrays */
    struct dg_buffer arena; /* names and cells, each with a NUL */
    struct span *spans;     /* name, cell, name, cell, ... */
    size_t count;           /* members complete or begun */
    size_t room;            /* members there is memory for */
    size_t text_start;      /* arena: where the name or string under way starts */
    bool has_containers;    /* a cell is an array or object */
    const char *objection;  /* what is wrong with good JSON, or NULL */
    bool has_nul;           /* a string of the outer object holds a NUL */
    struct dg_cell *cells;  /* names, then cells, as handed out */
    bool waits;             /* the line goes on when the pipe has more */
    bool again;             /* the row just given comes once more */
    bool failed;            /* `fault` was met; nothing more comes */
    struct dg_error fault;
};

struct dg_jsonl *dg_jsonl_open(const char *path, struct dg_error *err)
{
    struct dg_lines *lines = dg_lines_open(path, false, err);
    if (!lines)
        return NULL;
    struct dg_jsonl *j = dg_zalloc(sizeof *j);
    j->lines = lines;
    dg_buffer_init(&j->line, DG_CSV_CELL_BYTES);
    dg_buffer_init(&j->arena, DG_CSV_ROW_BYTES);
    return j;
}

void dg_jsonl_free(struct dg_jsonl *j)
{
    if (!j)
        return;
    dg_lines_free(j->lines);
    dg_buffer_done(&j->line);
    dg_buffer_done(&j->arena);
    dg_free(j->spans);
    dg_free(j->cells);
    dg_free(j);
}

void dg_jsonl_impatient(struct dg_jsonl *j)
{
    dg_lines_impatient(j->lines, true);
}

void dg_jsonl_hash(struct dg_jsonl *j)
{
    dg_lines_hash(j->lines);
}

bool dg_jsonl_digest(const struct dg_jsonl *j, char hex[DG_HASH_HEX_BYTES])
{
    return dg_lines_digest(j->lines, hex);
}

uint64_t dg_jsonl_offset(const struct dg_jsonl *j)
{
    return dg_lines_offset(j->lines);
}

/* ---- the line's JSON again, known to be good as far as it is walked ---- */

/* The first member's name. */
static const char *first_name(const struct dg_jsonl *j)
{
    return dg_json_skip_space(dg_json_skip_space(j->line.data) + 1);
}

static const char *value_of(const char *name)
{
    return dg_json_skip_space(dg_json_skip_space(dg_json_skip_string(name)) + 1);
}

static const char *next_name(const char *value)
{
    return dg_json_skip_space(dg_json_skip_space(dg_json_skip_value(value)) + 1);
}

static const char *name_of(const struct dg_jsonl *j, size_t k)
{
    const char *name = first_name(j);
    while (k-- > 0)
        name = next_name(value_of(name));
    return name;
}

static uint64_t column_of(const struct dg_jsonl *j, const char *p)
{
    return (uint64_t)(p - j->line.data) + 1;
}

uint64_t dg_jsonl_column(const struct dg_jsonl *j, size_t k)
{
    return column_of(j, value_of(name_of(j, k)));
}

/* ---- tokens ---- */

/* Closes the text under way in the arena with a NUL. */
static bool end_text(struct dg_jsonl *j, struct span *span)
{
    *span = (struct span){ j->text_start, j->arena.size - j->text_start };
    return dg_buffer_add(&j->arena, "", 1);
}

static bool is_known(const struct dg_jsonl *j, struct span name)
{
    const char *text = j->arena.data;
    for (size_t i = 0; i < j->count; i++) {
        struct span other = j->spans[2 * i];
        if (other.size == name.size &&
            memcmp(text + other.start, text + name.start, name.size) == 0)
            return true;
    }
    return false;
}

static bool end_name(struct dg_jsonl *j)
{
    struct span name;
    if (j->count == DG_CSV_COLUMNS) {
        j->objection = "the object has more than 4096 members";
        return false;
    }
    if (j->count == j->room) {
        j->room = j->room ? j->room * 2 : FIRST_CELLS;
        j->spans = dg_realloc(j->spans, 2 * j->room * sizeof *j->spans);
    }
    if (!end_text(j, &name))
        return false;
    if (is_known(j, name)) {
        j->objection = "this name stands twice in the object; rename or remove one";
        return false;
    }
    j->spans[2 * j->count] = name;
    j->spans[2 * j->count + 1] = (struct span){ 0 };
    j->count++;
    j->text_start = j->arena.size;
    return true;
}

/* A value of the outer object is complete; `text` is what it adds, if anything. */
static bool end_cell(struct dg_jsonl *j, const char *text, size_t n)
{
    bool ok = dg_buffer_add(&j->arena, text, n) && end_text(j, &j->spans[2 * j->count - 1]);
    j->text_start = j->arena.size;
    return ok;
}

static bool scalar(struct dg_jsonl *j, enum dg_json_token token, const char *text, size_t n)
{
    switch (token) {
    case DG_JSON_KEY:
    case DG_JSON_STRING:
        j->has_nul = memchr(text, 0, n) != NULL;
        return !j->has_nul && dg_buffer_add(&j->arena, text, n);
    case DG_JSON_KEY_END:
        return end_name(j);
    case DG_JSON_STRING_END:
    case DG_JSON_NULL:
        return end_cell(j, "", 0);
    case DG_JSON_NUMBER:
        return end_cell(j, text, n);
    case DG_JSON_TRUE:
        return end_cell(j, "true", 4);
    case DG_JSON_FALSE:
        return end_cell(j, "false", 5);
    default:
        return true;
    }
}

static bool on_token(void *self, enum dg_json_token token, const char *text, size_t n)
{
    struct dg_jsonl *j = self;
    switch (token) {
    case DG_JSON_OBJECT:
    case DG_JSON_ARRAY:
        j->has_containers |= j->depth == 1;
        j->depth++;
        return true;
    case DG_JSON_OBJECT_END:
    case DG_JSON_ARRAY_END:
        j->depth--;
        return true;
    default:
        return j->depth == 1 ? scalar(j, token, text, n) : true;
    }
}

/* ---- rows ---- */

static bool fault_at(struct dg_jsonl *j, const char *p, struct dg_error *err, const char *text)
{
    return dg_lines_fault(j->lines, j->line_number, column_of(j, p), "json", err, "%s", text);
}

/* The tokenizer, or a token's handler, refused the line. */
static bool bad_line(struct dg_jsonl *j, struct dg_error *err)
{
    if (j->objection)
        return fault_at(j, name_of(j, j->count), err, j->objection);
    if (j->has_nul)
        return dg_lines_fault(j->lines, j->line_number, j->json.offset + 1, "nul", err,
                              "a NUL character (\\u0000); no prompt, path or name holds one");
    return dg_lines_fault(j->lines, j->line_number, j->json.offset + 1, "json", err,
                          "not valid JSON: %s", j->json.error);
}

static bool tokenize(struct dg_jsonl *j, struct dg_error *err)
{
    const char *start = dg_json_skip_space(j->line.data);
    if (*start == '[' && j->line_number == 1)
        return fault_at(j, start, err,
                        "a JSON array, not JSON Lines; write each of its objects on a line of its "
                        "own (jq -c '.[]')");
    if (*start != '{')
        return fault_at(j, start, err, "not a JSON object; each line holds one: {\"name\": ...}");
    dg_json_init(&j->json, on_token, j);
    if (!dg_json_feed(&j->json, j->line.data, j->line.size))
        return bad_line(j, err);
    return dg_json_end(&j->json) ||
           fault_at(j, j->line.data + strcspn(j->line.data, "\n"), err,
                    "the line ends inside the object; each object stands on one line");
}

/* Copies the arrays and objects as they are written.  The arena has room: all
 * names and cells together are no longer than the line. */
static void keep_containers(struct dg_jsonl *j)
{
    const char *name = first_name(j);
    for (size_t i = 0; i < j->count; i++) {
        const char *value = value_of(name);
        if (*value == '{' || *value == '[') {
            struct span *cell = &j->spans[2 * i + 1];
            *cell = (struct span){ j->arena.size, (size_t)(dg_json_skip_value(value) - value) };
            dg_buffer_add(&j->arena, value, cell->size);
            dg_buffer_add(&j->arena, "", 1);
        }
        name = next_name(value);
    }
}

static void give(struct dg_jsonl *j, struct dg_jsonl_row *row)
{
    j->cells = dg_realloc(j->cells, (2 * j->room + 1) * sizeof *j->cells);
    struct dg_cell *names = j->cells, *cells = j->cells + j->count;
    for (size_t i = 0; i < j->count; i++) {
        const struct span *s = &j->spans[2 * i];
        names[i] = (struct dg_cell){ j->arena.data + s[0].start, s[0].size };
        cells[i] = (struct dg_cell){ j->arena.data + s[1].start, s[1].size };
    }
    *row = (struct dg_jsonl_row){ names, cells, j->count, j->line_number };
}

/* Gathers the next line that is not blank; `line.size` 0: the file is over;
 * `waits`: the line goes on later. */
static bool read_line(struct dg_jsonl *j, struct dg_error *err)
{
    struct dg_piece piece;
    if (!j->waits)
        dg_buffer_clear(&j->line);
    do {
        if (!dg_lines_next(j->lines, &piece, err))
            return false;
        j->waits = piece.waits;
        if (j->waits)
            return true;
        if (piece.size == 0)
            break;
        j->line_number = piece.line;
        if (!dg_buffer_add(&j->line, piece.text, piece.size))
            return dg_lines_fault(j->lines, piece.line, 1, "too_large", err,
                                  "the line is over 64 MiB");
        if (piece.ends && *dg_json_skip_space(j->line.data) == '\0')
            dg_buffer_clear(&j->line);
    } while (!piece.ends || j->line.size == 0);
    if (*dg_json_skip_space(j->line.data) == '\0')
        dg_buffer_clear(&j->line);
    return true;
}

static bool read_row(struct dg_jsonl *j, struct dg_error *err)
{
    dg_buffer_clear(&j->arena);
    j->count = j->text_start = 0;
    j->depth = 0;
    j->has_containers = false;
    if (!read_line(j, err))
        return false;
    if (j->waits || j->line.size == 0)
        return true;
    if (!tokenize(j, err))
        return false;
    if (j->has_containers)
        keep_containers(j);
    return true;
}

enum dg_csv_got dg_jsonl_next(struct dg_jsonl *j, struct dg_jsonl_row *row, struct dg_error *err)
{
    if (j->again) {
        j->again = false;
        give(j, row);
        return DG_CSV_ROW;
    }
    if (!j->failed && !read_row(j, &j->fault))
        j->failed = true;
    if (j->failed) {
        if (err)
            *err = j->fault;
        return DG_CSV_FAULT;
    }
    if (j->waits)
        return DG_CSV_WAIT;
    if (j->line.size == 0)
        return DG_CSV_END;
    give(j, row);
    return DG_CSV_ROW;
}

void dg_jsonl_again(struct dg_jsonl *j)
{
    j->again = true;
}

int dg_jsonl_fd(const struct dg_jsonl *j)
{
    return dg_lines_fd(j->lines);
}
