/* SPDX-License-Identifier: MIT
 *
 * core/limits_file: one window for all runs, in a file that is trusted only when
 * it is what it should be.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/shared.h"
#include "core/limits_file.h"
#include "temp_folder.h"

enum { LIMIT = 3, WINDOW = 60000 };

static const uint16_t METER = 0;
static const struct dg_cap CAP = { .meters = &METER, .count = 1, .most = { .requests = LIMIT } };

/* A folder in memory: TMPDIR may be on a disk. */
static int make_memory_root(void **state)
{
    (void)state;
    umask(022);
    snprintf(root, sizeof root, "/dev/shm/dg-test-XXXXXX");
    return mkdtemp(root) ? 0 : -1;
}

static struct dg_limits_file *open_window(const char *name, unsigned slots)
{
    struct dg_error err = { 0 };
    struct dg_limits_file *f = dg_limits_file_open(root, name, slots, &err);
    if (!f)
        fail_msg("%s: %s", err.code, err.message);
    assert_int_equal(dg_limiter_meter(dg_limits_file_limiter(f), 77), 0);
    return f;
}

static void assert_refused(const char *name, unsigned slots, const char *code, const char *part)
{
    struct dg_error err = { 0 };
    assert_null(dg_limits_file_open(root, name, slots, &err));
    assert_says(&err, code, part);
}

static uint64_t take(struct dg_limits_file *f, dg_msec now)
{
    struct dg_take t = {
        .caps = &CAP, .cap_count = 1, .window_ms = WINDOW, .owner = (uint32_t)getpid()
    };
    uint64_t slot;
    dg_limiter_take(dg_limits_file_limiter(f), &t, now, &slot);
    return slot;
}

static unsigned used(struct dg_limits_file *f, dg_msec now)
{
    struct dg_quota used;
    dg_limiter_use(dg_limits_file_limiter(f), &CAP, now, &used);
    return used.requests;
}

static void two_runs_share_a_window(void **state)
{
    struct dg_limits_file *one = open_window("ab01", LIMIT);
    struct dg_limits_file *other = open_window("ab01", LIMIT);
    struct dg_limits_file *apart = open_window("ab02", LIMIT);
    (void)state;
    uint64_t slot = take(one, 0);
    assert_int_not_equal(slot, 0);
    assert_int_not_equal(take(other, 1), 0);
    assert_int_not_equal(take(one, 2), 0);
    assert_int_equal(take(one, 3), 0);
    assert_int_equal(take(other, 3), 0);
    assert_int_equal(used(other, 3), LIMIT);
    assert_int_equal(used(apart, 3), 0);
    dg_limiter_unsent(dg_limits_file_limiter(other), slot);
    assert_int_not_equal(take(one, 4), 0);
    dg_limits_file_close(apart);
    dg_limits_file_close(other);
    dg_limits_file_close(one);
    dg_limits_file_close(NULL);
}

/* What the last run sent still counts for the next. */
static void a_window_outlives_its_run(void **state)
{
    struct dg_limits_file *f = open_window("ab", LIMIT);
    dg_msec now = dg_clock_now();
    (void)state;
    dg_limiter_sent(dg_limits_file_limiter(f), take(f, now), now);
    dg_limits_file_close(f);
    f = open_window("ab", LIMIT);
    assert_int_equal(used(f, now), 1);
    assert_int_equal(used(f, now + WINDOW), 0);
    dg_limits_file_close(f);
}

static void only_its_user_sees_it(void **state)
{
    char folder[300];
    struct dg_error err = { 0 };
    (void)state;
    snprintf(folder, sizeof folder, "%s/made", root);
    assert_true(dg_limits_folder_make(folder, &err));
    assert_true(dg_limits_folder_make(folder, &err));
    assert_int_equal(mode_of(folder), 0700);
    dg_limits_file_close(dg_limits_file_open(folder, "ab", 1, &err));
    assert_int_equal(mode_of(at("made/ab")), 0600);
    chmod(folder, 0750);
    assert_false(dg_limits_folder_make(folder, &err));
    assert_says(&err, "limits_folder", "mode 0700");
    assert_null(dg_limits_file_open(folder, "ab", 1, &err));
}

