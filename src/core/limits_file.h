/* SPDX-License-Identifier: MIT
 *
 * Stand-in.
 */
#ifndef DG_CORE_LIMITS_FILE_H
#define DG_CORE_LIMITS_FILE_H

#include "base/error.h"
#include "core/limiter.h"

struct dg_limits_file *dg_limits_file_open(const char *folder, const char *name, unsigned slots,
                                           struct dg_error *err);
struct dg_limiter *dg_limits_file_limiter(struct dg_limits_file *f);
void dg_limits_file_close(struct dg_limits_file *f);

#endif
