/* SPDX-License-Identifier: MIT
 *
 * Reading heads with little effort: each header wanted is searched for.
 */
#include "head.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* `start` is "\r\nname:"; NULL without that header. */
static const char *value_of(const char *text, const char *start)
{
    const char *found = strcasestr(text, start);
    if (!found)
        return NULL;
    found += strlen(start);
    return found + strspn(found, " \t");
}

static bool value_is(const char *text, const char *start, const char *word)
{
    const char *value = value_of(text, start);
    return value && strncasecmp(value, word, strlen(word)) == 0;
}

static bool is_post_of_edit(const char *text)
{
    static const char path[] = "/images/edits";
    if (strncmp(text, "POST ", 5) != 0)
        return false;
    size_t end = 5 + strcspn(text + 5, " ?\r");
    return end >= 5 + strlen(path) && memcmp(text + end - strlen(path), path, strlen(path)) == 0;
}

static bool read_boundary(struct head *h, const char *text)
{
    const char *type = value_of(text, "\r\nContent-Type:");
    if (!type || strncasecmp(type, "multipart/form-data", 19) != 0)
        return false;
    const char *at = strcasestr(type, "boundary=");
    if (!at)
        return false;
    at += strlen("boundary=");
    at += *at == '"';
    size_t n = strcspn(at, "\"; \r");
    if (n == 0 || n > BOUNDARY_CHARS)
        return false;
    memcpy(h->boundary, at, n);
    h->boundary[n] = '\0';
    return true;
}

void head_read(struct head *h, const char *text)
{
    const char *size = value_of(text, "\r\nContent-Length:");
    bool is_known = size && !value_of(text, "\r\nTransfer-Encoding:");
    h->body_bytes = is_known ? strtoull(size, NULL, 10) : 0;
    h->is_edit = is_known && is_post_of_edit(text) && read_boundary(h, text);
    h->keeps = is_known && !value_is(text, "\r\nConnection:", "close");
    h->expects = value_is(text, "\r\nExpect:", "100-continue");
}

bool head_closed_by(const struct head *h, const char *tail, size_t n)
{
    char end[BOUNDARY_CHARS + 8];
    size_t size = (size_t)snprintf(end, sizeof end, "\r\n--%s--", h->boundary);
    if (n >= 2 && memcmp(tail + n - 2, "\r\n", 2) == 0)
        n -= 2;
    return n >= size && memcmp(tail + n - size, end, size) == 0;
}
