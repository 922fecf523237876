/* SPDX-License-Identifier: MIT
 *
 * core/syncer: what ends, in which order, how often the disk is asked, and what
 * becomes of owners that go.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>

#include "syncer_world.h"

enum { SIGNALS_TOLD = 31, ROWS = 50, FILES = 16, LARGEST_BURST = 700 };

/* How many threads are called "syncer", and the signals that the last of them
 * blocks, as the kernel tells it. */
static size_t syncer_threads(unsigned long long *blocked)
{
    char path[512];
    size_t count = 0;
    DIR *tasks = opendir("/proc/self/task");
    assert_non_null(tasks);
    for (struct dirent *e; (e = readdir(tasks)) != NULL;) {
        struct dg_buffer text;
        dg_buffer_init(&text, 64 * 1024);
        snprintf(path, sizeof path, "/proc/self/task/%s/status", e->d_name);
        bool found = dg_file_read(path, &text, NULL) && strstr(text.data, "Name:\tsyncer\n");
        const char *line = found ? strstr(text.data, "SigBlk:") : NULL;
        if (line)
            *blocked = strtoull(line + sizeof "SigBlk:" - 1, NULL, 16);
        count += found;
        dg_buffer_done(&text);
    }
    closedir(tasks);
    return count;
}

static void no_thread_without_work(void **state)
{
    unsigned long long blocked;
    (void)state;
    size_t threads = entries("/proc/self/task");
    struct dg_syncer *idle = dg_syncer_new(NULL);
    assert_int_equal(entries("/proc/self/task"), threads);
    dg_syncer_free(idle);
    assert_quiet();
    hold_disk();
    submit(&owners[0], at("a"));
    await_held();
    submit(&owners[1], at("a"));
    assert_int_equal(syncer_threads(&blocked), 1);
    let_go();
    assert_next(&owners[0], true);
    assert_next(&owners[1], true);
    assert_quiet();
}

static void signals_are_the_callers(void **state)
{
    sigset_t before;
    sigset_t after;
    unsigned long long blocked = 0;
    (void)state;
    sigemptyset(&before);
    sigaddset(&before, SIGUSR2);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    hold_disk();
    submit(&owners[0], at("a"));
    await_held();
    pthread_sigmask(SIG_BLOCK, NULL, &after);
    assert_true(syncer_threads(&blocked) > 0); /* the last test's may not be quite gone */
    let_go();
    assert_next(&owners[0], true);
    for (int number = 1; number <= SIGNALS_TOLD; number++) {
        assert_int_equal(sigismember(&after, number), sigismember(&before, number));
        if (number != SIGKILL && number != SIGSTOP)
            assert_true(blocked >> (number - 1) & 1);
    }
}

static void files_end_in_their_order(void **state)
{
    const char *paths[] = { at("a"), at("b"), root };
    (void)state;
    assert_non_null(dg_syncer_submit(s, &owners[0], paths, 3, NULL));
    assert_non_null(dg_syncer_submit(s, &owners[1], paths, 0, NULL));
    submit(&owners[2], root);
    submit(&owners[0], paths[1]); /* an owner may have several */
    assert_next(&owners[0], true);
    assert_next(&owners[1], true);
    assert_next(&owners[2], true);
    assert_next(&owners[0], true);
    assert_quiet();
}

static void a_group_syncs_each_path_once(void **state)
{
    (void)state;
    hold_disk();
    submit(&owners[0], at("a"));
    await_held();
    for (int k = 1; k <= ROWS; k++) {
        char name[16];
        snprintf(name, sizeof name, "row%d", k);
        const char *paths[] = { at(name), root, root };
        put(paths[0], "picture");
        assert_non_null(dg_syncer_submit(s, &owners[k], paths, 3, NULL));
    }
    let_go();
    for (int k = 0; k <= ROWS; k++)
        assert_next(&owners[k], true);
    assert_int_equal(disk.files, 1 + ROWS);
    assert_int_equal(disk.folders, 1);
}

