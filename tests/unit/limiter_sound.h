/* SPDX-License-Identifier: MIT
 *
 * Whether what a limiter derives is what its slots say, and ways to spoil it.
 * Include after cmocka.h.
 */
#ifndef DG_TESTS_LIMITER_SOUND_H
#define DG_TESTS_LIMITER_SOUND_H

#include <string.h>

#include "core/limiter_slots.h"

/* Each slot once, in the list of its state; the closed ones by their end. */
static inline void assert_lists_sound(struct dg_limiter *l)
{
    uint32_t total = 0;
    for (unsigned state = 0; state < DG_SLOT_STATES; state++) {
        const struct dg_slot_list *list = &l->lists[state];
        uint32_t before = 0, count = 0;
        dg_msec until = INT64_MIN;
        for (uint32_t at = list->first; at; before = at, at = dg_slot_at(l, at)->next) {
            const struct dg_slot *s = dg_slot_at(l, at);
            assert_int_equal(dg_slot_state(s), state);
            assert_int_equal(s->previous, before);
            assert_true(state != DG_SLOT_CLOSED || s->until_ms >= until);
            until = s->until_ms;
            assert_true(++count <= l->fresh);
        }
        assert_int_equal(list->last, before);
        assert_int_equal(list->count, count);
        total += count;
    }
    assert_int_equal(total, l->fresh);
    assert_true(l->fresh <= l->slots);
}

static inline void assert_sums_sound(struct dg_limiter *l)
{
    struct dg_meter sums[DG_LIMITER_METERS] = { { 0 } };
    for (uint32_t place = 1; place <= l->fresh; place++) {
        const struct dg_slot *s = dg_slot_at(l, place);
        if (dg_slot_state(s) == DG_SLOT_FREE)
            continue;
        sums[s->meter].requests++;
        sums[s->meter].images += s->images;
        sums[s->meter].tokens += s->tokens;
    }
    for (uint32_t k = 0; k < l->meters; k++) {
        const struct dg_meter *m = &dg_meters(l)[k];
        assert_int_equal(m->requests, sums[k].requests);
        assert_int_equal(m->images, sums[k].images);
        assert_int_equal(m->tokens, sums[k].tokens);
    }
}

static inline void assert_sound(struct dg_limiter *l)
{
    dg_slots_lock(l);
    assert_lists_sound(l);
    assert_sums_sound(l);
    dg_slots_unlock(l);
}

/* A thread that dies with the lock, and before that with all that is derived. */
static inline void *spoil(void *limiter)
{
    struct dg_limiter *l = limiter;
    dg_slots_lock(l);
    memset(l->lists, 0xAB, sizeof l->lists);
    for (uint32_t k = 0; k < l->meters; k++) {
        struct dg_meter *m = &dg_meters(l)[k];
        *m = (struct dg_meter){ .digest = m->digest, .requests = 99, .tokens = 1 };
    }
    for (uint32_t place = 1; place <= l->fresh; place++)
        dg_slot_at(l, place)->next = dg_slot_at(l, place)->previous = 0xABABABAB;
    return NULL;
}

static inline void die_with_the_lock(struct dg_limiter *l)
{
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, spoil, l), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

#endif
