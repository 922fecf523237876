/* SPDX-License-Identifier: MIT
 *
 * Numbers by name that the processes of a run share, and for each worker the row
 * whose script runs in it, and since when.  Make it before the first fork.
 *
 *     const char *const names[] = { "active", "halted" };
 *     struct dg_board *b = dg_board_new(names, 2, &err);
 *     dg_board_add(b, 0, 1);
 */
#ifndef DG_CORE_BOARD_H
#define DG_CORE_BOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"

enum { DG_BOARD_CELLS = 32, DG_BOARD_WORKERS = 1024, DG_BOARD_NAME_BYTES = 32 };

struct dg_board;

/* All numbers 0.  At most DG_BOARD_CELLS names, shorter than DG_BOARD_NAME_BYTES. */
struct dg_board *dg_board_new(const char *const *names, size_t count, struct dg_error *err);
void dg_board_free(struct dg_board *b); /* this process's view of it */

int dg_board_find(const struct dg_board *b, const char *name); /* the cell, or -1 */

int64_t dg_board_get(struct dg_board *b, int cell);
void dg_board_set(struct dg_board *b, int cell, int64_t value);
int64_t dg_board_add(struct dg_board *b, int cell, int64_t more); /* the new value */
bool dg_board_swap(struct dg_board *b, int cell, int64_t expected, int64_t value);

/* What a worker (from 0) is at. */
struct dg_board_work {
    int64_t position; /* of the row, -1: none */
    int64_t hook;     /* number of the one that runs, 0: none */
    dg_msec since;    /* the moment it began, 0: it waits */
};

void dg_board_at(struct dg_board *b, unsigned worker, const struct dg_board_work *work);
struct dg_board_work dg_board_under_way(struct dg_board *b, unsigned worker);

#endif
