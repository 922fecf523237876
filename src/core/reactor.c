/* SPDX-License-Identifier: MIT
 *
 * The event loop, see reactor.h.  libcurl's socket-action interface: libcurl
 * says which sockets to watch and when to be called, epoll (level-triggered)
 * does the watching.  Cost per event, never per transfer in flight.
 */
#include "core/reactor.h"

#include <curl/curl.h>
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/memory.h"

enum { EVENTS = 256 };        /* taken from epoll at once */
enum { SPARE_HANDLES = 256 }; /* kept for reuse */
enum { CONNECTIONS = 8192 };  /* kept open, used or idle */

/* A connection that was idle for longer is not used again: many servers close theirs
 * after 5 s, and a request may cross that on the way. */
enum { IDLE_SECONDS = 4 };

/* libcurl's buffers of each transfer, by how many are in flight.  Smaller ones cost CPU
 * (docs/performance.md), larger ones memory, and cache where there are many. */
static const struct buffers {
    size_t in_flight;   /* at most */
    long receive_bytes; /* per read */
    long send_bytes;    /* per write; more than 64 KiB is slower */
} BUFFERS[] = {
    { 64, 262144, 65536 },  { 256, 131072, 65536 },     { 1024, 57344, 32768 },
    { 2048, 32768, 16384 }, { SIZE_MAX, 16384, 16384 },
};

struct dg_reactor {
    CURLM *multi;               /* libcurl's transfers and connections */
    int epoll_fd;               /* watches libcurl's sockets and wake_fd */
    int wake_fd;                /* the caller's, -1 = none */
    int watched_fd;             /* ends a turn quietly, or -1 */
    bool woken;                 /* wake_fd was readable in the last turn */
    bool quiet;                 /* no descriptor was ready in it */
    dg_msec timer_at;           /* when libcurl wants to be called, -1 = not */
    CURLSH *share;              /* TLS sessions, for all handles */
    bool http2;                 /* over TLS where the server speaks it, else HTTP/1.1 */
    char *ca_file;              /* trusted certificates, NULL = libcurl's default */
    struct buffers buffers;     /* sizes of the handles' */
    CURL *spare[SPARE_HANDLES]; /* handles for reuse */
    size_t spare_count;         /* how many */
};

