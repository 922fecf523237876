/* SPDX-License-Identifier: MIT
 *
 * Slots and what is derived from them, see limiter_slots.h.
 */
#include "core/limiter_slots.h"

#include <string.h>

/* The most of one slot, so that no sum of slots can overflow. */
static const uint64_t TOKENS_MOST = UINT64_C(1) << (64 - DG_SLOT_PLACE_BITS);

static const uint64_t ONE_USE = UINT64_C(1) << DG_SLOT_STATE_BITS;

static uint64_t bounded(uint64_t tokens)
{
    return tokens < TOKENS_MOST ? tokens : TOKENS_MOST;
}

/* What was written before is there when the word is, whenever the process dies;
 * what follows is not there before.  The processor keeps that order for itself
 * and for who comes after its death; the compiler is told to. */
static void set_word(struct dg_slot *s, uint64_t word)
{
    atomic_signal_fence(memory_order_seq_cst);
    atomic_store_explicit(&s->word, word, memory_order_relaxed);
    atomic_signal_fence(memory_order_seq_cst);
}

static void set_state(struct dg_slot *s, enum dg_slot_state state)
{
    uint64_t word = atomic_load_explicit(&s->word, memory_order_relaxed);
    set_word(s, (word & ~(ONE_USE - 1)) | state);
}

/* Puts a slot behind `after`, 0: first. */
static void list_add(struct dg_limiter *l, struct dg_slot_list *list, uint32_t place,
                     uint32_t after)
{
    struct dg_slot *s = dg_slot_at(l, place);
    s->previous = after;
    s->next = after ? dg_slot_at(l, after)->next : list->first;
    *(after ? &dg_slot_at(l, after)->next : &list->first) = place;
    *(s->next ? &dg_slot_at(l, s->next)->previous : &list->last) = place;
    list->count++;
}

static void list_remove(struct dg_limiter *l, struct dg_slot_list *list, uint32_t place)
{
    struct dg_slot *s = dg_slot_at(l, place);
    *(s->previous ? &dg_slot_at(l, s->previous)->next : &list->first) = s->next;
    *(s->next ? &dg_slot_at(l, s->next)->previous : &list->last) = s->previous;
    list->count--;
}

/* Into the closed ones, by its end: nearly always that is last. */
static void list_closed(struct dg_limiter *l, uint32_t place)
{
    struct dg_slot_list *closed = &l->lists[DG_SLOT_CLOSED];
    dg_msec until_ms = dg_slot_at(l, place)->until_ms;
    uint32_t after = closed->last;
    while (after && dg_slot_at(l, after)->until_ms > until_ms)
        after = dg_slot_at(l, after)->previous;
    list_add(l, closed, place, after);
}

static void count_slot(struct dg_limiter *l, const struct dg_slot *s)
{
    struct dg_meter *m = &dg_meters(l)[s->meter];
    m->requests++;
    m->images += s->images;
    m->tokens += s->tokens;
}

static void discount_slot(struct dg_limiter *l, const struct dg_slot *s)
{
    struct dg_meter *m = &dg_meters(l)[s->meter];
    m->requests--;
    m->images -= s->images;
    m->tokens -= s->tokens;
}

/* Merges two chains (by `next`, in the order of their ends). */
static uint32_t merge(struct dg_limiter *l, uint32_t one, uint32_t other)
{
    uint32_t first = 0;
    uint32_t *end = &first;
    while (one && other) {
        bool swap = dg_slot_at(l, other)->until_ms < dg_slot_at(l, one)->until_ms;
        uint32_t *lesser = swap ? &other : &one;
        *end = *lesser;
        end = &dg_slot_at(l, *lesser)->next;
        *lesser = *end;
    }
    *end = one ? one : other;
    return first;
}

/* Sorts a chain: bin k holds a sorted chain of 2^k slots, or none. */
static uint32_t sort(struct dg_limiter *l, uint32_t first)
{
    uint32_t bins[DG_SLOT_PLACE_BITS + 1] = { 0 };
    uint32_t sorted = 0;
    while (first) {
        uint32_t chain = first;
        size_t k = 0;
        first = dg_slot_at(l, chain)->next;
        dg_slot_at(l, chain)->next = 0;
        for (; bins[k]; bins[k++] = 0)
            chain = merge(l, bins[k], chain);
        bins[k] = chain;
    }
    for (size_t k = 0; k <= DG_SLOT_PLACE_BITS; k++)
        sorted = merge(l, bins[k], sorted);
    return sorted;
}

