/* SPDX-License-Identifier: MIT
 *
 * See pace.h.  Where the numbers come from:
 *
 * - A cut goes to 0.7 of what was in flight: CUBIC's factor (RFC 9438), which
 *   keeps 85 % of a capacity used on average where halving keeps 75 %.  There is
 *   one a latency at most, since what was sent before it still answers.
 * - Until the first cut the width doubles with each round of answers (8 to 256 in
 *   five).  Later it goes half the way each round to what was too much, as BIC's
 *   search does, and waits below it: each probe may cost a row.  After 8 rounds it
 *   grows by 1, 2, 3... a round, by an eighth at most: an answer may take half a
 *   minute, and by 1 alone a capacity that rose would be found in hours.
 * - Edits of pictures differ in latency by a factor of 5 by themselves, which in
 *   logarithms is a deviation of about 0.46 (even between the two ends).  An
 *   average with the weight 1/32 has 0.06 then, so 1.5 times the latency of before
 *   (0.41) is seven deviations: not chance, but it may be that the pictures are
 *   larger now.  So a cut for latency is on trial: what was sent before it answers,
 *   then a round of answers, 128 at least, is averaged.  Where requests wait for
 *   each other the latency falls as the width does, to 0.75 or less.  (What is under
 *   way at one moment takes longer than the mean, in logarithms by the variance.)  If
 *   it does not, the cut is undone and the longer latency is what is normal: or was it the
 *   trial of a change that went on meanwhile?  So the next cut that helps is followed
 *   by others, until one does not.
 */
#include "core/pace.h"

#include <math.h>

static const double CUT = 0.7;              /* of what was in flight */
static const double CUT_MOST = 0.5;         /* the deepest for latency */
static const double CUT_LEAST = 0.75;       /* and the slightest */
static const double RISEN = 1.5;            /* times the latency of before: it queues */
static const double HELPED = 0.87;          /* times the latency before a cut, or less */
static const double FAST_WEIGHT = 1.0 / 32; /* of a new latency */
static const double BASE_WEIGHT = 1.0 / 64; /* of a faster average */

enum { BASE_SAMPLES = 16, FAST_SAMPLES = 32, TRIAL_SAMPLES = 128, CALM_ROUNDS = 8 };
enum { PERIOD_LEAST_MS = 1000 };

static void set_width(struct dg_pace *p, double width)
{
    p->width = fmin(fmax(width, p->least), p->most);
    atomic_store_explicit(&p->now_wide, (unsigned)p->width, memory_order_relaxed);
}

void dg_pace_init(struct dg_pace *p, unsigned least, unsigned most)
{
    *p = (struct dg_pace){ .most = most > 0 ? most : 1, .doubtful = true };
    p->least = least < 1 ? 1 : least < p->most ? least : p->most;
    p->cut_ms = INT64_MIN / 2;
    dg_mutex_init(&p->mutex);
    set_width(p, DG_PACE_START);
}

unsigned dg_pace_width(const struct dg_pace *p)
{
    return atomic_load_explicit(&p->now_wide, memory_order_relaxed);
}

/* A mean of the first latencies, then an average that forgets.  The base is what
 * the first ones give, and follows downwards alone. */
static void learn(struct dg_pace *p, double sample)
{
    if (p->samples < FAST_SAMPLES)
        p->samples++;
    p->fast += (sample - p->fast) * fmax(FAST_WEIGHT, 1.0 / p->samples);
    if (p->samples <= BASE_SAMPLES)
        p->base = p->fast;
    else if (p->fast < p->base)
        p->base += (p->fast - p->base) * BASE_WEIGHT;
}

static void cut(struct dg_pace *p, double width, dg_msec now)
{
    p->settled = true;
    p->clean_rounds = 0;
    p->in_round = 0;
    p->cut_ms = now;
    p->on_trial = 0;
    set_width(p, width);
}

/* What was sent with the width of before the last cut has answered by now. */
static bool may_cut(const struct dg_pace *p, dg_msec now)
{
    double period = fmax(PERIOD_LEAST_MS, p->samples > 0 ? exp(p->base) : 0);
    return (double)(now - p->cut_ms) >= period;
}

