/* SPDX-License-Identifier: MIT
 *
 * A byte buffer that grows up to a limit fixed at its birth.  Its content is
 * always followed by a NUL that does not count, so text needs no copy.
 *
 *     struct dg_buffer b;
 *     dg_buffer_init(&b, 64 * 1024);
 *     if (!dg_buffer_add(&b, bytes, n)) ...      full: nothing was added
 *     dg_buffer_done(&b);
 */
#ifndef DG_BASE_BUFFER_H
#define DG_BASE_BUFFER_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct dg_buffer {
    char *data;      /* NUL-terminated; "" while empty, never NULL */
    size_t size;     /* bytes held */
    size_t capacity; /* bytes there is room for, 0 before the first add */
    size_t limit;    /* bytes it may ever hold */
};

void dg_buffer_init(struct dg_buffer *b, size_t limit_bytes);
void dg_buffer_done(struct dg_buffer *b);
void dg_buffer_clear(struct dg_buffer *b);                  /* empty, memory kept */
void dg_buffer_cut(struct dg_buffer *b, size_t size_bytes); /* to at most this size */

/* false: the limit would be passed and nothing was added.  What is added must
 * not lie in the buffer itself, which may move as it grows. */
bool dg_buffer_add(struct dg_buffer *b, const void *bytes, size_t size_bytes);
bool dg_buffer_text(struct dg_buffer *b, const char *text);
bool dg_buffer_printf(struct dg_buffer *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
bool dg_buffer_vprintf(struct dg_buffer *b, const char *fmt, va_list args)
    __attribute__((format(printf, 2, 0)));

/* Gives the memory to the caller (dg_free), the buffer is empty again. */
char *dg_buffer_take(struct dg_buffer *b);

#endif
