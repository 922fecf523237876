/* SPDX-License-Identifier: MIT
 *
 * A set of 64-bit numbers at about 9 to 18 bytes each: seen indexes, digests of
 * names.  Neighbouring numbers share cache lines.
 */
#ifndef DG_CORE_SET_H
#define DG_CORE_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dg_set {
    uint64_t *slots; /* open addressing, 0 = empty */
    size_t capacity; /* slots, a power of two, or 0 */
    size_t count;    /* numbers held, without zero */
    bool has_zero;   /* the number 0 is kept here */
};

void dg_set_init(struct dg_set *s);
void dg_set_done(struct dg_set *s);

/* true if it was not there before. */
bool dg_set_add(struct dg_set *s, uint64_t number);

#endif
