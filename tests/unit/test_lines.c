/* SPDX-License-Identifier: MIT
 *
 * core/lines on a pipe: a writer that comes late, and requests to stop, which
 * end the waiting.  What lines hold is test_csv's and test_jsonl's matter.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <signal.h>

#include "base/stop.h"
#include "core/lines.h"
#include "core/survey.h"
#include "scratch.h"

static const char *make_fifo(struct scratch *s)
{
    assert_int_equal(mkfifo(scratch_path(s, "pipe"), 0600), 0);
    return s->path;
}

static void assert_line(struct dg_lines *l, const char *text)
{
    struct dg_piece piece;
    struct dg_error err = { 0 };
    if (!dg_lines_next(l, &piece, &err))
        fail_msg("%s", err.message);
    assert_int_equal(piece.size, strlen(text));
    assert_memory_equal(piece.text, text, piece.size);
}

static void assert_stopped(struct dg_lines *l)
{
    struct dg_piece piece;
    struct dg_error err = { 0 };
    assert_false(dg_lines_next(l, &piece, &err));
    assert_int_equal(err.kind, DG_KIND_STOPPED);
    assert_string_equal(err.code, "stopped");
    assert_non_null(strstr(err.message, "stopped while reading "));
}

static void *write_two_lines(void *path)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (write(fd, "one\ntwo\n", 8) != 8)
        abort();
    close(fd);
    return NULL;
}

/* That nobody writes yet is not the end of the file. */
static void a_writer_may_come_late(void **state)
{
    struct scratch s;
    struct dg_error err;
    pthread_t writer;
    (void)state;
    scratch_make(&s);
    char *path = (char *)make_fifo(&s);
    struct dg_lines *l = dg_lines_open(path, true, &err);
    assert_non_null(l);
    assert_int_equal(pthread_create(&writer, NULL, write_two_lines, path), 0);
    assert_line(l, "one\n");
    assert_line(l, "two\n");
    assert_line(l, "");
    pthread_join(writer, NULL);
    dg_lines_free(l);
    scratch_remove(&s);
}

static void *request_stop(void *nothing)
{
    dg_stop_request(SIGINT);
    return nothing;
}

/* One story: requests to stop are never taken back. */
static void a_request_ends_the_waiting(void **state)
{
    struct scratch s;
    struct dg_error err;
    pthread_t thread;
    (void)state;
    assert_true(dg_stop_init(&err));
    scratch_make(&s);
    struct dg_lines *l = dg_lines_open(make_fifo(&s), true, &err);
    int fd = open(s.path, O_WRONLY | O_CLOEXEC | O_NONBLOCK);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "longer than a magic\n", 20), 20);
    assert_line(l, "longer than a magic\n");
    assert_int_equal(pthread_create(&thread, NULL, request_stop, NULL), 0);
    assert_stopped(l);
    pthread_join(thread, NULL);
    assert_stopped(l);
    dg_stop_quiet();
    assert_stopped(l); /* the count tells, too */
    assert_int_equal(write(fd, "there\n", 6), 6);
    assert_line(l, "there\n"); /* without waiting */
    dg_stop_request(SIGINT);
    assert_int_equal(write(fd, "there\n", 6), 6);
    assert_stopped(l);
    close(fd);
    dg_lines_free(l);
    scratch_remove(&s);
}

/* results.csv is written by a second pass over the input, stopped or not. */
static void files_are_read_to_their_end(void **state)
{
    struct scratch s;
    struct dg_error err = { 0 };
    struct dg_survey survey;
    (void)state;
    assert_int_equal(dg_stop_count(), 2);
    scratch_make(&s);
    const char *path = scratch_write(&s, "in.csv", "header\nrow\n", 11);
    struct dg_lines *l = dg_lines_open(path, true, &err);
    assert_line(l, "header\n");
    assert_line(l, "row\n");
    assert_line(l, "");
    dg_lines_free(l);
    assert_false(dg_survey(path, DG_FORMAT_CSV, &survey, &err)); /* that can wait */
    assert_int_equal(err.kind, DG_KIND_STOPPED);
    scratch_remove(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_writer_may_come_late),
        cmocka_unit_test(a_request_ends_the_waiting),
        cmocka_unit_test(files_are_read_to_their_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
