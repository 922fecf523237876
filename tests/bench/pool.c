/* SPDX-License-Identifier: MIT
 *
 * What a pick costs: nanoseconds for a pick and its report, in pools of endpoints
 * and keys.  Figures for people; no test, since a stopwatch fails on a busy machine.
 *
 *     build/release/tests/bench/bench_pool [ENDPOINTS KEYS]        default 50 20
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/pool.h"

enum { MOST_KEYS = 4096, PICKS = 200000, RUNS = 5 };

static struct dg_key keys[MOST_KEYS];
static char names[MOST_KEYS][24];

static double nanoseconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static struct dg_pool *make(unsigned count, unsigned key_count, unsigned limit)
{
    static struct dg_endpoint endpoints[DG_POOL_ENDPOINTS];
    struct dg_error err;
    for (unsigned k = 0; k < key_count; k++) {
        snprintf(names[k], sizeof names[k], "key-%u", k);
        keys[k].text = names[k];
    }
    for (unsigned k = 0; k < count; k++)
        endpoints[k] = (struct dg_endpoint){ .base = "http://a.example/v1",
                                             .keys = keys,
                                             .key_count = key_count,
                                             .weight = 1 + k % 5,
                                             .quota = { .requests = limit } };
    struct dg_pool *p =
        dg_pool_new(&(struct dg_pool_options){ .endpoints = endpoints, .count = count }, &err);
    if (!p)
        fprintf(stderr, "%s\n", err.message);
    return p;
}

/* The best of some runs; `ended`: with its report. */
static double measure(struct dg_pool *p, bool ended)
{
    struct dg_want want = { .model = "gpt-image-2", .images = 1 };
    struct dg_report report = { .judgement = { DG_OK, DG_SCOPE_NONE }, .status = 200 };
    struct dg_pick pick;
    double best = 1e18;
    dg_msec now = 1, delay;
    for (int run = 0; run < RUNS; run++) {
        double begun = nanoseconds();
        for (int k = 0; k < PICKS; k++) {
            if (dg_pool_pick(p, &want, now += k % 100 == 0, &pick, &delay) && ended)
                dg_pool_report(p, &pick, &report, now);
        }
        double spent = (nanoseconds() - begun) / PICKS;
        best = spent < best ? spent : best;
    }
    return best;
}

static void tell(const char *what, unsigned count, unsigned key_count, unsigned limit, bool ended)
{
    struct dg_pool *p = make(count, key_count, limit);
    if (!p)
        return;
    printf("%-36s %3u x %-4u %6.0f ns\n", what, count, key_count, measure(p, ended));
    dg_pool_free(p);
}

int main(int argc, char **argv)
{
    unsigned count = argc > 2 ? (unsigned)strtoul(argv[1], NULL, 10) : 50;
    unsigned key_count = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 20;
    if (count < 1 || count > DG_POOL_ENDPOINTS || key_count < 1 || key_count > MOST_KEYS) {
        fprintf(stderr, "usage: bench_pool [ENDPOINTS KEYS]\n");
        return 2;
    }
    tell("pick, no limits", count, key_count, 0, false);
    tell("pick and report, no limits", count, key_count, 0, true);
    tell("pick and report, limits with room", count, key_count, 1000000, true);
    tell("pick in vain, all are full", count, key_count, 10, false);
    return 0;
}
