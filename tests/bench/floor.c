/* SPDX-License-Identifier: MIT
 *
 * bench_floor: edits by bare libcurl, tuned, with nothing around it: what any client
 * on libcurl pays.  No retries, no limits, no record; fails if one edit fails.
 *
 *     bench_floor URL INPUT OUT N IN_FLIGHT [--ca FILE]
 *
 * URL as an API's base (http://127.0.0.1:PORT/v1); N = 0 sets up and ends.
 */
#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "form.h"
#include "many_files.h"
#include "picture.h"

enum { BUFFER_BYTES = 256 * 1024, EVENTS = 512, TIMEOUT_MS = 300000 };

struct edit {
    CURL *easy;                 /* reused by edit after edit */
    struct picture picture;     /* in the answer */
    int input;                  /* the picture to upload */
    size_t sent;                /* bytes of the body */
    size_t head_size;           /* bytes of `head` */
    char head[FORM_HEAD_BYTES]; /* the form before the picture */
};

static struct {
    char url[512];            /* of the edits */
    const char *input;        /* path */
    size_t input_size;        /* bytes */
    const char *folder;       /* for the results */
    const char *ca;           /* path; NULL: the system's */
    long count;               /* edits to do */
    long width;               /* of them in flight */
    long begun, done, failed; /* edits */
    CURLM *multi;
    CURLSH *share; /* TLS sessions */
    struct curl_slist *headers;
    int epoll;
    int64_t timer_ms; /* when libcurl wants to be called; -1: never */
} the = { .timer_ms = -1 };

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static size_t read_part(struct edit *e, char *into, size_t room)
{
    const char *from = e->head;
    size_t at = e->sent;
    size_t size = e->head_size;
    if (at >= size) {
        at -= size;
        if (at < the.input_size) {
            ssize_t n = pread(e->input, into, room, (off_t)at);
            return n > 0 ? (size_t)n : CURL_READFUNC_ABORT;
        }
        at -= the.input_size;
        from = FORM_TAIL;
        size = FORM_TAIL_BYTES;
    }
    size_t n = size - at < room ? size - at : room;
    memcpy(into, from + at, n);
    return n;
}

static size_t on_read(char *into, size_t size, size_t count, void *edit)
{
    struct edit *e = edit;
    size_t room = size * count, got = 0, n = 1;
    while (n > 0 && got < room) {
        n = read_part(e, into + got, room - got);
        if (n == CURL_READFUNC_ABORT)
            return n;
        got += n;
        e->sent += n;
    }
    return got;
}

/* An edit that was sent may have been billed: libcurl must not send it again. */
static int on_seek(void *edit, curl_off_t offset, int origin)
{
    (void)edit, (void)offset, (void)origin;
    return CURL_SEEKFUNC_FAIL;
}

static size_t on_write(char *bytes, size_t size, size_t count, void *edit)
{
    picture_feed(&((struct edit *)edit)->picture, bytes, size * count);
    return size * count;
}

