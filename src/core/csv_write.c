/* SPDX-License-Identifier: MIT
 *
 * The CSV writer: one row into a buffer.  Leans on base/buffer.
 */
#include "core/csv.h"

#include <string.h>

static bool needs_quotes(const struct dg_cell *cell)
{
    if (cell->size == 0)
        return false;
    if (cell->text[0] == ' ' || cell->text[cell->size - 1] == ' ')
        return true;
    for (size_t i = 0; i < cell->size; i++) {
        char c = cell->text[i];
        if (c == ',' || c == '"' || c == '\r' || c == '\n')
            return true;
    }
    return false;
}

static bool write_quoted(struct dg_buffer *out, const struct dg_cell *cell)
{
    const char *text = cell->text, *end = text + cell->size, *quote;
    if (!dg_buffer_add(out, "\"", 1))
        return false;
    while ((quote = memchr(text, '"', (size_t)(end - text)))) {
        size_t n = (size_t)(quote - text) + 1;
        if (!dg_buffer_add(out, text, n) || !dg_buffer_add(out, "\"", 1))
            return false;
        text += n;
    }
    return dg_buffer_add(out, text, (size_t)(end - text)) && dg_buffer_add(out, "\"", 1);
}

static bool write_row(struct dg_buffer *out, const struct dg_cell *cells, size_t count)
{
    bool lone_empty = count == 1 && cells[0].size == 0;
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && !dg_buffer_add(out, ",", 1))
            return false;
        bool done = lone_empty || needs_quotes(&cells[i])
                        ? write_quoted(out, &cells[i])
                        : dg_buffer_add(out, cells[i].text, cells[i].size);
        if (!done)
            return false;
    }
    return dg_buffer_add(out, "\n", 1);
}

bool dg_csv_write(struct dg_buffer *out, const struct dg_cell *cells, size_t count)
{
    size_t before = out->size;
    if (write_row(out, cells, count))
        return true;
    dg_buffer_cut(out, before); /* no half row stays behind */
    return false;
}
