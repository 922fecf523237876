/* SPDX-License-Identifier: MIT
 *
 * core/ledger: its file, made, found again, refused, damaged, removed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "ledger_world.h"

enum { PAGE_BYTES = 4096 };

static void is_made_once_and_found_again(void **state)
{
    struct dg_error err = { 0 };
    struct dg_buffer b;
    (void)state;
    dg_buffer_init(&b, 100);
    struct dg_ledger *l = open_writer();
    assert_int_equal(mode_of(at(DG_LEDGER_NAME)), 0600);
    assert_false(dg_ledger_get(l, "a", &b));
    assert_true(dg_ledger_set(l, "a", "1", 1, &err));
    assert_true(dg_ledger_set(l, "a", "x\0y", 3, &err));
    assert_true(dg_ledger_set(l, "nothing", "", 0, &err));
    dg_ledger_close(l);
    l = open_writer();
    assert_true(dg_ledger_get(l, "a", &b));
    assert_int_equal(b.size, 3);
    assert_memory_equal(b.data, "x\0y", 3);
    assert_true(dg_ledger_get(l, "nothing", &b));
    assert_int_equal(b.size, 0);
    dg_ledger_close(l);
    assert_int_equal(entries(root), 1); /* the log is gone */
    dg_buffer_done(&b);
}

static void a_reader_only_reads(void **state)
{
    struct dg_error err = { 0 };
    struct dg_buffer b;
    (void)state;
    dg_buffer_init(&b, 100);
    struct dg_ledger *writer = open_writer();
    struct dg_ledger *reader = open_reader(&err);
    assert_non_null(reader);
    assert_true(dg_ledger_set(writer, "a", "1", 1, &err));
    assert_true(dg_ledger_get(reader, "a", &b));
    assert_string_equal(b.data, "1");
    assert_false(dg_ledger_set(reader, "a", "2", 1, &err));
    assert_says(&err, "ledger", "for reading only");
    dg_ledger_close(reader);
    dg_ledger_close(writer);
    dg_buffer_done(&b);
}

static void readers_miss_it(void **state)
{
    struct dg_error err = { 0 };
    (void)state;
    assert_null(open_reader(&err));
    assert_says(&err, "missing", "no ledger here");
    assert_int_equal(entries(root), 0);
    put(at(DG_LEDGER_NAME), "");
    assert_null(open_reader(&err));
    assert_says(&err, "missing", "is empty");
}

static void assert_refused(const char *code, const char *part)
{
    struct dg_error err = { 0 };
    assert_null(open_as(1, &err));
    assert_says(&err, code, part);
    assert_null(open_reader(&err));
    assert_says(&err, code, part);
}

static void other_files_are_refused(void **state)
{
    (void)state;
    put(at(DG_LEDGER_NAME), "index,instruction\n1,this is a table, and longer than a header is: "
                            "one hundred bytes at the least, all of them text\n");
    assert_refused("corrupt", "damaged");
    assert_int_equal(unlink(at(DG_LEDGER_NAME)), 0);
    run_sql("CREATE TABLE somebody (elses)");
    assert_refused("corrupt", "no ledger of this program");
    assert_string_equal(ask("SELECT count(*) FROM sqlite_schema"), "1;");
}

static void a_later_version_is_refused(void **state)
{
    (void)state;
    dg_ledger_close(open_writer());
    run_sql("PRAGMA user_version = 2");
    assert_refused("newer", "version 2, this program knows version 1");
}

static void a_link_is_not_followed(void **state)
{
    struct dg_error err = { 0 };
    (void)state;
    assert_int_equal(symlink(at("elsewhere"), at(DG_LEDGER_NAME)), 0);
    assert_null(open_as(1, &err));
    assert_int_equal(access(at("elsewhere"), F_OK), -1);
}

