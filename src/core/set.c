/* SPDX-License-Identifier: MIT
 *
 * The set of numbers: open addressing with linear probing, doubled when seven
 * eighths are taken.  The eight numbers that differ in their low three bits
 * start in one cache line, so counting indexes (the common case) stay cheap.
 * Leans on base/memory.
 */
#include "core/set.h"

#include "base/memory.h"

enum { FIRST_CAPACITY = 64 };

/* The home slot.  The mixing is the end of splitmix64. */
static size_t home(const struct dg_set *s, uint64_t number)
{
    uint64_t x = number >> 3;
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    x ^= x >> 31;
    return (size_t)((x << 3) | (number & 7)) & (s->capacity - 1);
}

/* The slot that holds `number`, or the empty one where it belongs. */
static uint64_t *find(struct dg_set *s, uint64_t number)
{
    size_t i = home(s, number);
    while (s->slots[i] != 0 && s->slots[i] != number)
        i = (i + 1) & (s->capacity - 1);
    return &s->slots[i];
}

static void grow(struct dg_set *s)
{
    struct dg_set bigger = { .capacity = s->capacity ? s->capacity * 2 : FIRST_CAPACITY };
    bigger.slots = dg_zalloc(bigger.capacity * sizeof *bigger.slots);
    for (size_t i = 0; i < s->capacity; i++) {
        if (s->slots[i] != 0)
            *find(&bigger, s->slots[i]) = s->slots[i];
    }
    dg_free(s->slots);
    s->slots = bigger.slots;
    s->capacity = bigger.capacity;
}

void dg_set_init(struct dg_set *s)
{
    *s = (struct dg_set){ 0 };
}

void dg_set_done(struct dg_set *s)
{
    dg_free(s->slots);
    dg_set_init(s);
}

bool dg_set_add(struct dg_set *s, uint64_t number)
{
    if (number == 0) {
        bool fresh = !s->has_zero;
        s->has_zero = true;
        return fresh;
    }
    if (s->count >= s->capacity - s->capacity / 8)
        grow(s);
    uint64_t *slot = find(s, number);
    if (*slot == number)
        return false;
    *slot = number;
    s->count++;
    return true;
}
