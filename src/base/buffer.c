/* SPDX-License-Identifier: MIT
 *
 * The growing byte buffer.  Leans on memory.  One byte beyond `capacity` is
 * always allocated, for the NUL.
 */
#include "base/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"

enum { SMALLEST_BYTES = 64 };

/* What every empty buffer points at; never written but with the NUL it holds. */
static char nothing[1];

void dg_buffer_init(struct dg_buffer *b, size_t limit_bytes)
{
    *b = (struct dg_buffer){ .data = nothing, .limit = limit_bytes };
}

void dg_buffer_done(struct dg_buffer *b)
{
    if (b->capacity)
        dg_free(b->data);
    dg_buffer_init(b, b->limit);
}

void dg_buffer_clear(struct dg_buffer *b)
{
    dg_buffer_cut(b, 0);
}

void dg_buffer_cut(struct dg_buffer *b, size_t size_bytes)
{
    if (size_bytes >= b->size)
        return;
    b->size = size_bytes;
    b->data[size_bytes] = '\0';
}

/* Makes room for `more` bytes; doubling keeps a long run of adds linear. */
static bool reserve(struct dg_buffer *b, size_t more)
{
    if (more > b->limit - b->size)
        return false;
    size_t need = b->size + more;
    if (need <= b->capacity)
        return true;
    size_t capacity = b->capacity > b->limit / 2 ? b->limit : b->capacity * 2;
    if (capacity < SMALLEST_BYTES)
        capacity = b->limit < SMALLEST_BYTES ? b->limit : SMALLEST_BYTES;
    if (capacity < need)
        capacity = need;
    b->data = dg_realloc(b->capacity ? b->data : NULL, capacity + 1);
    b->data[b->size] = '\0';
    b->capacity = capacity;
    return true;
}

bool dg_buffer_add(struct dg_buffer *b, const void *bytes, size_t size_bytes)
{
    if (size_bytes == 0)
        return true;
    if (!reserve(b, size_bytes))
        return false;
    memcpy(b->data + b->size, bytes, size_bytes);
    b->size += size_bytes;
    b->data[b->size] = '\0';
    return true;
}

bool dg_buffer_text(struct dg_buffer *b, const char *text)
{
    return dg_buffer_add(b, text, strlen(text));
}

bool dg_buffer_vprintf(struct dg_buffer *b, const char *fmt, va_list args)
{
    va_list again;

    va_copy(again, args);
    int length = vsnprintf(NULL, 0, fmt, again);
    va_end(again);
    if (length <= 0)
        return length == 0;
    if (!reserve(b, (size_t)length))
        return false;
    vsnprintf(b->data + b->size, (size_t)length + 1, fmt, args);
    b->size += (size_t)length;
    return true;
}

bool dg_buffer_printf(struct dg_buffer *b, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    bool ok = dg_buffer_vprintf(b, fmt, args);
    va_end(args);
    return ok;
}

char *dg_buffer_take(struct dg_buffer *b)
{
    char *data = b->capacity ? b->data : dg_strdup("");

    dg_buffer_init(b, b->limit);
    return data;
}
