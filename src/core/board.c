/* SPDX-License-Identifier: MIT
 *
 * See board.h.  Every number is an atomic of its own: nobody dies holding one.
 */
#include "core/board.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/shared.h"

struct numbers {
    _Atomic int64_t cells[DG_BOARD_CELLS];   /* by place */
    _Atomic int64_t rows[DG_BOARD_WORKERS];  /* position + 1 of the row, 0: none */
    _Atomic int64_t hooks[DG_BOARD_WORKERS]; /* that runs, 0: none */
    _Atomic int64_t since[DG_BOARD_WORKERS]; /* when that began, 0: the worker waits */
};

struct dg_board {
    char names[DG_BOARD_CELLS][DG_BOARD_NAME_BYTES]; /* of the cells */
    size_t count;                                    /* of them */
    struct numbers *numbers;                         /* shared */
};

struct dg_board *dg_board_new(const char *const *names, size_t count, struct dg_error *err)
{
    struct dg_board *b = dg_zalloc(sizeof *b);
    for (; b->count < count && b->count < DG_BOARD_CELLS; b->count++)
        snprintf(b->names[b->count], DG_BOARD_NAME_BYTES, "%s", names[b->count]);
    b->numbers = dg_shared_new(sizeof *b->numbers);
    if (b->numbers)
        return b;
    dg_free(b);
    dg_error_set(err, DG_KIND_FILE, "memory", "there is no memory that processes can share");
    return NULL;
}

void dg_board_free(struct dg_board *b)
{
    if (!b)
        return;
    dg_shared_free(b->numbers, sizeof *b->numbers);
    dg_free(b);
}

int dg_board_find(const struct dg_board *b, const char *name)
{
    for (size_t k = 0; k < b->count; k++)
        if (strcmp(b->names[k], name) == 0)
            return (int)k;
    return -1;
}

int64_t dg_board_get(struct dg_board *b, int cell)
{
    return b->numbers->cells[cell];
}

void dg_board_set(struct dg_board *b, int cell, int64_t value)
{
    b->numbers->cells[cell] = value;
}

int64_t dg_board_add(struct dg_board *b, int cell, int64_t more)
{
    return atomic_fetch_add(&b->numbers->cells[cell], more) + more;
}

bool dg_board_swap(struct dg_board *b, int cell, int64_t expected, int64_t value)
{
    return atomic_compare_exchange_strong(&b->numbers->cells[cell], &expected, value);
}

void dg_board_at(struct dg_board *b, unsigned worker, const struct dg_board_work *work)
{
    unsigned place = worker % DG_BOARD_WORKERS;
    b->numbers->rows[place] = work->position + 1;
    b->numbers->hooks[place] = work->hook;
    b->numbers->since[place] = work->since;
}

struct dg_board_work dg_board_under_way(struct dg_board *b, unsigned worker)
{
    unsigned place = worker % DG_BOARD_WORKERS;
    return (struct dg_board_work){
        .since = b->numbers->since[place],
        .hook = b->numbers->hooks[place],
        .position = b->numbers->rows[place] - 1,
    };
}
