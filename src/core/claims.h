/* SPDX-License-Identifier: MIT
 *
 * Names that rows have taken, in memory that processes share: no two rows of a run
 * have one, whichever workers they are with.  A row may take its own again.
 *
 *     struct dg_claims *c = dg_claims_new(1000000, &err);      before the first fork
 *     if (!dg_claims_take(c, digest, position)) ...another row has it...
 */
#ifndef DG_CORE_CLAIMS_H
#define DG_CORE_CLAIMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum { DG_CLAIMS_UNKNOWN = 1 << 22 }; /* room where nobody knows how many there will be */

struct dg_claims;

/* Room for so many names, 2^31 at most; memory is used as they come, 21 to 27 bytes each. */
struct dg_claims *dg_claims_new(size_t names, struct dg_error *err);
void dg_claims_free(struct dg_claims *c); /* this process's view of it */

/* true: the name with this digest is the row's now, or was.  `position` -1: of no row,
 * which has no name again.  false, too, once there is no room. */
bool dg_claims_take(struct dg_claims *c, uint64_t digest, int64_t position);

#endif
