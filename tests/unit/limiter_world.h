/* SPDX-License-Identifier: MIT
 *
 * A limiter in shared memory, its caps and a source of numbers, for the tests of
 * limiters.  Include after cmocka.h.
 */
#ifndef DG_TESTS_LIMITER_WORLD_H
#define DG_TESTS_LIMITER_WORLD_H

#include "base/shared.h"
#include "core/limiter.h"

static const uint16_t METERS[] = { 0, 1, 2, 3, 4, 5, 6, 7 };

static inline struct dg_limiter *make_limiter(unsigned meters, unsigned slots)
{
    struct dg_limiter *l = dg_shared_new(dg_limiter_size(meters, slots));
    assert_non_null(l);
    dg_limiter_init(l, meters, slots);
    for (unsigned k = 0; k < meters; k++)
        assert_int_equal(dg_limiter_meter(l, 1000 + k), (int)k);
    return l;
}

static inline void free_limiter(struct dg_limiter *l, unsigned meters, unsigned slots)
{
    dg_shared_free(l, dg_limiter_size(meters, slots));
}

/* `count` meters from `first`. */
static inline struct dg_cap cap_of(unsigned first, size_t count, unsigned requests)
{
    return (struct dg_cap){ .meters = &METERS[first],
                            .count = count,
                            .most = { .requests = requests } };
}

static inline struct dg_quota used_of(struct dg_limiter *l, const struct dg_cap *cap, dg_msec now)
{
    struct dg_quota used;
    dg_limiter_use(l, cap, now, &used);
    return used;
}

static inline uint64_t next_number(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return *seed >> 33;
}

#endif
