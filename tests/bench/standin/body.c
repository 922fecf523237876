/* SPDX-License-Identifier: MIT
 *
 * Following a body to its end.
 */
#include "body.h"

#include <string.h>

void body_begin(struct body *b, const struct head *h)
{
    b->is_chunked = h->is_chunked;
    b->has_digits = false;
    b->left = h->body_bytes;
    b->tail_size = 0;
    b->state = h->is_chunked ? BODY_SIZE : b->left > 0 ? BODY_DATA : BODY_OVER;
}

static void keep_tail(struct body *b, const char *bytes, size_t n)
{
    if (n > TAIL_BYTES) {
        bytes += n - TAIL_BYTES;
        n = TAIL_BYTES;
    }
    size_t kept = b->tail_size + n > TAIL_BYTES ? TAIL_BYTES - n : b->tail_size;
    memmove(b->tail, b->tail + b->tail_size - kept, kept);
    memcpy(b->tail + kept, bytes, n);
    b->tail_size = kept + n;
}

static void pass(struct body *b, size_t n)
{
    b->left -= n;
    if (b->left == 0)
        b->state = b->is_chunked ? BODY_SIZE : BODY_OVER;
}

static int hex(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *found = c ? strchr(digits, c >= 'A' && c <= 'F' ? c + 'a' - 'A' : c) : NULL;
    return found ? (int)(found - digits) : -1;
}

/* A character between two runs of data. */
static void take_framing(struct body *b, char c)
{
    int digit = hex(c);
    if (c == '\n' && b->state == BODY_LAST)
        b->state = BODY_OVER;
    else if (c == '\n' && b->has_digits)
        b->state = b->left > 0 ? BODY_DATA : BODY_LAST;
    else if (digit >= 0 && b->state == BODY_SIZE)
        b->left = b->left << 4 | (uint64_t)digit;
    else if (c != '\r' && c != '\n')
        b->state = BODY_BAD;
    b->has_digits = digit >= 0 || (c == '\r' && b->has_digits);
}

size_t body_take(struct body *b, const char *bytes, size_t n)
{
    size_t at = 0;
    while (at < n && b->state != BODY_OVER && b->state != BODY_BAD) {
        if (b->state == BODY_DATA) {
            size_t run = n - at < b->left ? n - at : (size_t)b->left;
            keep_tail(b, bytes + at, run);
            pass(b, run);
            at += run;
        } else {
            take_framing(b, bytes[at++]);
        }
    }
    return at;
}

uint64_t body_unseen(const struct body *b)
{
    return b->state == BODY_DATA && b->left > TAIL_BYTES ? b->left - TAIL_BYTES : 0;
}

void body_skip(struct body *b, size_t n)
{
    b->tail_size = 0;
    pass(b, n);
}
