/* SPDX-License-Identifier: MIT
 *
 * A sketch as JPEG, through libjpeg-turbo, into a buffer of ours.
 */
#include <stdio.h>
#include <string.h>

#include <jpeglib.h>

#include "base/memory.h"
#include "rehearsal/sketch.h"

enum { PIECE_BYTES = 16384, QUALITY = 85 };

struct writer {
    struct jpeg_compress_struct jpeg; /* libjpeg's own */
    struct jpeg_error_mgr errors;     /* its default; nothing here can fail */
    struct jpeg_destination_mgr sink; /* with our functions */
    struct dg_buffer *out;            /* where the bytes go */
    JOCTET piece[PIECE_BYTES];        /* on their way */
};

static void rewind_piece(j_compress_ptr jpeg)
{
    struct writer *w = jpeg->client_data;
    w->sink.next_output_byte = w->piece;
    w->sink.free_in_buffer = PIECE_BYTES;
}

static boolean piece_full(j_compress_ptr jpeg)
{
    struct writer *w = jpeg->client_data;
    dg_buffer_add(w->out, w->piece, PIECE_BYTES);
    rewind_piece(jpeg);
    return TRUE;
}

static void last_piece(j_compress_ptr jpeg)
{
    struct writer *w = jpeg->client_data;
    dg_buffer_add(w->out, w->piece, PIECE_BYTES - w->sink.free_in_buffer);
}

static void start(struct writer *w, const struct dg_sketch *s)
{
    w->jpeg.err = jpeg_std_error(&w->errors);
    jpeg_create_compress(&w->jpeg);
    w->jpeg.client_data = w;
    w->jpeg.dest = &w->sink;
    w->sink.init_destination = rewind_piece;
    w->sink.empty_output_buffer = piece_full;
    w->sink.term_destination = last_piece;
    w->jpeg.image_width = s->width;
    w->jpeg.image_height = s->height;
    w->jpeg.input_components = 3;
    w->jpeg.in_color_space = JCS_RGB;
    jpeg_set_defaults(&w->jpeg);
    jpeg_set_quality(&w->jpeg, QUALITY, TRUE);
    w->jpeg.dct_method = JDCT_IFAST;
    jpeg_start_compress(&w->jpeg, TRUE);
}

bool dg_sketch_jpeg(const struct dg_sketch *s, const struct dg_palette *p, struct dg_buffer *out)
{
    struct writer *w = dg_zalloc(sizeof(*w));
    uint8_t *index = dg_sketch_index(s);
    uint8_t *row = dg_alloc((size_t)s->width * 3);

    w->out = out;
    start(w, s);
    while (w->jpeg.next_scanline < s->height) {
        JSAMPROW rows[1] = { row };
        const uint8_t *line = index + (size_t)w->jpeg.next_scanline * s->width;
        for (unsigned x = 0; x < s->width; x++)
            memcpy(row + 3 * (size_t)x, p->rgb[line[x]], 3);
        jpeg_write_scanlines(&w->jpeg, rows, 1);
    }
    jpeg_finish_compress(&w->jpeg);
    jpeg_destroy_compress(&w->jpeg);
    dg_free(row);
    dg_free(index);
    dg_free(w);
    return true;
}
