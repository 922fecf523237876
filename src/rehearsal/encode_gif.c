/* SPDX-License-Identifier: MIT
 *
 * A sketch as GIF.  Its codes are never longer than five bits: the table of
 * strings is cleared before it could grow, which costs size and saves the
 * compressor; readers see ordinary LZW.
 */
#include "base/memory.h"
#include "rehearsal/sketch.h"

enum {
    COLOUR_BITS = 4,
    CLEAR = 1 << COLOUR_BITS, /* forgets the strings */
    END = CLEAR + 1,
    CODE_BITS = COLOUR_BITS + 1,
    RUN = 14, /* pixels between two clears: codes 18 to 31 are then given out */
    BLOCK_BYTES = 255
};

struct codes {
    struct dg_buffer *out;      /* where full blocks go */
    uint32_t bits;              /* not yet a byte, lowest first */
    unsigned held;              /* how many of them */
    uint8_t block[BLOCK_BYTES]; /* bytes of the block in the making */
    uint8_t size;               /* how many of them */
    bool ok;                    /* the buffer took everything */
};

static void flush_block(struct codes *c)
{
    if (c->size == 0)
        return;
    c->ok = c->ok && dg_buffer_add(c->out, &c->size, 1) && dg_buffer_add(c->out, c->block, c->size);
    c->size = 0;
}

static void put(struct codes *c, unsigned code)
{
    c->bits |= code << c->held;
    c->held += CODE_BITS;
    while (c->held >= 8) {
        c->block[c->size++] = (uint8_t)c->bits;
        c->bits >>= 8;
        c->held -= 8;
        if (c->size == BLOCK_BYTES)
            flush_block(c);
    }
}

static bool add_header(const struct dg_sketch *s, const struct dg_palette *p, struct dg_buffer *out)
{
    const uint8_t size[4] = { (uint8_t)s->width, (uint8_t)(s->width >> 8), (uint8_t)s->height,
                              (uint8_t)(s->height >> 8) };
    const uint8_t screen[3] = { 0x80 | (COLOUR_BITS - 1) << 4 | (COLOUR_BITS - 1), 0, 0 };
    const uint8_t place[5] = { ',', 0, 0, 0, 0 };
    const uint8_t tail[2] = { 0, COLOUR_BITS };

    return dg_buffer_add(out, "GIF89a", 6) && dg_buffer_add(out, size, 4) &&
           dg_buffer_add(out, screen, 3) && dg_buffer_add(out, p->rgb, sizeof(p->rgb)) &&
           dg_buffer_add(out, place, 5) && dg_buffer_add(out, size, 4) &&
           dg_buffer_add(out, tail, 2);
}

bool dg_sketch_gif(const struct dg_sketch *s, const struct dg_palette *p, struct dg_buffer *out)
{
    struct codes codes = { .out = out, .ok = add_header(s, p, out) };
    uint8_t *index = dg_sketch_index(s);
    size_t pixels = (size_t)s->width * s->height;

    for (size_t i = 0; i < pixels; i++) {
        if (i % RUN == 0)
            put(&codes, CLEAR);
        put(&codes, index[i]);
    }
    put(&codes, END);
    if (codes.held > 0)
        codes.block[codes.size++] = (uint8_t)codes.bits;
    flush_block(&codes);
    dg_free(index);
    return codes.ok && dg_buffer_add(out, "\0;", 2);
}
