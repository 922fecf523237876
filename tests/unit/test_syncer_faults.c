/* SPDX-License-Identifier: MIT
 *
 * core/syncer: files that are missing or of another kind, disks that fail, a
 * thread that does not start.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "syncer_world.h"

static void a_thread_may_not_start(void **state)
{
    struct dg_error err;
    const char *path = at("a");
    (void)state;
    disk.thread_number = EAGAIN;
    assert_null(dg_syncer_submit(s, &owners[0], &path, 1, &err));
    assert_says(&err, "thread", "cannot start a thread");
    assert_quiet();
    disk.thread_number = 0;
    submit(&owners[1], path);
    assert_next(&owners[1], true);
}

static void the_first_missing_file_decides(void **state)
{
    struct dg_error err;
    const char *paths[] = { at("a"), at("missing"), at("gone"), root };
    bool ok;
    (void)state;
    assert_non_null(dg_syncer_submit(s, &owners[0], paths, 4, NULL));
    assert_ptr_equal(next(&ok, &err), &owners[0]);
    assert_false(ok);
    assert_says(&err, "sync", "/missing: cannot sync: No such file");
    assert_int_equal(disk.files, 1);
    assert_int_equal(disk.folders, 0);
    submit(&owners[1], at("b"));
    assert_next(&owners[1], true);
}

static void links_lead_to_folders_alone(void **state)
{
    (void)state;
    assert_int_equal(symlink(root, at("to_folder")), 0);
    assert_int_equal(symlink(at("a"), at("to_file")), 0);
    assert_int_equal(symlink(at("none"), at("to_nothing")), 0);
    assert_int_equal(mkfifo(at("pipe"), 0600), 0);
    submit(&owners[0], at("to_folder"));
    submit(&owners[1], at("to_file"));
    submit(&owners[2], at("to_nothing"));
    submit(&owners[3], at("pipe"));
    for (int k = 0; k < 4; k++)
        assert_next(&owners[k], k == 0);
    assert_int_equal(disk.files, 0);
    assert_int_equal(disk.folders, 1);
}

/* In one group, so that a second sync of the path would be believed. */
static void a_failed_sync_is_not_retried(void **state)
{
    struct dg_error err;
    bool ok;
    (void)state;
    hold_disk();
    submit(&owners[0], at("a"));
    await_held();
    disk.failing = "/b";
    disk.number = EIO;
    submit(&owners[1], at("b"));
    submit(&owners[2], at("a"));
    submit(&owners[3], at("b"));
    let_go();
    assert_next(&owners[0], true);
    assert_ptr_equal(next(&ok, &err), &owners[1]);
    assert_false(ok);
    assert_says(&err, "sync", "/b: cannot sync: Input/output error");
    assert_next(&owners[2], true);
    assert_next(&owners[3], false);
    assert_int_equal(disk.files, 3);
}

/* One folder or file whose sync sets `number`. */
static void assert_verdict(const char *path, const char *name, int number, bool well)
{
    disk.failing = name;
    disk.number = number;
    submit(&owners[0], path);
    assert_next(&owners[0], well);
}

static void folders_may_know_no_sync(void **state)
{
    const char *name = strrchr(root, '/');
    (void)state;
    assert_verdict(root, name, EINVAL, true);
    assert_verdict(root, name, ENOSPC, false);
    assert_verdict(at("a"), "/a", EINVAL, false);
    assert_verdict(root, "/a", EINVAL, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_thread_may_not_start, begin, end),
        cmocka_unit_test_setup_teardown(the_first_missing_file_decides, begin, end),
        cmocka_unit_test_setup_teardown(links_lead_to_folders_alone, begin, end),
        cmocka_unit_test_setup_teardown(a_failed_sync_is_not_retried, begin, end),
        cmocka_unit_test_setup_teardown(folders_may_know_no_sync, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
