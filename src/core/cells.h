/* SPDX-License-Identifier: MIT
 *
 * Numbered texts packed one behind the other: a row's cells with their columns,
 * the files of a row with their sizes.  Each is its number and its length as
 * LEB128 varints, then its bytes.
 *
 *     dg_cells_add(&buffer, 3, text, size);
 *     struct dg_cells c = { data, size };
 *     while (dg_cells_next(&c, &number, &cell)) ...
 */
#ifndef DG_CORE_CELLS_H
#define DG_CORE_CELLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

struct dg_cells {
    const char *data; /* what is not read yet */
    size_t size;      /* bytes of it */
};

struct dg_packed {
    const char *text; /* inside the packed data; no NUL behind it */
    size_t size;      /* bytes */
};

/* false: the buffer's limit would be passed, nothing added. */
bool dg_cells_add(struct dg_buffer *out, uint64_t number, const char *text, size_t size_bytes);

/* false at the end, or where the data is damaged. */
bool dg_cells_next(struct dg_cells *c, uint64_t *number, struct dg_packed *cell);

#endif
