/* SPDX-License-Identifier: MIT
 *
 * Runs Lua specs inside the program's own host, with every native and embedded
 * module there:  spec [--rehearsal | --stage] tests/lua/NAME_spec.lua [busted options]
 * With --rehearsal a server runs beside it, its base URL in DG_REHEARSAL; with
 * --stage further ones, each with a fault of its own.  DG_LINES holds descriptors
 * of sockets, for specs of what talks to another process.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

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

/* Each server's variable, and what it does to every request. */
static const struct {
    const char *variable; /* its base URL */
    const char *fault;    /* of each answer, NULL: none */
} servers[] = {
    { "DG_REHEARSAL", NULL },
    { "DG_REHEARSAL_REFUSE", "*:400/moderation_blocked" },
    { "DG_REHEARSAL_KEY", "*:401/invalid_api_key" },
    { "DG_REHEARSAL_BUSY", "*:503" },
    { "DG_REHEARSAL_LOST", "*:close" },
    { "DG_REHEARSAL_EMPTY", "*:empty" },
    { "DG_REHEARSAL_URL", "*:url" },
};

enum { SERVERS = sizeof servers / sizeof *servers };

static bool start(struct dg_beside *b, size_t k)
{
    struct dg_error err;
    const struct dg_host_option options[] = {
        { "port", "0" },
        { "picture", k > 0 ? "fixed" : "derived" },
        { "fault", servers[k].fault },
    };
    if (!dg_beside_start(b, NULL, options, servers[k].fault ? 3 : 2, &err)) {
        fprintf(stderr, "spec: %s\n", err.message);
        return false;
    }
    setenv(servers[k].variable, b->url, 1);
    return true;
}

static int run_beside(size_t count, int argc, char **argv)
{
    struct dg_beside beside[SERVERS];
    size_t started = 0;
    while (started < count && start(&beside[started], started))
        started++;
    int code = started == count ? run(argc, argv) : 1;
    while (started > 0)
        dg_beside_stop(&beside[--started]);
    return code;
}

static bool pair(int fds[2])
{
    return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) == 0;
}

/* A socket pair for the specs, and a socket whose other end is closed: "3 4 5". */
static bool open_lines(void)
{
    int whole[2], half[2];
    char text[64];
    if (!pair(whole) || !pair(half))
        return false;
    close(half[1]);
    snprintf(text, sizeof text, "%d %d %d", whole[0], whole[1], half[0]);
    setenv("DG_LINES", text, 1);
    return true;
}

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    if (argc < 2 || !open_lines())
        return 1;
    bool rehearsal = strcmp(argv[1], "--rehearsal") == 0, stage = strcmp(argv[1], "--stage") == 0;
    size_t count = stage ? SERVERS : rehearsal ? 1 : 0;
    int skip = count > 0 ? 2 : 1;
    return run_beside(count, argc - skip, argv + skip);
}