static void refused(struct dg_pace *p, unsigned in_flight, dg_msec now)
{
    if (!may_cut(p, now))
        return;
    double used = fmin(p->width, in_flight);
    cut(p, used * CUT, now);
    p->ceiling = used - 1;
}

/* As far as the latency says that the width is past what is served at once.  While
 * the width doubles, what answers now was sent with half of it. */
static void cut_for_latency(struct dg_pace *p, bool chained, dg_msec now)
{
    double before = p->width;
    double factor = fmin(fmax(exp(p->base - p->fast) * 1.1, CUT_MOST), CUT_LEAST);
    bool doubling = !p->settled && before < p->most;
    cut(p, before * factor * (doubling ? 0.5 : 1), now);
    p->sum = p->squares = 0;
    p->ceiling = 0;
    p->chained = chained;
    p->before_cut = before;
    p->judged = before > TRIAL_SAMPLES ? (unsigned)before : TRIAL_SAMPLES;
    p->on_trial = (unsigned)before + p->judged;
}

/* A cut that did not help is undone. */
static void judge(struct dg_pace *p, dg_msec now)
{
    double after = p->sum / p->judged;
    double variance = p->squares / p->judged - after * after;
    if (after - (p->slow - variance) > log(HELPED)) {
        p->base = p->fast = after;
        p->doubtful = !p->chained;
        set_width(p, p->before_cut);
    } else if (p->doubtful) {
        cut_for_latency(p, true, now);
    }
}

/* true while a cut is on trial: an answer came.  First comes what was sent before. */
static bool on_trial(struct dg_pace *p, double sample, dg_msec now)
{
    if (p->on_trial == 0)
        return false;
    p->sum += sample;
    p->squares += sample * sample;
    if (--p->on_trial == p->judged) {
        p->slow = p->sum / (unsigned)p->before_cut;
        p->sum = p->squares = 0;
    }
    if (p->on_trial == 0)
        judge(p, now);
    return true;
}

/* How much wider a round of answers makes it, and how far it may go by that. */
static double step_of(const struct dg_pace *p, double *limit)
{
    bool calm = p->ceiling > 0 && p->clean_rounds < CALM_ROUNDS;
    *limit = calm ? fmax(p->ceiling, p->width) : p->most;
    if (!p->settled)
        return p->width;
    if (calm)
        return fmax((p->ceiling - p->width) / 2, 1);
    unsigned rounds = p->clean_rounds - (p->ceiling > 0 ? CALM_ROUNDS : 0);
    return fmin(1 + rounds, 1 + p->width / 8);
}

/* A share of the round's step for each answer, while nearly all of it is used. */
static void grow(struct dg_pace *p, unsigned in_flight)
{
    double limit;
    if (in_flight + in_flight / 8 + 1 < (unsigned)p->width)
        return;
    double step = step_of(p, &limit);
    if (++p->in_round >= (unsigned)p->width) {
        p->in_round = 0;
        p->clean_rounds++;
    }
    set_width(p, fmin(p->width + step / p->width, limit));
}

static void answered(struct dg_pace *p, dg_msec latency_ms, unsigned in_flight, dg_msec now)
{
    double sample = log((double)latency_ms + 1);
    learn(p, sample);
    if (on_trial(p, sample, now))
        return;
    if (p->samples == FAST_SAMPLES && p->fast - p->base > log(RISEN) && may_cut(p, now))
        cut_for_latency(p, false, now);
    else
        grow(p, in_flight);
}

void dg_pace_ended(struct dg_pace *p, bool too_many, dg_msec latency_ms, unsigned in_flight,
                   dg_msec now)
{
    dg_mutex_lock(&p->mutex);
    if (too_many)
        refused(p, in_flight, now);
    else if (latency_ms >= 0)
        answered(p, latency_ms, in_flight, now);
    dg_mutex_unlock(&p->mutex);
}
