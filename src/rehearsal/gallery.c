/* SPDX-License-Identifier: MIT
 *
 * The cache of sketches.
 */
#include "rehearsal/gallery.h"

#include <string.h>

#include "base/hash.h"
#include "base/memory.h"
#include "rehearsal/decode.h"

struct entry {
    struct dg_exhibit exhibit; /* first, so that one points to the other */
    uint64_t used;             /* when it was last asked for, in questions */
    unsigned held;             /* answers that will still need it */
};

struct dg_gallery {
    size_t limit;           /* bytes of PNG to keep */
    size_t bytes;           /* held now */
    struct entry **entries; /* in no order */
    size_t count;           /* how many */
    size_t room;            /* how many there is memory for */
    uint64_t questions;     /* so far */
};

struct dg_gallery *dg_gallery_new(size_t limit)
{
    struct dg_gallery *g = dg_zalloc(sizeof(*g));
    g->limit = limit;
    return g;
}

static void drop(struct dg_gallery *g, size_t i)
{
    struct entry *entry = g->entries[i];
    g->bytes -= entry->exhibit.sketch->png.size;
    g->entries[i] = g->entries[--g->count];
    dg_sketch_free(entry->exhibit.sketch);
    dg_free(entry);
}

void dg_gallery_free(struct dg_gallery *g)
{
    if (!g)
        return;
    while (g->count > 0)
        drop(g, g->count - 1);
    dg_free(g->entries);
    dg_free(g);
}

static bool drop_oldest(struct dg_gallery *g)
{
    size_t oldest = g->count;

    for (size_t i = 0; i < g->count; i++) {
        if (g->entries[i]->held == 0 &&
            (oldest == g->count || g->entries[i]->used < g->entries[oldest]->used))
            oldest = i;
    }
    if (oldest == g->count)
        return false;
    drop(g, oldest);
    return true;
}

static struct dg_exhibit *hold(struct dg_gallery *g, struct entry *entry)
{
    entry->used = ++g->questions;
    entry->held++;
    return &entry->exhibit;
}

struct dg_exhibit *dg_gallery_find(struct dg_gallery *g, uint64_t id)
{
    for (size_t i = 0; i < g->count; i++) {
        if (g->entries[i]->exhibit.id == id)
            return hold(g, g->entries[i]);
    }
    return NULL;
}

void dg_gallery_release(struct dg_gallery *g, struct dg_exhibit *e)
{
    (void)g;
    if (e)
        ((struct entry *)e)->held--;
}

static struct dg_exhibit *add(struct dg_gallery *g, uint64_t id, struct dg_sketch *sketch)
{
    struct entry *entry = dg_zalloc(sizeof(*entry));

    entry->exhibit.id = id;
    entry->exhibit.sketch = sketch;
    while (g->bytes + sketch->png.size > g->limit && drop_oldest(g))
        continue;
    if (g->count == g->room) {
        g->room = g->room ? 2 * g->room : 64;
        g->entries = dg_realloc(g->entries, g->room * sizeof(struct entry *));
    }
    g->entries[g->count++] = entry;
    g->bytes += sketch->png.size;
    return hold(g, entry);
}

static struct dg_sketch *make(const struct dg_form_part *const *parts, size_t count, unsigned *bad)
{
    struct dg_plane planes[DG_FORM_PARTS_MAX] = { { .width = 0 } };
    struct dg_sketch *sketch = NULL;
    size_t made = 0;

    while (made < count &&
           dg_decode((const uint8_t *)parts[made]->bytes.data, parts[made]->size, &planes[made]))
        made++;
    *bad = made < count ? (unsigned)made + 1 : 0;
    if (made == count)
        sketch = dg_sketch_new(planes, count);
    for (size_t i = 0; i < made; i++)
        dg_plane_done(&planes[i]);
    return sketch;
}

/* The digest of all digests, cut to what a URL carries well. */
static uint64_t digest(const struct dg_form_part *const *parts, size_t count)
{
    char all[DG_FORM_PARTS_MAX * (DG_HASH_HEX_BYTES - 1)];
    uint8_t bytes[DG_HASH_BYTES];
    uint64_t id;

    for (size_t i = 0; i < count; i++)
        memcpy(all + i * (DG_HASH_HEX_BYTES - 1), parts[i]->sha256, DG_HASH_HEX_BYTES - 1);
    dg_hash(all, count * (DG_HASH_HEX_BYTES - 1), bytes);
    memcpy(&id, bytes, sizeof(id));
    return id;
}

struct dg_exhibit *dg_gallery_show(struct dg_gallery *g, const struct dg_form_part *const *parts,
                                   size_t count, unsigned *bad)
{
    uint64_t id = digest(parts, count);
    struct dg_exhibit *known = dg_gallery_find(g, id);

    *bad = 0;
    if (known)
        return known;
    struct dg_sketch *sketch = make(parts, count, bad);
    return sketch ? add(g, id, sketch) : NULL;
}

struct dg_exhibit *dg_gallery_fixed(struct dg_gallery *g)
{
    struct dg_exhibit *known = dg_gallery_find(g, 0);
    struct dg_plane plane;

    if (known)
        return known;
    dg_sketch_fixed_plane(&plane);
    struct dg_sketch *sketch = dg_sketch_new(&plane, 1);
    dg_plane_done(&plane);
    return add(g, 0, sketch);
}
