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

static void read_boundary(struct head *h, const char *text)
{
    const char *type = value_of(text, "\r\nContent-Type:");
    const char *at = type ? strcasestr(type, "boundary=") : NULL;
    if (!at || strncasecmp(type, "multipart/form-data", 19) != 0)
        return;
    at += strlen("boundary=");
    at += *at == '"';
    size_t n = strcspn(at, "\"; \r");
    if (n > BOUNDARY_CHARS)
        return;
    memcpy(h->boundary, at, n);
    h->boundary[n] = '\0';
}

void head_read(struct head *h, const char *text)
{
    const char *size = value_of(text, "\r\nContent-Length:");
    *h = (struct head){ .body_bytes = size ? strtoull(size, NULL, 10) : 0,
                        .is_chunked = value_is(text, "\r\nTransfer-Encoding:", "chunked"),
                        .is_edit = is_post_of_edit(text),
                        .keeps = !value_is(text, "\r\nConnection:", "close"),
                        .expects = value_is(text, "\r\nExpect:", "100-continue") };
    read_boundary(h, text);
}

bool head_closed_by(const struct head *h, const char *tail, size_t n)
{
    char end[BOUNDARY_CHARS + 8];
    size_t size = (size_t)snprintf(end, sizeof end, "\r\n--%s--", h->boundary);
    if (n >= 2 && memcmp(tail + n - 2, "\r\n", 2) == 0)
        n -= 2;
    return h->boundary[0] && n >= size && memcmp(tail + n - size, end, size) == 0;
}