static void sort_closed(struct dg_limiter *l)
{
    struct dg_slot_list *closed = &l->lists[DG_SLOT_CLOSED];
    closed->first = sort(l, closed->first);
    closed->last = 0;
    for (uint32_t at = closed->first; at; at = dg_slot_at(l, at)->next) {
        dg_slot_at(l, at)->previous = closed->last;
        closed->last = at;
    }
}

/* Lists and sums from the slots' states. */
static void rebuild(struct dg_limiter *l)
{
    memset(l->lists, 0, sizeof l->lists);
    for (uint32_t k = 0; k < l->meters; k++)
        dg_meters(l)[k] = (struct dg_meter){ .digest = dg_meters(l)[k].digest };
    for (uint32_t place = 1; place <= l->fresh; place++) {
        enum dg_slot_state state = dg_slot_state(dg_slot_at(l, place));
        struct dg_slot_list *list = &l->lists[state];
        list_add(l, list, place, list->last);
        if (state != DG_SLOT_FREE)
            count_slot(l, dg_slot_at(l, place));
    }
    sort_closed(l);
}

void dg_slots_lock(struct dg_limiter *l)
{
    if (dg_mutex_lock(&l->mutex))
        rebuild(l);
}

void dg_slots_unlock(struct dg_limiter *l)
{
    dg_mutex_unlock(&l->mutex);
}

bool dg_slots_room(const struct dg_limiter *l)
{
    return l->lists[DG_SLOT_FREE].count > 0 || l->fresh < l->slots;
}

/* A free place.  Those that were used come first: memory is touched as needed. */
static uint32_t take_place(struct dg_limiter *l)
{
    struct dg_slot_list *list = &l->lists[DG_SLOT_FREE];
    if (list->count == 0) {
        atomic_store_explicit(&l->fresh, l->fresh + 1, memory_order_relaxed);
        list_add(l, list, l->fresh, 0);
    }
    uint32_t place = list->first;
    list_remove(l, list, place);
    return place;
}

uint64_t dg_slots_open(struct dg_limiter *l, const struct dg_take *t)
{
    uint32_t place = take_place(l);
    struct dg_slot *s = dg_slot_at(l, place);
    s->tokens = bounded(t->load.tokens);
    s->images = t->load.images;
    s->hold_ms = t->window_ms + t->guard_ms;
    s->owner = dg_owner_of(t->owner);
    s->meter = (uint16_t)t->meter;
    uint64_t use = (atomic_load_explicit(&s->word, memory_order_relaxed) / ONE_USE) + 1;
    set_word(s, use * ONE_USE + DG_SLOT_OPEN);
    list_add(l, &l->lists[DG_SLOT_OPEN], place, l->lists[DG_SLOT_OPEN].last);
    count_slot(l, s);
    return use << DG_SLOT_PLACE_BITS | place;
}

uint32_t dg_slots_find(struct dg_limiter *l, uint64_t number)
{
    uint32_t place = (uint32_t)(number & ((1u << DG_SLOT_PLACE_BITS) - 1));
    if (place == 0 || place > l->fresh)
        return 0;
    uint64_t word = atomic_load_explicit(&dg_slot_at(l, place)->word, memory_order_relaxed);
    return word / ONE_USE == number >> DG_SLOT_PLACE_BITS ? place : 0;
}

void dg_slots_close(struct dg_limiter *l, uint32_t place, dg_msec now)
{
    struct dg_slot *s = dg_slot_at(l, place);
    s->until_ms = now + s->hold_ms;
    set_state(s, DG_SLOT_CLOSED);
    list_remove(l, &l->lists[DG_SLOT_OPEN], place);
    list_closed(l, place);
}

void dg_slots_free(struct dg_limiter *l, uint32_t place)
{
    struct dg_slot *s = dg_slot_at(l, place);
    struct dg_slot_list *from = &l->lists[dg_slot_state(s)];
    set_state(s, DG_SLOT_FREE);
    list_remove(l, from, place);
    list_add(l, &l->lists[DG_SLOT_FREE], place, 0);
    discount_slot(l, s);
}

void dg_slots_weigh(struct dg_limiter *l, uint32_t place, uint64_t tokens)
{
    struct dg_slot *s = dg_slot_at(l, place);
    discount_slot(l, s);
    s->tokens = bounded(tokens);
    count_slot(l, s);
}