static void a_path_submitted_meanwhile_is_synced_again(void **state)
{
    (void)state;
    hold_disk();
    submit(&owners[0], root);
    await_held();
    submit(&owners[1], root);
    assert_quiet();
    let_go();
    assert_next(&owners[0], true);
    assert_next(&owners[1], true);
    assert_int_equal(disk.folders, 2);
}

/* Submits a burst of one file and the folder each; how many. */
static int burst(int from, int size)
{
    int count = 0;
    for (; count < size && from + count < OWNERS; count++) {
        char name[16];
        snprintf(name, sizeof name, "file%d", (from + count) % FILES);
        const char *paths[] = { at(name), root };
        assert_non_null(dg_syncer_submit(s, &owners[from + count], paths, 2, NULL));
    }
    return count;
}

static void many_in_bursts(void **state)
{
    int submitted = 0;
    int ended = 0;
    (void)state;
    disk.dry = true;
    for (int k = 0; k < FILES; k++) {
        char name[16];
        snprintf(name, sizeof name, "file%d", k);
        put(at(name), "picture");
    }
    for (int size = 1; submitted < OWNERS; size = size * 3 % LARGEST_BURST) {
        bool ok;
        void *owner;
        submitted += burst(submitted, size);
        while ((owner = dg_syncer_ended(s, &ok, NULL))) {
            assert_ptr_equal(owner, &owners[ended++]);
            assert_true(ok);
        }
    }
    for (; ended < OWNERS; ended++)
        assert_next(&owners[ended], true);
    assert_quiet();
    assert_true(disk.folders >= 1 && disk.folders <= OWNERS);
}

static void the_forgotten_are_not_reported(void **state)
{
    const char *paths[] = { at("a"), root };
    (void)state;
    hold_disk();
    struct dg_sync *running = dg_syncer_submit(s, &owners[0], paths, 2, NULL);
    await_held();
    struct dg_sync *queued = submit(&owners[1], at("b"));
    submit(&owners[2], at("a"));
    dg_syncer_forget(s, queued);
    dg_syncer_forget(s, running);
    let_go();
    assert_next(&owners[2], true);
    assert_quiet();
    assert_int_equal(disk.files, 2); /* neither b nor, after a, the folder */
    assert_int_equal(disk.folders, 0);
}

static void the_ended_can_be_forgotten(void **state)
{
    (void)state;
    struct dg_sync *ended = submit(&owners[0], at("a"));
    assert_true(readable(PATIENCE_MS));
    dg_syncer_forget(s, ended);
    assert_quiet();
    submit(&owners[1], at("a"));
    assert_next(&owners[1], true);
}

static void free_drops_the_queue(void **state)
{
    const char *paths[] = { at("a"), root };
    (void)state;
    hold_disk();
    disk.join_lets_go = true;
    dg_syncer_submit(s, &owners[0], paths, 2, NULL);
    await_held();
    for (int k = 1; k < OWNERS; k++)
        submit(&owners[k], at("b"));
    dg_syncer_free(s);
    s = NULL;
    assert_int_equal(disk.files, 1);
    assert_int_equal(disk.folders, 0);
}

static void free_drops_the_ended(void **state)
{
    (void)state;
    submit(&owners[0], at("missing"));
    assert_true(readable(PATIENCE_MS));
    dg_syncer_free(s);
    s = NULL;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(no_thread_without_work, begin, end),
        cmocka_unit_test_setup_teardown(signals_are_the_callers, begin, end),
        cmocka_unit_test_setup_teardown(files_end_in_their_order, begin, end),
        cmocka_unit_test_setup_teardown(a_group_syncs_each_path_once, begin, end),
        cmocka_unit_test_setup_teardown(a_path_submitted_meanwhile_is_synced_again, begin, end),
        cmocka_unit_test_setup_teardown(many_in_bursts, begin, end),
        cmocka_unit_test_setup_teardown(the_forgotten_are_not_reported, begin, end),
        cmocka_unit_test_setup_teardown(the_ended_can_be_forgotten, begin, end),
        cmocka_unit_test_setup_teardown(free_drops_the_queue, begin, end),
        cmocka_unit_test_setup_teardown(free_drops_the_ended, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
