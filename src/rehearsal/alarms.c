/* SPDX-License-Identifier: MIT
 *
 * A binary heap whose members know their places.
 */
#include "rehearsal/alarms.h"

#include <string.h>

#include "base/memory.h"

void dg_alarms_done(struct dg_alarms *t)
{
    dg_free(t->heap);
    memset(t, 0, sizeof(*t));
}

static void put(struct dg_alarms *t, size_t at, struct dg_alarm *alarm)
{
    t->heap[at] = alarm;
    alarm->place = at + 1;
}

static void rise(struct dg_alarms *t, size_t at, struct dg_alarm *alarm)
{
    while (at > 0 && t->heap[(at - 1) / 2]->due > alarm->due) {
        put(t, at, t->heap[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    put(t, at, alarm);
}

static void sink(struct dg_alarms *t, size_t at, struct dg_alarm *alarm)
{
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= t->count)
            break;
        if (child + 1 < t->count && t->heap[child + 1]->due < t->heap[child]->due)
            child++;
        if (t->heap[child]->due >= alarm->due)
            break;
        put(t, at, t->heap[child]);
        at = child;
    }
    put(t, at, alarm);
}

void dg_alarms_add(struct dg_alarms *t, struct dg_alarm *alarm, dg_msec due)
{
    if (t->count == t->room) {
        t->room = t->room ? 2 * t->room : 64;
        t->heap = dg_realloc(t->heap, t->room * sizeof(struct dg_alarm *));
    }
    alarm->due = due;
    rise(t, t->count++, alarm);
}

void dg_alarms_remove(struct dg_alarms *t, struct dg_alarm *alarm)
{
    if (alarm->place == 0)
        return;
    size_t at = alarm->place - 1;
    struct dg_alarm *last = t->heap[--t->count];
    alarm->place = 0;
    if (last == alarm)
        return;
    if (at > 0 && t->heap[(at - 1) / 2]->due > last->due)
        rise(t, at, last);
    else
        sink(t, at, last);
}

struct dg_alarm *dg_alarms_pop(struct dg_alarms *t, dg_msec now)
{
    if (t->count == 0 || t->heap[0]->due > now)
        return NULL;
    struct dg_alarm *alarm = t->heap[0];
    dg_alarms_remove(t, alarm);
    return alarm;
}

dg_msec dg_alarms_wait(const struct dg_alarms *t, dg_msec now)
{
    if (t->count == 0)
        return -1;
    return t->heap[0]->due > now ? t->heap[0]->due - now : 0;
}
