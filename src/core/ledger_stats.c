/* SPDX-License-Identifier: MIT
 *
 * Figures about the attempts: one pass over all of them, and how long they took
 * in a histogram for each endpoint.
 */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "core/ledger_home.h"
#include "core/ledger_view.h"

/* ---- durations ---- */

/* Buckets are 1 ms wide up to 256 ms and then double their width with each power
 * of two, 128 to each: never wider than 0.8 % of what they hold. */
enum { STEP_BITS = 7, STEPS = 1 << STEP_BITS, LONGEST_BITS = 40 };
enum { BUCKETS = (LONGEST_BITS - STEP_BITS + 1) * STEPS };

static size_t bucket_of(dg_msec duration)
{
    const dg_msec longest = (INT64_C(1) << LONGEST_BITS) - 1;
    uint64_t ms = (uint64_t)(duration < 0 ? 0 : duration > longest ? longest : duration);
    unsigned shift = 0;
    while (ms >> shift >= 2 * STEPS)
        shift++;
    return shift * STEPS + (size_t)(ms >> shift);
}

/* The middle of what falls into it. */
static dg_msec duration_of(size_t bucket)
{
    size_t shift = bucket < 2 * STEPS ? 0 : bucket / STEPS - 1;
    uint64_t low = (uint64_t)(bucket - shift * STEPS) << shift;
    return (dg_msec)(low + ((UINT64_C(1) << shift) - 1) / 2);
}

/* The shortest duration that `percent` of `total` do not pass. */
static dg_msec percentile(const int64_t *histogram, int64_t total, int percent)
{
    int64_t wanted = (total * percent + 99) / 100;
    if (total == 0)
        return -1;
    for (size_t k = 0; k < BUCKETS; k++)
        if ((wanted -= histogram[k]) <= 0)
            return duration_of(k);
    return -1;
}

/* ---- attempts ---- */

/* An endpoint while its attempts are counted. */
struct tally {
    struct dg_endpoint_view seen; /* but for the percentiles */
    int64_t *histogram;           /* of those answered well */
};

struct counting {
    struct dg_ledger_view *view; /* to be filled */
    struct tally *tallies;       /* one an endpoint, in the order of their first attempts */
    size_t count;                /* of them */
    size_t last;                 /* the one the last attempt went to */
    dg_msec since, wall;         /* "lately": after `since`, at `wall` the latest */
};

/* In the order of DG_SQL_ATTEMPTS. */
enum { ENDPOINT, VERDICT, ID, ENDED, DURATION };

static const char *text_of(sqlite3_stmt *s, int column)
{
    const char *text = (const char *)sqlite3_column_text(s, column);
    return text ? text : "";
}

static struct tally *add_tally(struct counting *c, const char *label)
{
    c->tallies = dg_realloc(c->tallies, (c->count + 1) * sizeof *c->tallies);
    c->last = c->count++;
    c->tallies[c->last] = (struct tally){ .seen.label = dg_strdup(label),
                                          .histogram = dg_zalloc(BUCKETS * sizeof(int64_t)) };
    return &c->tallies[c->last];
}

static struct tally *find_tally(struct counting *c, const char *label)
{
    for (size_t k = 0; k < c->count; k++) {
        size_t at = (c->last + k) % c->count;
        if (strcmp(c->tallies[at].seen.label, label) == 0) {
            c->last = at;
            return &c->tallies[at];
        }
    }
    return add_tally(c, label);
}

static void count_ok(struct counting *c, struct tally *t, sqlite3_stmt *s)
{
    dg_msec ended = sqlite3_column_int64(s, ENDED);
    t->seen.ok++;
    t->histogram[bucket_of(sqlite3_column_int64(s, DURATION))]++;
    if (ended > c->since && ended <= c->wall)
        c->view->ended_lately++;
    c->view->ended_in_run += sqlite3_column_int64(s, ID) >> DG_LEDGER_RUN_SHIFT == c->view->run;
}

static void count_attempt(struct counting *c, sqlite3_stmt *s)
{
    struct dg_ledger_view *v = c->view;
    struct tally *t = find_tally(c, text_of(s, ENDPOINT));
    t->seen.attempts++;
    if (sqlite3_column_type(s, ENDED) == SQLITE_NULL) {
        t->seen.open++;
        return;
    }
    if (sqlite3_column_int64(s, ENDED) > v->last_ended)
        v->last_ended = sqlite3_column_int64(s, ENDED);
    if (strcmp(text_of(s, VERDICT), "ok") == 0)
        count_ok(c, t, s);
    else
        t->seen.failed++;
}

