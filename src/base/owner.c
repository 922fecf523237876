/* SPDX-License-Identifier: MIT
 *
 * See owner.h.  Both facts, state and start, are in /proc/PID/stat.
 */
#include "base/owner.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STAT_BYTES = 1024, STATE_FIELD = 3, START_FIELD = 22 };

/* Reads the process's line; false if that cannot be done. */
static bool read_stat(uint32_t pid, char line[STAT_BYTES])
{
    char path[32];
    snprintf(path, sizeof path, "/proc/%u/stat", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t n = read(fd, line, STAT_BYTES - 1);
    close(fd);
    line[n > 0 ? n : 0] = '\0';
    return n > 0;
}

/* Its state letter ('\0': unknown) and start.  The name, field 2, may hold spaces
 * and parentheses: fields are counted from the last ')'. */
static char look(uint32_t pid, uint64_t *started)
{
    char line[STAT_BYTES];
    *started = 0;
    const char *at = read_stat(pid, line) ? strrchr(line, ')') : NULL;
    if (!at || at[1] != ' ')
        return '\0';
    char state = at[2];
    for (int field = STATE_FIELD - 1; at && field < START_FIELD; field++)
        at = strchr(at + 1, ' ');
    if (at)
        *started = strtoull(at, NULL, 10);
    return state;
}

struct dg_owner dg_owner_of(uint32_t pid)
{
    static _Thread_local struct dg_owner last;
    if (pid != 0 && last.pid != pid) {
        last.pid = pid;
        look(pid, &last.started);
    }
    if (pid == 0)
        return (struct dg_owner){ .pid = 0 };
    return last;
}

bool dg_owner_alive(const struct dg_owner *o)
{
    uint64_t started;
    if (o->pid == 0)
        return true;
    if (kill((pid_t)o->pid, 0) != 0 && errno == ESRCH)
        return false;
    char state = look(o->pid, &started);
    if (state == 'Z' || state == 'X')
        return false;
    return started == 0 || o->started == 0 || started == o->started;
}