/* libcurl: watch `fd` for `what`.  `known` is ours, set once it is in epoll. */
static int watch(CURL *handle, curl_socket_t fd, int what, void *self, void *known)
{
    struct dg_reactor *r = self;
    struct epoll_event event = { .data.fd = fd };
    char *private = NULL;
    curl_easy_getinfo(handle, CURLINFO_PRIVATE, &private);
    if (private && what != CURL_POLL_REMOVE)
        dg_transfer_on_socket((struct dg_transfer *)(void *)private, fd);
    if (what == CURL_POLL_REMOVE) {
        epoll_ctl(r->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
        return 0;
    }
    if (what & CURL_POLL_IN)
        event.events |= EPOLLIN;
    if (what & CURL_POLL_OUT)
        event.events |= EPOLLOUT;
    if (known && epoll_ctl(r->epoll_fd, EPOLL_CTL_MOD, fd, &event) == 0)
        return 0;
    if (epoll_ctl(r->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0)
        return -1; /* out of memory or watches: the transfer fails */
    curl_multi_assign(r->multi, fd, r);
    return 0;
}

/* libcurl: call me in `timeout_ms`, or, at -1, no more. */
static int set_timer(CURLM *multi, long timeout_ms, void *self)
{
    struct dg_reactor *r = self;
    (void)multi;
    r->timer_at = timeout_ms < 0 ? -1 : dg_clock_now() + timeout_ms;
    return 0;
}

static bool add_fd(struct dg_reactor *r, int fd, struct dg_error *err)
{
    struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };
    if (epoll_ctl(r->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0)
        return true;
    return dg_error_set(err, DG_KIND_FILE, "epoll", "cannot watch a descriptor: %s",
                        strerror(errno));
}

bool dg_reactor_watch(struct dg_reactor *r, int fd, struct dg_error *err)
{
    r->watched_fd = fd;
    return add_fd(r, fd, err);
}

static bool open_epoll(struct dg_reactor *r, struct dg_error *err)
{
    r->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (r->epoll_fd < 0)
        return dg_error_set(err, DG_KIND_FILE, "epoll", "cannot make an event queue: %s",
                            strerror(errno));
    return r->wake_fd < 0 || add_fd(r, r->wake_fd, err);
}

/* TLS sessions are the handles' own unless they share them; then a new connection
 * to a host resumes whichever was the last.  The share keeps eight, each for one
 * host, port and way of checking certificates, and no key or cookie; one thread needs
 * no lock.  Names and connections are the multi's anyway. */
static bool open_multi(struct dg_reactor *r, struct dg_error *err)
{
    r->multi = curl_multi_init();
    r->share = curl_share_init();
    if (!r->multi || !r->share)
        return dg_error_set(err, DG_KIND_NETWORK, "libcurl", "libcurl cannot start");
    curl_multi_setopt(r->multi, CURLMOPT_SOCKETFUNCTION, watch);
    curl_multi_setopt(r->multi, CURLMOPT_SOCKETDATA, r);
    curl_multi_setopt(r->multi, CURLMOPT_TIMERFUNCTION, set_timer);
    curl_multi_setopt(r->multi, CURLMOPT_TIMERDATA, r);
    curl_multi_setopt(r->multi, CURLMOPT_MAXCONNECTS, (long)CONNECTIONS);
    curl_share_setopt(r->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
    return true;
}

static struct buffers buffers_for(size_t in_flight)
{
    size_t k = 0;
    while (in_flight > BUFFERS[k].in_flight)
        k++;
    return BUFFERS[k];
}

struct dg_reactor *dg_reactor_new(const struct dg_reactor_options *options, struct dg_error *err)
{
    const char *ca_file = options->ca_file;
    if (ca_file && access(ca_file, R_OK) != 0) {
        dg_error_set(err, DG_KIND_CONFIG, "ca_file", "%s: cannot read trusted certificates: %s",
                     ca_file, strerror(errno));
        return NULL;
    }
    struct dg_reactor *r = dg_zalloc(sizeof *r);
    r->wake_fd = options->wake_fd;
    r->watched_fd = -1;
    r->timer_at = -1;
    r->quiet = true;
    r->http2 = options->http2;
    r->buffers = buffers_for(options->in_flight);
    r->ca_file = ca_file ? dg_strdup(ca_file) : NULL;
    curl_global_init(CURL_GLOBAL_DEFAULT); /* counts its callers, as the cleanup does */
    if (!open_epoll(r, err) || !open_multi(r, err)) {
        dg_reactor_free(r);
        return NULL;
    }
    return r;
}

void dg_reactor_free(struct dg_reactor *r)
{
    while (r->spare_count > 0)
        curl_easy_cleanup(r->spare[--r->spare_count]);
    if (r->multi)
        curl_multi_cleanup(r->multi);
    curl_share_cleanup(r->share);
    curl_global_cleanup();
    if (r->epoll_fd >= 0)
        close(r->epoll_fd);
    dg_free(r->ca_file);
    dg_free(r);
}

bool dg_reactor_add(struct dg_reactor *r, struct dg_transfer *t)
{
    CURL *handle = dg_transfer_handle(t);
    return handle && curl_multi_add_handle(r->multi, handle) == CURLM_OK;
}

void dg_reactor_remove(struct dg_reactor *r, struct dg_transfer *t)
{
    curl_multi_remove_handle(r->multi, dg_transfer_handle(t));
}

/* How long epoll may wait: the caller's time or libcurl's, whichever is first. */
static int wait_ms(const struct dg_reactor *r, dg_msec timeout)
{
    if (r->timer_at >= 0) {
        dg_msec left = r->timer_at - dg_clock_now();
        left = left > 0 ? left : 0;
        timeout = timeout < 0 || left < timeout ? left : timeout;
    }
    if (timeout < 0)
        return -1;
    return timeout < INT_MAX ? (int)timeout : INT_MAX;
}

static void dispatch(struct dg_reactor *r, const struct epoll_event *event)
{
    int what = 0;
    int running;
    if (event->data.fd == r->wake_fd) {
        r->woken = true;
        return;
    }
    if (event->data.fd == r->watched_fd)
        return;
    if (event->events & (EPOLLIN | EPOLLHUP))
        what |= CURL_CSELECT_IN;
    if (event->events & EPOLLOUT)
        what |= CURL_CSELECT_OUT;
    if (event->events & EPOLLERR)
        what |= CURL_CSELECT_ERR;
    curl_multi_socket_action(r->multi, event->data.fd, what, &running);
}

bool dg_reactor_turn(struct dg_reactor *r, dg_msec timeout)
{
    struct epoll_event events[EVENTS];
    int running;
    r->woken = false;
    int count = epoll_wait(r->epoll_fd, events, EVENTS, wait_ms(r, timeout));
    r->quiet = count <= 0;
    for (int k = 0; k < count; k++) /* none after a signal */
        dispatch(r, &events[k]);
    if (r->timer_at >= 0 && r->timer_at <= dg_clock_now()) {
        r->timer_at = -1;
        curl_multi_socket_action(r->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    }
    return !r->woken;
}

bool dg_reactor_quiet(const struct dg_reactor *r)
{
    return r->quiet;
}

struct dg_transfer *dg_reactor_ended(struct dg_reactor *r)
{
    int left;
    const CURLMsg *message;
    while ((message = curl_multi_info_read(r->multi, &left))) {
        if (message->msg != CURLMSG_DONE)
            continue;
        char *private = NULL;
        int code = (int)message->data.result;
        CURL *handle = message->easy_handle;
        curl_easy_getinfo(handle, CURLINFO_PRIVATE, &private);
        struct dg_transfer *t = (struct dg_transfer *)(void *)private;
        dg_transfer_finish(t, code);
        return t;
    }
    return NULL;
}

/* The bundle as one file.  With a folder of certificates set besides, as
 * distributions compile it in, libcurl would parse the whole bundle anew for
 * every connection (about 20 ms each). */
static void set_trust(const struct dg_reactor *r, CURL *handle)
{
    const char *ca_file = r->ca_file ? r->ca_file : curl_version_info(CURLVERSION_NOW)->cainfo;
    if (!ca_file)
        return;
    curl_easy_setopt(handle, CURLOPT_CAPATH, NULL);
    curl_easy_setopt(handle, CURLOPT_CAINFO, ca_file);
}

/* With HTTP/2 a request waits for a connection that is being made, to share it. */
static void set_version(const struct dg_reactor *r, CURL *handle)
{
    long version = r->http2 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1;
    curl_easy_setopt(handle, CURLOPT_HTTP_VERSION, version);
    if (r->http2)
        curl_easy_setopt(handle, CURLOPT_PIPEWAIT, 1L);
}

void *dg_reactor_take_handle(struct dg_reactor *r)
{
    CURL *handle = r->spare_count > 0 ? r->spare[--r->spare_count] : curl_easy_init();
    if (!handle)
        return NULL;
    curl_easy_setopt(handle, CURLOPT_SHARE, r->share); /* anew, else a reset leaves it five hosts */
    set_trust(r, handle);
    set_version(r, handle);
    curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_QUICK_EXIT, 1L); /* never wait for a name being looked up */
    curl_easy_setopt(handle, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(handle, CURLOPT_TCP_KEEPALIVE, 1L); /* lest gateways forget who waits long */
    curl_easy_setopt(handle, CURLOPT_BUFFERSIZE, r->buffers.receive_bytes);
    curl_easy_setopt(handle, CURLOPT_UPLOAD_BUFFERSIZE, r->buffers.send_bytes);
    curl_easy_setopt(handle, CURLOPT_MAXAGE_CONN, (long)IDLE_SECONDS);
    curl_easy_setopt(handle, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L); /* a proxy's are no answer */
    curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(handle, CURLOPT_USERAGENT, "diffgentor/" DG_VERSION);
    return handle;
}

void dg_reactor_give_handle(struct dg_reactor *r, void *handle)
{
    if (!handle)
        return;
    if (r->spare_count == SPARE_HANDLES) {
        curl_easy_cleanup(handle);
        return;
    }
    curl_easy_reset(handle);
    r->spare[r->spare_count++] = handle;
}
