/* SPDX-License-Identifier: MIT
 *
 * Random bytes nobody can foresee: boundaries, names of temporary files.
 */
#ifndef DG_BASE_RANDOM_H
#define DG_BASE_RANDOM_H

#include <stdbool.h>
#include <stddef.h>

/* false: the system gives none (a sandbox may forbid it); errno says why, and
 * the bytes are not to be used. */
bool dg_random(void *bytes, size_t size);

#endif
