/* SPDX-License-Identifier: MIT
 *
 * JPEG through libjpeg-turbo.  Brightness is what a JPEG stores first, so
 * colour is never decoded; large pictures are shrunk in the transform.
 */
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <jerror.h>
#include <jpeglib.h>

#include "base/memory.h"
#include "rehearsal/decode.h"

struct reader {
    struct jpeg_decompress_struct jpeg; /* libjpeg's own */
    struct jpeg_error_mgr errors;       /* with our handlers */
    jmp_buf escape;                     /* out of a fatal error */
    struct dg_shrink shrink;            /* set while shrinking is */
    bool shrinking;                     /* dg_shrink_init was called */
    uint8_t *row;                       /* as decoded, 1 or 4 bytes a pixel */
    uint8_t *gray;                      /* the same row as brightness */
};

static void fatal(j_common_ptr common)
{
    struct reader *r = common->client_data;
    longjmp(r->escape, 1);
}

/* libjpeg goes on after the file's end and paints the rest grey. */
static void complain(j_common_ptr common, int level)
{
    if (level < 0 && common->err->msg_code == JWRN_JPEG_EOF)
        fatal(common);
}

static void silence(j_common_ptr common)
{
    (void)common;
}

static void start(struct reader *r, const uint8_t *bytes, size_t size)
{
    r->jpeg.err = jpeg_std_error(&r->errors);
    r->jpeg.client_data = r;
    r->errors.error_exit = fatal;
    r->errors.emit_message = complain;
    r->errors.output_message = silence;
    jpeg_create_decompress(&r->jpeg);
    jpeg_mem_src(&r->jpeg, bytes, size);
}

bool dg_decode_jpeg_glance(const uint8_t *bytes, size_t size, struct dg_glance *glance)
{
    struct reader r;

    memset(&r, 0, sizeof(r));
    if (setjmp(r.escape) == 0) {
        start(&r, bytes, size);
        if (jpeg_read_header(&r.jpeg, TRUE) == JPEG_HEADER_OK) {
            glance->width = r.jpeg.image_width;
            glance->height = r.jpeg.image_height;
        }
    }
    jpeg_destroy_decompress(&r.jpeg);
    return glance->width > 0;
}

/* Print colours: ink to light.  Adobe stores them inverted, as everyone does. */
static void gray_of_inks(const uint8_t *cmyk, unsigned pixels, uint8_t *gray)
{
    for (unsigned i = 0; i < pixels; i++, cmyk += 4) {
        unsigned light = (77U * cmyk[0] + 150U * cmyk[1] + 29U * cmyk[2]) >> 8;
        gray[i] = (uint8_t)(light * cmyk[3] / 255U);
    }
}

static void choose_output(struct jpeg_decompress_struct *jpeg)
{
    bool inks = jpeg->jpeg_color_space == JCS_CMYK || jpeg->jpeg_color_space == JCS_YCCK;
    unsigned side = jpeg->image_width > jpeg->image_height ? jpeg->image_width : jpeg->image_height;

    jpeg->out_color_space = inks ? JCS_CMYK : JCS_GRAYSCALE;
    jpeg->dct_method = JDCT_IFAST;
    jpeg->scale_num = 1;
    jpeg->scale_denom = 1;
    while (jpeg->scale_denom < 8 && side / (jpeg->scale_denom * 2) >= DG_DECODE_SIDE)
        jpeg->scale_denom *= 2;
}

static void read_rows(struct reader *r)
{
    struct jpeg_decompress_struct *jpeg = &r->jpeg;
    bool inks = jpeg->out_color_space == JCS_CMYK;

    r->row = dg_alloc((size_t)jpeg->output_width * 4);
    r->gray = dg_alloc(jpeg->output_width);
    dg_shrink_init(&r->shrink, jpeg->output_width, jpeg->output_height, DG_DECODE_SIDE);
    r->shrinking = true;
    while (jpeg->output_scanline < jpeg->output_height) {
        JSAMPROW rows[1] = { r->row };
        jpeg_read_scanlines(jpeg, rows, 1);
        if (inks)
            gray_of_inks(r->row, jpeg->output_width, r->gray);
        dg_shrink_row(&r->shrink, inks ? r->gray : r->row);
    }
    jpeg_finish_decompress(jpeg);
}

bool dg_decode_jpeg(const uint8_t *bytes, size_t size, struct dg_plane *plane)
{
    /* On the heap: what changes after setjmp must not live in registers. */
    struct reader *r = dg_zalloc(sizeof(*r));
    volatile bool ok = false;

    if (setjmp(r->escape) == 0) {
        start(r, bytes, size);
        jpeg_read_header(&r->jpeg, TRUE);
        choose_output(&r->jpeg);
        jpeg_start_decompress(&r->jpeg);
        read_rows(r);
        ok = true;
    }
    if (r->shrinking)
        dg_shrink_done(&r->shrink, ok ? plane : NULL);
    jpeg_destroy_decompress(&r->jpeg);
    dg_free(r->gray);
    dg_free(r->row);
    dg_free(r);
    return ok;
}
