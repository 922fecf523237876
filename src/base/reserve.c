/* SPDX-License-Identifier: MIT
 *
 * See reserve.h.  Leans on memory.
 */
#include "base/reserve.h"

#include <errno.h>
#include <stddef.h>
#include <unistd.h>

#include "base/memory.h"

static char *held; /* the file's path, or NULL */
static bool gone;  /* it was given up */

static bool remove_held(void)
{
    bool had = held != NULL;
    if (had)
        unlink(held);
    dg_free(held);
    held = NULL;
    return had;
}

void dg_reserve_hold(const char *path)
{
    dg_reserve_drop();
    held = dg_strdup(path);
}

bool dg_reserve_helps(int number)
{
    return number == ENOSPC || number == EDQUOT;
}

bool dg_reserve_give_up(void)
{
    bool had = remove_held();
    gone = gone || had;
    return had;
}

bool dg_reserve_is_gone(void)
{
    return gone;
}

void dg_reserve_drop(void)
{
    remove_held();
    gone = false;
}