static int by_label(const void *a, const void *b)
{
    const struct dg_endpoint_view *one = a, *two = b;
    return strcmp(one->label, two->label);
}

/* Turns the tallies into the view's endpoints. */
static void conclude(struct counting *c)
{
    struct dg_ledger_view *v = c->view;
    v->endpoints = dg_zalloc((c->count + 1) * sizeof *v->endpoints);
    for (size_t k = 0; k < c->count; k++) {
        struct tally *t = &c->tallies[k];
        struct dg_endpoint_view *e = &v->endpoints[v->endpoint_count++];
        *e = t->seen;
        e->p50 = percentile(t->histogram, e->ok, 50);
        e->p90 = percentile(t->histogram, e->ok, 90);
        e->p99 = percentile(t->histogram, e->ok, 99);
        dg_free(t->histogram);
    }
    qsort(v->endpoints, v->endpoint_count, sizeof *v->endpoints, by_label);
    dg_free(c->tallies);
}

static bool count_attempts(struct dg_ledger *l, dg_msec wall, dg_msec span,
                           struct dg_ledger_view *view, struct dg_error *err)
{
    struct counting c = { .view = view, .since = wall - span, .wall = wall };
    bool row, ok;
    sqlite3_stmt *s = dg_home_statement(l, DG_SQL_ATTEMPTS, err);
    if (!s)
        return false;
    while ((ok = dg_home_step(l, s, &row, err)) && row)
        count_attempt(&c, s);
    conclude(&c);
    return ok;
}

/* ---- codes, runs ---- */

static bool find_codes(struct dg_ledger *l, struct dg_ledger_view *view, struct dg_error *err)
{
    bool row, ok;
    sqlite3_stmt *s = dg_home_statement(l, DG_SQL_CODES, err);
    if (!s)
        return false;
    sqlite3_bind_int(s, 1, DG_ERRORS_TOLD);
    view->codes = dg_zalloc(DG_ERRORS_TOLD * sizeof *view->codes);
    while ((ok = dg_home_step(l, s, &row, err)) && row)
        view->codes[view->code_count++] =
            (struct dg_code_view){ .endpoint = dg_strdup(text_of(s, 0)),
                                   .code = dg_strdup(text_of(s, 1)),
                                   .count = sqlite3_column_int64(s, 2) };
    return ok;
}

static bool find_run(struct dg_ledger *l, struct dg_ledger_view *view, struct dg_error *err)
{
    bool row;
    sqlite3_stmt *s = dg_home_statement(l, DG_SQL_LAST_RUN, err);
    if (!s || !dg_home_step(l, s, &row, err))
        return false;
    view->run_code = -1;
    if (row) {
        view->run = sqlite3_column_int64(s, 0);
        view->run_started = sqlite3_column_int64(s, 1);
        view->run_ended = sqlite3_column_int64(s, 2);
        if (sqlite3_column_type(s, 3) != SQLITE_NULL)
            view->run_code = sqlite3_column_int(s, 3);
    }
    sqlite3_reset(s);
    return true;
}

bool dg_ledger_view(struct dg_ledger *l, dg_msec wall, dg_msec span, struct dg_ledger_view *view,
                    struct dg_error *err)
{
    *view = (struct dg_ledger_view){ .run_code = -1 };
    if (!dg_home_look(l, err))
        return false;
    bool ok = find_run(l, view, err) && count_attempts(l, wall, span, view, err) &&
              find_codes(l, view, err);
    dg_home_look_over(l);
    if (!ok)
        dg_ledger_view_done(view);
    return ok;
}

void dg_ledger_view_done(struct dg_ledger_view *view)
{
    for (size_t k = 0; k < view->endpoint_count; k++)
        dg_free(view->endpoints[k].label);
    for (size_t k = 0; k < view->code_count; k++) {
        dg_free(view->codes[k].endpoint);
        dg_free(view->codes[k].code);
    }
    dg_free(view->endpoints);
    dg_free(view->codes);
    *view = (struct dg_ledger_view){ .run_code = -1 };
}