static void set_up(struct edit *e)
{
    e->easy = curl_easy_init();
    curl_easy_setopt(e->easy, CURLOPT_URL, the.url);
    curl_easy_setopt(e->easy, CURLOPT_PRIVATE, e);
    curl_easy_setopt(e->easy, CURLOPT_HTTPHEADER, the.headers);
    curl_easy_setopt(e->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(e->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(e->easy, CURLOPT_PROXY, "");
    curl_easy_setopt(e->easy, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(e->easy, CURLOPT_TIMEOUT_MS, (long)TIMEOUT_MS);
    curl_easy_setopt(e->easy, CURLOPT_BUFFERSIZE, (long)BUFFER_BYTES);
    curl_easy_setopt(e->easy, CURLOPT_SHARE, the.share);
    curl_easy_setopt(e->easy, CURLOPT_CAPATH, NULL); /* else each connection reads all of them */
    if (the.ca)
        curl_easy_setopt(e->easy, CURLOPT_CAINFO, the.ca);
    curl_easy_setopt(e->easy, CURLOPT_POST, 1L);
    curl_easy_setopt(e->easy, CURLOPT_READFUNCTION, on_read);
    curl_easy_setopt(e->easy, CURLOPT_READDATA, e);
    curl_easy_setopt(e->easy, CURLOPT_SEEKFUNCTION, on_seek);
    curl_easy_setopt(e->easy, CURLOPT_WRITEFUNCTION, on_write);
    curl_easy_setopt(e->easy, CURLOPT_WRITEDATA, e);
}

static void begin(struct edit *e)
{
    long row = the.begun++;
    if (!e->easy)
        set_up(e);
    picture_begin(&e->picture, the.folder, row);
    e->sent = 0;
    e->head_size = form_head(e->head, row);
    e->input = open(the.input, O_RDONLY | O_CLOEXEC);
    curl_easy_setopt(e->easy, CURLOPT_POSTFIELDSIZE_LARGE,
                     (curl_off_t)(e->head_size + the.input_size + FORM_TAIL_BYTES));
    curl_multi_add_handle(the.multi, e->easy);
}

static void end(CURL *easy, CURLcode result)
{
    struct edit *e;
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &e);
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    curl_multi_remove_handle(the.multi, easy);
    close(e->input);
    the.done++;
    if (!picture_end(&e->picture, result == CURLE_OK && status == 200)) {
        the.failed++;
        fprintf(stderr, "row %ld: %s, status %ld\n", e->picture.row, curl_easy_strerror(result),
                status);
    }
    if (the.begun < the.count)
        begin(e);
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *data, void *is_known)
{
    (void)easy, (void)data;
    struct epoll_event event = { .data.fd = fd };
    if (what == CURL_POLL_REMOVE)
        return epoll_ctl(the.epoll, EPOLL_CTL_DEL, fd, NULL), 0;
    event.events = (what & CURL_POLL_IN ? EPOLLIN : 0U) | (what & CURL_POLL_OUT ? EPOLLOUT : 0U);
    epoll_ctl(the.epoll, is_known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event);
    if (!is_known)
        curl_multi_assign(the.multi, fd, &the);
    return 0;
}

static int on_timer(CURLM *multi, long delay_ms, void *data)
{
    (void)multi, (void)data;
    the.timer_ms = delay_ms < 0 ? -1 : now_ms() + delay_ms;
    return 0;
}

static void act(const struct epoll_event *event)
{
    int running;
    int what = (event->events & (EPOLLIN | EPOLLHUP) ? CURL_CSELECT_IN : 0) |
               (event->events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
               (event->events & EPOLLERR ? CURL_CSELECT_ERR : 0);
    curl_multi_socket_action(the.multi, event->data.fd, what, &running);
}

static void turn(void)
{
    static struct epoll_event events[EVENTS];
    int running, left;
    int64_t pause = the.timer_ms < 0 ? -1 : the.timer_ms - now_ms();
    int n = epoll_wait(the.epoll, events, EVENTS, the.timer_ms >= 0 && pause < 0 ? 0 : (int)pause);
    for (int k = 0; k < n; k++)
        act(&events[k]);
    if (the.timer_ms >= 0 && the.timer_ms <= now_ms()) {
        the.timer_ms = -1;
        curl_multi_socket_action(the.multi, CURL_SOCKET_TIMEOUT, 0, &running);
    }
    for (CURLMsg *m; (m = curl_multi_info_read(the.multi, &left));)
        end(m->easy_handle, m->data.result);
}

static void prepare(void)
{
    curl_global_init(CURL_GLOBAL_ALL);
    the.epoll = epoll_create1(EPOLL_CLOEXEC);
    the.multi = curl_multi_init();
    curl_multi_setopt(the.multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(the.multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(the.multi, CURLMOPT_MAXCONNECTS, the.width + 8);
    the.share = curl_share_init();
    curl_share_setopt(the.share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
    the.headers = curl_slist_append(NULL, "Authorization: Bearer sk-bench");
    the.headers = curl_slist_append(the.headers, "Content-Type: " FORM_TYPE);
    the.headers = curl_slist_append(the.headers, "Expect:");
}

static bool read_arguments(int argc, char **argv)
{
    struct stat st;
    if (argc != 6 && !(argc == 8 && strcmp(argv[6], "--ca") == 0))
        return false;
    snprintf(the.url, sizeof the.url, "%s/images/edits", argv[1]);
    the.input = argv[2];
    the.folder = argv[3];
    the.count = strtol(argv[4], NULL, 10);
    the.width = strtol(argv[5], NULL, 10);
    the.ca = argc == 8 ? argv[7] : NULL;
    if (the.width < 1 || stat(the.input, &st) != 0)
        return false;
    the.input_size = (size_t)st.st_size;
    return mkdir(the.folder, 0777) == 0 || errno == EEXIST;
}

int main(int argc, char **argv)
{
    if (!read_arguments(argc, argv)) {
        fprintf(stderr, "usage: bench_floor URL INPUT OUT N IN_FLIGHT [--ca FILE]\n");
        return 2;
    }
    allow_many_files();
    prepare();
    struct edit *edits = calloc((size_t)the.width, sizeof *edits);
    for (long k = 0; edits && k < the.width && k < the.count; k++)
        begin(&edits[k]);
    while (the.done < the.begun)
        turn();
    return the.begun != the.count || the.failed > 0;
}
