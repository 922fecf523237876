/* SPDX-License-Identifier: MIT
 *
 * Pools for the tests of core/pool: endpoints in a line, requests that end at once.
 */
#ifndef DG_TESTS_POOL_WORLD_H
#define DG_TESTS_POOL_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "base/secret.h"
#include "core/limiter.h"
#include "core/pool.h"

enum { FULL_MS = DG_POOL_WINDOW_MS + DG_LIMITER_GUARD_MS }; /* a slot counts so long */

static const struct dg_key one_key[] = { { .text = "key-one-0001" } };
static const struct dg_key three_keys[] = { { .text = "key-a-000001" },
                                            { .text = "key-b-000002" },
                                            { .text = "key-c-000003" } };

static inline struct dg_endpoint endpoint(const char *base, unsigned weight, unsigned limit)
{
    return (struct dg_endpoint){ .base = base,
                                 .keys = one_key,
                                 .key_count = 1,
                                 .weight = weight,
                                 .quota = { .requests = limit } };
}

static inline struct dg_endpoint three(const char *base)
{
    return (struct dg_endpoint){ .base = base, .keys = three_keys, .key_count = 3, .weight = 1 };
}

static inline struct dg_pool *make(const struct dg_endpoint *endpoints, size_t count)
{
    struct dg_error err = { 0 };
    struct dg_pool_options options = { .endpoints = endpoints, .count = count };
    struct dg_pool *p = dg_pool_new(&options, &err);
    if (!p)
        fail_msg("%s", err.message);
    return p;
}

static inline struct dg_pick pick_at(struct dg_pool *p, dg_msec now)
{
    struct dg_pick pick;
    dg_msec delay;
    if (!dg_pool_pick(p, NULL, now, &pick, &delay))
        fail_msg("no pick at %lld, wait %lld", (long long)now, (long long)delay);
    return pick;
}

/* What is to be waited for; -1: nothing. */
static inline dg_msec wait_at(struct dg_pool *p, dg_msec now)
{
    struct dg_pick pick;
    dg_msec delay;
    if (dg_pool_pick(p, NULL, now, &pick, &delay))
        fail_msg("a pick at %lld: endpoint %u", (long long)now, pick.endpoint);
    return delay;
}

static inline struct dg_report report_of(enum dg_verdict verdict, enum dg_scope scope, int status)
{
    struct dg_report r = { .judgement = { verdict, scope }, .status = status };
    dg_advice_init(&r.advice);
    return r;
}

static inline void end(struct dg_pool *p, const struct dg_pick *pick, enum dg_verdict verdict,
                       enum dg_scope scope, int status, dg_msec now)
{
    struct dg_report r = report_of(verdict, scope, status);
    dg_pool_report(p, pick, &r, now);
}

static inline void end_ok(struct dg_pool *p, const struct dg_pick *pick, dg_msec now)
{
    end(p, pick, DG_OK, DG_SCOPE_NONE, 200, now);
}

static inline void end_error(struct dg_pool *p, const struct dg_pick *pick, dg_msec now)
{
    end(p, pick, DG_RETRY, DG_SCOPE_NONE, 500, now);
}

static inline void end_unreached(struct dg_pool *p, const struct dg_pick *pick, dg_msec now)
{
    end(p, pick, DG_FAILOVER, DG_SCOPE_REACH, 0, now);
}

/* Picks and ends at once; the endpoint's index. */
static inline unsigned serve(struct dg_pool *p, dg_msec now)
{
    struct dg_pick pick = pick_at(p, now);
    dg_pool_sent(p, &pick, now);
    end_ok(p, &pick, now);
    return pick.endpoint;
}

/* Picks until one goes there, and ends that as told; the others end well. */
static inline void end_one_at(struct dg_pool *p, unsigned wanted, enum dg_verdict verdict,
                              enum dg_scope scope, int status, dg_msec now)
{
    for (int turns = 0; turns < 1000; turns++) {
        struct dg_pick pick = pick_at(p, now);
        if (pick.endpoint == wanted) {
            end(p, &pick, verdict, scope, status, now);
            return;
        }
        end_ok(p, &pick, now);
    }
    fail_msg("nothing goes to endpoint %u", wanted);
}

static inline struct dg_endpoint_stats stats_at(struct dg_pool *p, unsigned k, dg_msec now)
{
    struct dg_endpoint_stats stats;
    dg_pool_stats(p, k, now, &stats);
    return stats;
}

#endif
