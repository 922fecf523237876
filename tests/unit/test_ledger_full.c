/* SPDX-License-Identifier: MIT
 *
 * core/ledger: a disk that is full, by a limit on this process's files, and
 * where mounting is allowed by a small file system.
 */
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "ledger_world.h"

enum { RESERVE_BYTES = 256 * 1024, ANSWER_BYTES = 128 * 1024 };

static struct dg_ledger *open_with_reserve(void)
{
    struct dg_error err = { 0 };
    struct dg_ledger_options o = {
        .folder = root, .shared = shared, .owner = 1, .spool = root, .reserve_bytes = RESERVE_BYTES
    };
    struct dg_ledger *l = dg_ledger_open(&o, &err);
    if (!l)
        fail_msg("%s", err.message);
    assert_false(dg_ledger_is_full(l));
    return l;
}

static int reserves(void)
{
    DIR *dir = opendir(root);
    int n = 0;
    assert_non_null(dir);
    for (struct dirent *e; (e = readdir(dir));)
        n += strncmp(e->d_name, "reserve.", 8) == 0;
    closedir(dir);
    return n;
}

/* Facts of some size. */
static void note_long_answer(struct dg_ledger *l, int64_t position, int64_t attempt)
{
    char *text = dg_zalloc(ANSWER_BYTES);
    note_over(l, position, attempt, "ok", "");
    dg_ledger_answered(l, &(struct dg_answer){ .position = position,
                                               .attempt = attempt,
                                               .stem = "0",
                                               .text = text,
                                               .text_size = ANSWER_BYTES,
                                               .pictures = "" });
    dg_free(text);
}

static void assert_full(struct dg_ledger *l, const struct dg_error *err)
{
    assert_says(err, "full", "no space left");
    assert_true(dg_ledger_is_full(l));
    assert_int_equal(reserves(), 0);
}

/* ---- by a limit ---- */

static void limit_files(rlim_t bytes)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void facts_wait_for_room(void **state)
{
    struct dg_error err = { 0 }, claim_err = { 0 };
    struct dg_ledger_row row;
    size_t count;
    (void)state;
    struct dg_ledger *l = open_with_reserve();
    assert_int_equal(reserves(), 1);
    add_rows(0, 3);
    row = claim_one(l);
    dg_ledger_row_done(&row);
    int64_t attempt = send_row(l, 0);
    note_long_answer(l, 0, attempt);
    dg_ledger_sending(l, &(struct dg_attempt){ .position = 1, .endpoint = "one" });
    limit_files(0); /* and nothing asserted, which could end the test, until it is lifted */
    bool committed = dg_ledger_commit(l, &err);
    bool claimed = dg_ledger_claim(l, 1, 0, &row, &count, &claim_err);
    limit_files(RLIM_INFINITY);
    assert_false(committed);
    assert_full(l, &err);
    assert_false(claimed);
    assert_int_equal(count, 0);
    assert_full(l, &claim_err);
    assert_commits(l);
    assert_string_equal(ask("SELECT position, state, attempts FROM rows"), "0|4|1;1|0|0;2|0|0;");
    dg_ledger_close(l);
}

static void a_reserve_that_does_not_fit_is_told(void **state)
{
    struct dg_error err = { 0 };
    struct dg_ledger_options o = {
        .folder = root, .shared = shared, .owner = 1, .spool = root, .reserve_bytes = RESERVE_BYTES
    };
    (void)state;
    dg_ledger_close(open_writer());
    limit_files(RESERVE_BYTES / 2);
    struct dg_ledger *l = dg_ledger_open(&o, &err);
    limit_files(RLIM_INFINITY);
    assert_null(l);
    assert_says(&err, "write", "reserve.");
    assert_int_equal(reserves(), 0);
}

/* ---- by a small file system ---- */

static bool mount_small(void)
{
    if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
        return false;
    return mount("small", root, "tmpfs", 0, "size=2m") == 0;
}

static void fill_up(void)
{
    static const char block[4096];
    int fd = open(at("fill"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    while (write(fd, block, sizeof block) > 0)
        ;
    close(fd);
}

static void what_is_in_flight_fits_the_reserve(void **state)
{
    struct dg_error err = { 0 };
    int64_t attempt[4];
    struct dg_ledger_row row;
    (void)state;
    if (!mount_small()) {
        print_message("skipped: nothing may be mounted here\n");
        return;
    }
    struct dg_ledger *l = open_with_reserve();
    add_rows(0, 4);
    for (int64_t k = 0; k < 4; k++) {
        row = claim_one(l);
        dg_ledger_row_done(&row);
        attempt[k] = send_row(l, k);
    }
    fill_up();
    note_long_answer(l, 0, attempt[0]);
    assert_commits(l); /* by the reserve */
    assert_true(dg_ledger_is_full(l));
    assert_int_equal(reserves(), 0);
    for (int64_t k = 1; k < 4; k++)
        note_long_answer(l, k, attempt[k]);
    assert_false(dg_ledger_commit(l, &err));
    assert_full(l, &err);
    assert_int_equal(unlink(at("fill")), 0);
    assert_commits(l);
    assert_string_equal(ask("SELECT state, count(*) FROM rows GROUP BY state"), "4|4;");
    dg_ledger_close(l);
    assert_int_equal(umount2(root, MNT_DETACH), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_world, remove_world)
    const struct CMUnitTest tests[] = {
        TEST(facts_wait_for_room),
        TEST(a_reserve_that_does_not_fit_is_told),
        TEST(what_is_in_flight_fits_the_reserve),
    };
    signal(SIGXFSZ, SIG_IGN); /* writes fail instead */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
