/* SPDX-License-Identifier: MIT
 *
 * One ring of moments a key: the oldest of `limit` decides.
 */
#include "rehearsal/quota.h"

#include <string.h>

#include "base/memory.h"

enum { NO_LIMIT = 1000000 }; /* what the headers say where there is none */

struct key {
    uint64_t digest;  /* which key */
    dg_msec *moments; /* the last `limit` requests taken, a ring */
    unsigned count;   /* in the window at the last look */
    unsigned first;   /* place of the oldest of them */
    uint64_t used;    /* when it was last looked up, in look-ups */
};

struct dg_quota {
    unsigned limit;   /* requests a window, 0 = none */
    struct key *keys; /* all that were seen */
    size_t count;     /* how many, at most DG_QUOTA_KEYS_MAX */
    size_t room;      /* how many there is memory for */
    uint64_t lookups; /* so far */
};

struct dg_quota *dg_quota_new(unsigned limit)
{
    struct dg_quota *q = dg_zalloc(sizeof(*q));
    q->limit = limit;
    return q;
}

void dg_quota_free(struct dg_quota *q)
{
    if (!q)
        return;
    for (size_t i = 0; i < q->count; i++)
        dg_free(q->keys[i].moments);
    dg_free(q->keys);
    dg_free(q);
}

/* A place for a new key; when all are taken, that of the longest unused. */
static struct key *make_room(struct dg_quota *q)
{
    if (q->count < DG_QUOTA_KEYS_MAX) {
        if (q->count == q->room) {
            q->room = q->room ? 2 * q->room : 16;
            q->keys = dg_realloc(q->keys, q->room * sizeof(*q->keys));
        }
        return &q->keys[q->count++];
    }
    struct key *oldest = &q->keys[0];
    for (size_t i = 1; i < q->count; i++) {
        if (q->keys[i].used < oldest->used)
            oldest = &q->keys[i];
    }
    dg_free(oldest->moments);
    return oldest;
}

static struct key *find(struct dg_quota *q, uint64_t digest)
{
    for (size_t i = 0; i < q->count; i++) {
        if (q->keys[i].digest == digest)
            return &q->keys[i];
    }
    struct key *key = make_room(q);
    memset(key, 0, sizeof(*key));
    key->digest = digest;
    if (q->limit > 0)
        key->moments = dg_alloc(q->limit * sizeof(*key->moments));
    return key;
}

static void forget_old(struct key *key, unsigned limit, dg_msec now)
{
    while (key->count > 0 && key->moments[key->first] <= now - DG_QUOTA_WINDOW_MS) {
        key->first = (key->first + 1) % limit;
        key->count--;
    }
}

bool dg_quota_take(struct dg_quota *q, uint64_t digest, dg_msec now, struct dg_quota_state *state)
{
    struct key *key = find(q, digest);

    key->used = ++q->lookups;
    *state = (struct dg_quota_state){ .limit = NO_LIMIT, .remaining = NO_LIMIT - 1 };
    if (q->limit == 0)
        return true;
    forget_old(key, q->limit, now);
    bool taken = key->count < q->limit;
    if (taken)
        key->moments[(key->first + key->count++) % q->limit] = now;
    unsigned newest = (key->first + key->count - 1) % q->limit;
    state->limit = q->limit;
    state->remaining = q->limit - key->count;
    state->reset_ms = key->moments[newest] + DG_QUOTA_WINDOW_MS - now;
    state->retry_ms = taken ? 0 : key->moments[key->first] + DG_QUOTA_WINDOW_MS - now;
    return taken;
}

size_t dg_quota_keys(const struct dg_quota *q)
{
    return q->count;
}