static void strange_folders_are_refused(void **state)
{
    struct dg_error err = { 0 };
    (void)state;
    assert_int_equal(mkdir(at("real"), 0700), 0);
    assert_int_equal(symlink("real", at("link")), 0);
    put(at("file"), "");
    assert_false(dg_limits_folder_make(at("link"), &err));
    assert_says(&err, "limits_folder", "cannot open");
    assert_false(dg_limits_folder_make(at("file"), &err));
    assert_says(&err, "limits_folder", "cannot open");
    assert_false(dg_limits_folder_make(at("no/where"), &err));
    assert_says(&err, "limits_folder", "cannot create");
    assert_false(dg_limits_folder_make("/proc/self", &err));
    assert_int_equal(err.kind, DG_KIND_FILE);
}

/* The folder of the sources is on no tmpfs, or this says nothing. */
static void a_disk_is_refused(void **state)
{
    struct dg_error err = { 0 };
    char folder[] = "dg-limits-XXXXXX";
    (void)state;
    if (!mkdtemp(folder))
        skip();
    bool made = dg_limits_folder_make(folder, &err);
    rmdir(folder);
    if (made)
        skip();
    assert_says(&err, "limits_folder", "in memory");
}

static void another_users_folder_is_refused(void **state)
{
    struct dg_error err = { 0 };
    (void)state;
    if (geteuid() != 0)
        skip();
    assert_int_equal(mkdir(at("theirs"), 0700), 0);
    assert_int_equal(chown(at("theirs"), 12345, 12345), 0);
    assert_false(dg_limits_folder_make(at("theirs"), &err));
    assert_says(&err, "limits_folder", "another user");
    dg_limits_file_close(open_window("ab", 1));
    assert_int_equal(chown(at("ab"), 12345, 12345), 0);
    assert_refused("ab", 1, "limits_file", "private file");
}

static void strange_files_are_refused(void **state)
{
    (void)state;
    assert_refused("", 1, "limits_file", "not the name");
    assert_refused("../ab", 1, "limits_file", "not the name");
    dg_limits_file_close(open_window("aa", 1));
    assert_int_equal(symlink("aa", at("ab")), 0);
    assert_refused("ab", 1, "limits_file", "cannot open");
    assert_int_equal(link(at("aa"), at("ac")), 0);
    assert_refused("ac", 1, "limits_file", "private file");
    assert_int_equal(mkfifo(at("ad"), 0600), 0);
    assert_refused("ad", 1, "limits_file", "private file");
    assert_int_equal(mkdir(at("ae"), 0700), 0);
    assert_refused("ae", 1, "limits_file", "cannot open");
    put(at("af"), "some text of somebody, longer than a number");
    assert_refused("af", 1, "limits_file", "not a window");
    put(at("b0"), "x");
    assert_refused("b0", 1, "limits_file", "not a window");
    dg_limits_file_close(open_window("b1", 1));
    assert_int_equal(chmod(at("b1"), 0644), 0);
    assert_refused("b1", 1, "limits_file", "private file");
}

/* A byte of the head is another one. */
static void spoil_head(const char *name, off_t offset)
{
    uint8_t byte;
    int fd = open(at(name), O_RDWR);
    assert_int_equal(pread(fd, &byte, 1, offset), 1);
    byte ^= 0x40;
    assert_int_equal(pwrite(fd, &byte, 1, offset), 1);
    close(fd);
}

