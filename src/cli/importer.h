/* SPDX-License-Identifier: MIT
 *
 * The importer: the process beside a run that takes the input up into the
 * ledger and, at the end, writes the results.
 *
 *     struct dg_importer im;
 *     if (dg_importer_start(&im, h, &err)) code = dg_host_run(h, im.line);
 *     dg_importer_stop(&im);
 */
#ifndef DG_CLI_IMPORTER_H
#define DG_CLI_IMPORTER_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"
#include "host/host.h"

struct dg_importer {
    pid_t pid; /* its process */
    int line;  /* socket to it, of whole packets; closed: it ends */
};

/* Forks it; call it before a ledger or libcurl is opened.  It lives no longer
 * than this process, and is deaf to what asks a run to stop: the run tells it. */
bool dg_importer_start(struct dg_importer *im, struct dg_host *h, struct dg_error *err);

/* Ends it and reaps it; says so if it died.  What it is at is finished, unless the
 * run is aborted, before or meanwhile. */
void dg_importer_stop(struct dg_importer *im);

#endif
