/* SPDX-License-Identifier: MIT
 *
 * diffgentor.peer: short messages to and from the other process of a run, over
 * a socket pair of whole packets.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/stop.h"
#include "bind/bind.h"
#include "bind/check.h"

static const char PEER[] = "diffgentor.peer";

enum { MESSAGE_BYTES = 32 * 1024 };

struct peer {
    int fd; /* -1 when closed */
};

static int live(lua_State *L)
{
    struct peer *p = luaL_checkudata(L, 1, PEER);
    if (p->fd < 0)
        luaL_error(L, "attempt to use a closed peer");
    return p->fd;
}

/* peer.on(fd: integer): peer
 * By a descriptor of its own to the same socket. */
static int peer_on(lua_State *L)
{
    int fd = (int)luaL_checkinteger(L, 1);
    struct peer *p = lua_newuserdatauv(L, sizeof(*p), 0);
    p->fd = -1;
    luaL_setmetatable(L, PEER);
    p->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    luaL_argcheck(L, p->fd >= 0, 1, "open descriptor expected");
    return 1;
}

/* peer:send(text: string): boolean
 * false: the other one is gone. */
static int peer_send(lua_State *L)
{
    int fd = live(L);
    size_t size;
    const char *text = luaL_checklstring(L, 2, &size);
    luaL_argcheck(L, size > 0 && size < MESSAGE_BYTES, 2, "1 to 32767 bytes expected");
    ssize_t n;
    do
        n = send(fd, text, size, MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    lua_pushboolean(L, n == (ssize_t)size);
    return 1;
}

/* What happens first: a message (or the other one's end), a request to stop,
 * something at `input`, or the time is over. */
static const char *wait_for(int fd, bool heed_stop, int input, int timeout_ms)
{
    struct pollfd fds[3] = { { .fd = fd, .events = POLLIN },
                             { .fd = heed_stop ? dg_stop_fd() : -1, .events = POLLIN },
                             { .fd = input, .events = POLLIN } };
    int n = poll(fds, 3, timeout_ms);
    if (n < 0 && errno == EINTR)
        return dg_stop_count() > 0 && heed_stop ? "stop" : "timeout";
    if (fds[0].revents)
        return NULL;
    if (fds[1].revents)
        dg_stop_quiet();
    return fds[1].revents ? "stop" : fds[2].revents ? "input" : "timeout";
}

/* peer:receive(seconds: number?, heed_stop: boolean?, input: integer?):
 *   text: string | nil, why: string
 * Waits for a message, without `seconds` for any time.  why: "ended" (the other
 * one is gone), "timeout", "stop" (woken, perhaps by a request to stop), "input"
 * (that descriptor can be read). */
static int peer_receive(lua_State *L)
{
    char text[MESSAGE_BYTES];
    int fd = live(L);
    dg_msec timeout = lua_isnoneornil(L, 2) ? -1 : dg_lua_seconds(L, 2);
    int input = (int)luaL_optinteger(L, 4, -1);
    const char *why =
        wait_for(fd, lua_toboolean(L, 3), input, timeout < INT_MAX ? (int)timeout : INT_MAX);
    ssize_t n = why ? -1 : recv(fd, text, sizeof text, MSG_DONTWAIT);
    if (n > 0) {
        lua_pushlstring(L, text, (size_t)n);
        return 1;
    }
    if (!why)
        why = n < 0 && (errno == EAGAIN || errno == EINTR) ? "timeout" : "ended";
    lua_pushnil(L);
    lua_pushstring(L, why);
    return 2;
}

/* peer:close() */
static int peer_close(lua_State *L)
{
    struct peer *p = luaL_checkudata(L, 1, PEER);
    if (p->fd >= 0)
        close(p->fd);
    p->fd = -1;
    return 0;
}

/* One of the peers of a list, by its place from 1. */
static int fd_of(lua_State *L, lua_Integer place)
{
    lua_rawgeti(L, 1, place);
    struct peer *p = luaL_testudata(L, -1, PEER);
    luaL_argcheck(L, p && p->fd >= 0, 1, "list of open peers expected");
    lua_pop(L, 1);
    return p->fd;
}

/* peer.wait(peers: peer[], seconds: number): place: integer | nil
 * Waits until one of them has something to say or is gone.  nil: the time is over,
 * or this process was woken, perhaps by a request to stop. */
static int peer_wait(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    dg_msec timeout = dg_lua_seconds(L, 2);
    size_t count = lua_rawlen(L, 1);
    struct pollfd *fds = lua_newuserdatauv(L, (count + 1) * sizeof(*fds), 0);
    for (size_t k = 0; k < count; k++)
        fds[k] = (struct pollfd){ .fd = fd_of(L, (lua_Integer)k + 1), .events = POLLIN };
    fds[count] = (struct pollfd){ .fd = dg_stop_fd(), .events = POLLIN };
    if (poll(fds, count + 1, timeout < INT_MAX ? (int)timeout : INT_MAX) > 0) {
        if (fds[count].revents)
            dg_stop_quiet();
        for (size_t k = 0; k < count; k++) {
            if (!fds[k].revents)
                continue;
            lua_pushinteger(L, (lua_Integer)k + 1);
            return 1;
        }
    }
    lua_pushnil(L);
    return 1;
}

static const luaL_Reg FUNCTIONS[] = {
    { "on", peer_on },
    { "wait", peer_wait },
    { NULL, NULL },
};

static const luaL_Reg METHODS[] = {
    { "send", peer_send },
    { "receive", peer_receive },
    { "close", peer_close },
    { NULL, NULL },
};

static const luaL_Reg METAMETHODS[] = {
    { "__gc", peer_close },
    { "__close", peer_close },
    { NULL, NULL },
};

int luaopen_diffgentor_peer(lua_State *L)
{
    dg_lua_class(L, PEER, METHODS, METAMETHODS);
    luaL_newlib(L, FUNCTIONS);
    return 1;
}