static void other_versions_and_lengths_are_refused(void **state)
{
    static const struct {
        off_t offset; /* in the head */
        const char *code;
        const char *part;
    } cases[] = {
        { 0, "limits_file", "not a window" },        { 8, "limits_version", "another version" },
        { 12, "limits_version", "another version" }, { 16, "limits_version", "another version" },
        { 24, "limits_file", "another container" },
    };
    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        dg_limits_file_close(open_window("ab", 1));
        spoil_head("ab", cases[k].offset);
        assert_refused("ab", 1, cases[k].code, cases[k].part);
        assert_int_equal(unlink(at("ab")), 0);
    }
    dg_limits_file_close(open_window("ab", 1));
    assert_int_equal(truncate(at("ab"), 100000), 0);
    assert_refused("ab", 1, "limits_file", "cut short");
}

/* Its maker died before the head was written, or before anything was. */
static void a_half_made_one_is_made_again(void **state)
{
    struct stat st;
    (void)state;
    put(at("aa"), "");
    dg_limits_file_close(open_window("aa", LIMIT));
    assert_int_equal(stat(at("aa"), &st), 0);
    put(at("ab"), "");
    assert_int_equal(truncate(at("ab"), st.st_size), 0);
    struct dg_limits_file *f = open_window("ab", LIMIT);
    assert_int_not_equal(take(f, 0), 0);
    dg_limits_file_close(f);
}

/* Memory is taken for what is asked for, not for what could be. */
static void it_grows_as_runs_need(void **state)
{
    struct stat st;
    struct dg_limits_file *f = open_window("ab", 100);
    (void)state;
    assert_int_equal(stat(at("ab"), &st), 0);
    assert_true(st.st_size > DG_LIMITS_SLOTS * 64L);
    assert_true(st.st_blocks * 512 < 1024 * 1024);
    assert_int_equal(dg_limiter_slots(dg_limits_file_limiter(f)), 100);
    struct dg_limits_file *other = open_window("ab", 10000);
    assert_int_equal(dg_limiter_slots(dg_limits_file_limiter(f)), 10100);
    dg_limits_file_close(f);
    f = open_window("ab", 50);
    assert_int_equal(dg_limiter_slots(dg_limits_file_limiter(f)), 10150);
    dg_limits_file_close(f);
    dg_limits_file_close(other);
    f = open_window("ab", 10200); /* alone, and nothing counts */
    assert_int_equal(dg_limiter_slots(dg_limits_file_limiter(f)), 10200);
    dg_limits_file_close(f);
}

static void a_locked_one_is_told(void **state)
{
    (void)state;
    dg_limits_file_close(open_window("ab", 1));
    int fd = open(at("ab"), O_RDWR);
    assert_int_equal(flock(fd, LOCK_EX), 0);
    assert_refused("ab", 1, "limits_busy", "another run");
    close(fd);
    dg_limits_file_close(open_window("ab", 1));
}

/* Many at once, some killed while they make it: it is there, and once. */
static void many_may_make_it_at_once(void **state)
{
    enum { PROCESSES = 12, KILLED = 4, MOST = PROCESSES };
    struct dg_error err = { 0 };
    pid_t children[PROCESSES];
    (void)state;
    for (int k = 0; k < PROCESSES; k++) {
        children[k] = fork();
        if (children[k] == 0) {
            struct dg_limits_file *f = dg_limits_file_open(root, "ab", MOST, &err);
            struct dg_limiter *l = f ? dg_limits_file_limiter(f) : NULL;
            struct dg_take t = { .window_ms = INT32_MAX, .owner = (uint32_t)getpid() };
            uint64_t slot = 0;
            if (l && dg_limiter_meter(l, 77) == 0)
                dg_limiter_take(l, &t, 0, &slot);
            dg_limits_file_close(f);
            _exit(slot == 0);
        }
    }
    for (int k = 0; k < KILLED; k++)
        kill(children[k], SIGKILL);
    unsigned good = 0;
    for (int k = 0; k < PROCESSES; k++) {
        int status;
        assert_int_equal(waitpid(children[k], &status, 0), children[k]);
        assert_true(k < KILLED || status == 0);
        good += status == 0;
    }
    struct dg_limits_file *f = open_window("ab", 1);
    assert_true(used(f, 1) >= good);
    dg_limits_file_close(f);
}

