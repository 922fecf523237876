/* SPDX-License-Identifier: MIT
 *
 * The worker processes of a run: forked, watched, reaped, and replaced as Lua
 * (lua/diffgentor/crew.lua) wants it.
 *
 *     code = dg_workers_run(h, importer.line);
 */
#ifndef DG_CLI_WORKERS_H
#define DG_CLI_WORKERS_H

#include "host/host.h"

/* Returns the exit code of the run; no worker is left then.  Call it in a process
 * that has opened no ledger and no engine: they do not live across a fork. */
int dg_workers_run(struct dg_host *h, int importer_line);

#endif
