/* SPDX-License-Identifier: MIT
 *
 * What libdiffgentor has beside the other layers.
 */
#include "lib/library.h"

const char *dg_version(void)
{
    return DG_VERSION;
}
