/* SPDX-License-Identifier: MIT
 *
 * SVG by its text: a BOM, white space, an XML declaration, comments and a
 * DOCTYPE may stand before <svg.  Leans on core/image_view.h.
 */
#include "core/image_view.h"

#include <string.h>

/* Text not yet looked at. */
struct text {
    const char *at;
    size_t left;
};

static bool starts(const struct text *t, const char *word)
{
    size_t n = strlen(word);
    return t->left >= n && memcmp(t->at, word, n) == 0;
}

static void skip(struct text *t, size_t n)
{
    t->at += n;
    t->left -= n;
}

static void skip_space(struct text *t)
{
    while (t->left > 0 && memchr(" \t\r\n", *t->at, 4))
        skip(t, 1);
}

/* Goes behind the next `word`; false if there is none. */
static bool skip_past(struct text *t, const char *word)
{
    const char *found = memmem(t->at, t->left, word, strlen(word));
    if (!found)
        return false;
    skip(t, (size_t)(found - t->at) + strlen(word));
    return true;
}

/* Goes behind a DOCTYPE, which may hold declarations in brackets. */
static bool skip_doctype(struct text *t)
{
    const char *bracket = memchr(t->at, '[', t->left);
    const char *end = memchr(t->at, '>', t->left);
    if (bracket && end && bracket < end && !skip_past(t, "]"))
        return false;
    return skip_past(t, ">");
}

/* Goes behind one thing that may stand before the root element; false: none. */
static bool skip_prolog(struct text *t)
{
    skip_space(t);
    if (starts(t, "<?"))
        return skip_past(t, "?>");
    if (starts(t, "<!--"))
        return skip_past(t, "-->");
    if (starts(t, "<!DOCTYPE svg"))
        return skip_doctype(t);
    return false;
}

bool dg_image_svg(struct dg_view *v, struct dg_image_info *info)
{
    (void)info;
    const uint8_t *first = dg_view_at(v, 0, 1);
    if (!first)
        return false;
    struct text t = { (const char *)first, v->size };
    if (starts(&t, "\xef\xbb\xbf"))
        skip(&t, 3);
    while (skip_prolog(&t))
        ;
    if (starts(&t, "<svg:"))
        skip(&t, 5);
    else if (starts(&t, "<"))
        skip(&t, 1);
    else
        return false;
    if (!starts(&t, "svg"))
        return false;
    skip(&t, 3);
    return t.left > 0 && memchr(" \t\r\n>/", *t.at, 6);
}
