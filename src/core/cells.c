/* SPDX-License-Identifier: MIT
 *
 * See cells.h.
 */
#include "core/cells.h"

enum { VARINT_BYTES = 10, SEVEN_BITS = 0x7f, MORE = 0x80 };

static size_t put_number(char *into, uint64_t number)
{
    size_t n = 0;
    for (; number > SEVEN_BITS; number >>= 7)
        into[n++] = (char)((number & SEVEN_BITS) | MORE);
    into[n++] = (char)number;
    return n;
}

static bool get_number(struct dg_cells *c, uint64_t *number)
{
    *number = 0;
    for (unsigned shift = 0; c->size > 0 && shift < 64; shift += 7) {
        uint8_t byte = (uint8_t)*c->data++;
        c->size--;
        *number |= (uint64_t)(byte & SEVEN_BITS) << shift;
        if (!(byte & MORE))
            return true;
    }
    return false;
}

bool dg_cells_add(struct dg_buffer *out, uint64_t number, const char *text, size_t size_bytes)
{
    char head[2 * VARINT_BYTES];
    size_t before = out->size;
    size_t n = put_number(head, number);
    n += put_number(head + n, size_bytes);
    if (dg_buffer_add(out, head, n) && dg_buffer_add(out, text, size_bytes))
        return true;
    dg_buffer_cut(out, before);
    return false;
}

bool dg_cells_next(struct dg_cells *c, uint64_t *number, struct dg_packed *cell)
{
    uint64_t size;
    if (c->size == 0 || !get_number(c, number) || !get_number(c, &size) || size > c->size)
        return false;
    *cell = (struct dg_packed){ c->data, (size_t)size };
    c->data += size;
    c->size -= (size_t)size;
    return true;
}
