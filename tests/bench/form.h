/* SPDX-License-Identifier: MIT
 *
 * The form that the clients send which the program is measured against: all before
 * the picture's bytes, and all after them.
 */
#ifndef DG_BENCH_FORM_H
#define DG_BENCH_FORM_H

#include <stdio.h>

#define FORM_TYPE "multipart/form-data; boundary=bench-boundary"
#define FORM_LINE "--bench-boundary\r\nContent-Disposition: form-data; name="

static const char FORM_TAIL[] = "\r\n--bench-boundary--\r\n";

enum { FORM_HEAD_BYTES = 1024, FORM_TAIL_BYTES = sizeof FORM_TAIL - 1 };

/* Returns its size. */
static inline size_t form_head(char head[FORM_HEAD_BYTES], long row)
{
    return (size_t)snprintf(
        head, FORM_HEAD_BYTES,
        FORM_LINE
        "\"model\"\r\n\r\ngpt-image-1\r\n" FORM_LINE "\"prompt\"\r\n\r\n"
        "Row %ld: make the sky a warm orange sunset, keep the rest unchanged\r\n" FORM_LINE
        "\"size\"\r\n\r\n1024x1024\r\n" FORM_LINE
        "\"image\"; filename=\"in.png\"\r\nContent-Type: image/png\r\n\r\n",
        row);
}

#endif