/* A child with a view of its own, killed while a slot is open. */
static void a_killed_runs_slots_end(void **state)
{
    struct dg_limits_file *f = open_window("ab", LIMIT);
    dg_msec now = dg_clock_now();
    int ends[2];
    char byte;
    (void)state;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        struct dg_limits_file *own = dg_limits_file_open(root, "ab", LIMIT, NULL);
        for (int k = 0; k < LIMIT; k++)
            take(own, now);
        if (write(ends[1], "x", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    assert_int_equal(read(ends[0], &byte, 1), 1);
    close(ends[0]);
    close(ends[1]);
    assert_int_equal(take(f, now + 2 * WINDOW), 0);
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_equal(take(f, now + 3 * WINDOW), 0);
    assert_int_equal(used(f, now + 4 * WINDOW - 1), LIMIT);
    assert_int_not_equal(take(f, now + 4 * WINDOW), 0);
    dg_limits_file_close(f);
}

/* Uses up what a small tmpfs has; the errors come before the memory is touched. */
static void use_up(const char *folder)
{
    struct dg_error err = { 0 };
    assert_null(dg_limits_file_open(folder, "aa", DG_LIMITS_SLOTS, &err));
    assert_says(&err, "limits_full", "reserve memory");
    struct dg_limits_file *f = dg_limits_file_open(folder, "aa", 100, &err);
    assert_non_null(f);
    assert_null(dg_limits_file_open(folder, "aa", DG_LIMITS_SLOTS, &err));
    assert_says(&err, "limits_full", "reserve memory");
    struct dg_limiter *l = dg_limits_file_limiter(f);
    struct dg_take t = { .window_ms = WINDOW };
    uint64_t slot;
    unsigned slots = dg_limiter_slots(l);
    int fd = open(folder, O_TMPFILE | O_RDWR, 0600); /* the rest */
    struct statvfs room;
    assert_int_equal(fstatvfs(fd, &room), 0);
    assert_int_equal(posix_fallocate(fd, 0, (off_t)(room.f_bfree * room.f_frsize)), 0);
    assert_null(dg_limits_file_open(folder, "ab", 1, &err));
    assert_says(&err, "limits_full", "No space");
    for (unsigned k = 0; k < slots; k++)
        assert_int_equal(dg_limiter_take(l, &t, 0, &slot), 0);
    assert_true(dg_limiter_take(l, &t, 0, &slot) > 0);
    close(fd);
    dg_limits_file_close(f);
}

static void a_full_one_is_an_error(void **state)
{
    char folder[300];
    (void)state;
    snprintf(folder, sizeof folder, "%s/small", root);
    assert_int_equal(mkdir(folder, 0700), 0);
    if (mount("tmpfs", folder, "tmpfs", 0, "size=2m,mode=0700") != 0)
        skip();
    use_up(folder);
    assert_int_equal(umount2(folder, MNT_DETACH), 0);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_memory_root, remove_root)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(two_runs_share_a_window),       IN_FOLDER(a_window_outlives_its_run),
        IN_FOLDER(only_its_user_sees_it),         IN_FOLDER(strange_folders_are_refused),
        cmocka_unit_test(a_disk_is_refused),      IN_FOLDER(another_users_folder_is_refused),
        IN_FOLDER(strange_files_are_refused),     IN_FOLDER(other_versions_and_lengths_are_refused),
        IN_FOLDER(a_half_made_one_is_made_again), IN_FOLDER(it_grows_as_runs_need),
        IN_FOLDER(a_locked_one_is_told),          IN_FOLDER(many_may_make_it_at_once),
        IN_FOLDER(a_killed_runs_slots_end),       IN_FOLDER(a_full_one_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
