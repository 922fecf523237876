/* SPDX-License-Identifier: MIT
 *
 * Runs Lua specs inside the program's own host, with every native and embedded
 * module there:  spec [--rehearsal] tests/lua/NAME_spec.lua [busted options]
 * With --rehearsal a server runs beside it, its base URL in DG_REHEARSAL.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "base/stop.h"
#include "cli/server.h"
#include "host/host.h"

static int run(int argc, char **argv)
{
    struct dg_error err;
    struct dg_host *h = NULL;
    if (!dg_stop_init(&err) || !(h = dg_host_new(&err))) {
        fprintf(stderr, "spec: %s\n", err.message);
        return 1;
    }
    int code = dg_host_file(h, DG_RUNNER, argc, argv);
    dg_host_free(h);
    dg_secret_clear();
    return code;
}

int main(int argc, char **argv)
{
    static const struct dg_host_option PORT = { "port", "0" };
    struct dg_beside server;
    struct dg_error err;
    signal(SIGPIPE, SIG_IGN);
    if (argc < 2 || strcmp(argv[1], "--rehearsal") != 0)
        return run(argc - 1, argv + 1);
    if (!dg_beside_start(&server, NULL, &PORT, 1, &err)) {
        fprintf(stderr, "spec: %s\n", err.message);
        return 1;
    }
    setenv("DG_REHEARSAL", server.url, 1);
    int code = run(argc - 2, argv + 2);
    dg_beside_stop(&server);
    return code;
}