/* All pages from `first` on become noise. */
static void damage(off_t first)
{
    char noise[PAGE_BYTES];
    struct stat st;
    int fd = open(at(DG_LEDGER_NAME), O_WRONLY | O_CLOEXEC);
    memset(noise, 0xA5, sizeof noise);
    assert_true(fd >= 0 && fstat(fd, &st) == 0);
    for (off_t at_byte = first * PAGE_BYTES; at_byte < st.st_size; at_byte += PAGE_BYTES)
        assert_int_equal(pwrite(fd, noise, sizeof noise, at_byte), PAGE_BYTES);
    close(fd);
}

static void damage_is_told(void **state)
{
    struct dg_error err = { 0 };
    struct dg_ledger_row rows[4];
    struct dg_ledger_counts counts;
    size_t count;
    (void)state;
    dg_ledger_close(open_writer());
    add_rows(0, 100);
    damage(1);
    struct dg_ledger *l = open_writer();
    assert_false(dg_ledger_claim(l, 4, 0, rows, &count, &err));
    assert_says(&err, "corrupt", "damaged");
    assert_int_equal(count, 0);
    assert_false(dg_ledger_counts(l, &counts, &err));
    assert_says(&err, "corrupt", ".recover");
    dg_ledger_close(l);
    damage(0);
    assert_refused("corrupt", "damaged");
}

static void a_removed_file_is_gone(void **state)
{
    struct dg_error err = { 0 };
    (void)state;
    struct dg_ledger *l = open_writer();
    assert_int_equal(unlink(at(DG_LEDGER_NAME)), 0);
    assert_false(dg_ledger_set(l, "a", "1", 1, &err));
    assert_says(&err, "gone", "not there any more");
    put(at(DG_LEDGER_NAME), ""); /* another one in its place is not it */
    assert_false(dg_ledger_set(l, "a", "1", 1, &err));
    assert_says(&err, "gone", "not there any more");
    dg_ledger_close(l);
}

static void a_second_connection_leaves_the_first_its_locks(void **state)
{
    (void)state;
    struct dg_ledger *first = open_writer();
    dg_ledger_close(open_as(2, NULL));
    struct stat st;
    struct flock wanted = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    assert_int_equal(stat(at(DG_LEDGER_NAME), &st), 0);
    pid_t child = fork(); /* locks are seen by others only */
    if (child == 0) {
        int fd = open(at(DG_LEDGER_NAME), O_RDWR | O_CLOEXEC);
        _exit(fd < 0 || fcntl(fd, F_GETLK, &wanted) != 0 || wanted.l_type == F_UNLCK);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    dg_ledger_close(first);
}

/* What is written back makes room for what comes, whatever it is in all. */
static void the_log_stays_short(void **state)
{
    enum { VALUE_BYTES = 4 << 20, VALUES = 12, LOG_BYTES = 3 * VALUE_BYTES };
    struct dg_error err = { 0 };
    struct stat st;
    char *value = dg_alloc(VALUE_BYTES);
    (void)state;
    memset(value, 'v', VALUE_BYTES);
    struct dg_ledger *l = open_writer();
    for (char name[] = "a"; name[0] < 'a' + VALUES; name[0]++) {
        assert_true(dg_ledger_set(l, name, value, VALUE_BYTES, &err));
        dg_ledger_checkpoint(l);
    }
    assert_int_equal(stat(at(DG_LEDGER_NAME "-wal"), &st), 0);
    assert_true(st.st_size < LOG_BYTES);
    assert_int_equal(stat(at(DG_LEDGER_NAME), &st), 0);
    assert_true(st.st_size > (VALUES - 1) * VALUE_BYTES);
    dg_ledger_close(l);
    dg_free(value);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_world, remove_world)
    const struct CMUnitTest tests[] = {
        TEST(is_made_once_and_found_again),
        TEST(a_reader_only_reads),
        TEST(readers_miss_it),
        TEST(other_files_are_refused),
        TEST(a_later_version_is_refused),
        TEST(a_link_is_not_followed),
        TEST(damage_is_told),
        TEST(a_removed_file_is_gone),
        TEST(a_second_connection_leaves_the_first_its_locks),
        TEST(the_log_stays_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
