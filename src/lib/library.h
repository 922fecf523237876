/* SPDX-License-Identifier: MIT
 *
 * The library itself.
 */
#ifndef DG_LIB_LIBRARY_H
#define DG_LIB_LIBRARY_H

/* "0.1.0", of the library that is running. */
const char *dg_version(void);

#endif
