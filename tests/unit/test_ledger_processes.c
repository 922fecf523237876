/* SPDX-License-Identifier: MIT
 *
 * core/ledger: several processes at one ledger, and what is left of one that is
 * killed.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "ledger_world.h"

enum { PROCESSES = 4, ROWS = 2000, GROUP = 16, SENT = 5 };

/* ---- what the children do; they answer by their exit code ---- */

static bool send_group(struct dg_ledger *l, struct dg_ledger_row *rows, size_t count)
{
    for (size_t k = 0; k < count; k++)
        rows[k].attempt = dg_ledger_sending(l, &(struct dg_attempt){ .position = rows[k].position,
                                                                     .endpoint = "one" });
    return dg_ledger_commit(l, NULL);
}

static bool finish_group(struct dg_ledger *l, struct dg_ledger_row *rows, size_t count)
{
    for (size_t k = 0; k < count; k++) {
        note_over(l, rows[k].position, rows[k].attempt, "ok", "");
        note_answer(l, rows[k].position, rows[k].attempt);
    }
    if (!dg_ledger_commit(l, NULL))
        return false;
    for (size_t k = 0; k < count; k++) {
        note_end(l, rows[k].position, rows[k].attempt, DG_ROW_DONE, "");
        dg_ledger_row_done(&rows[k]);
    }
    return true; /* these get in with the next claim */
}

static int work(unsigned owner)
{
    struct dg_ledger_row rows[GROUP];
    size_t count = 0;
    struct dg_ledger *l = open_as(owner, NULL);
    bool ok = l != NULL;
    if (ok)
        dg_ledger_join(l, 1);
    while (ok && (ok = dg_ledger_claim(l, GROUP, 1000, rows, &count, NULL)) && count > 0)
        ok = send_group(l, rows, count) && finish_group(l, rows, count);
    dg_ledger_close(l);
    return ok ? 0 : 1;
}

static pid_t start_worker(unsigned owner)
{
    pid_t child = fork();
    if (child == 0)
        _exit(work(owner));
    assert_true(child > 0);
    return child;
}

/* Of all of them before anything is asserted: none may outlive its test. */
static void await_all(void)
{
    int status, failed = 0;
    while (wait(&status) > 0)
        failed += status != 0;
    assert_int_equal(failed, 0);
}

static void lay_rows(void)
{
    struct dg_ledger *l = open_writer();
    assert_int_equal(dg_ledger_run(l, "{}", 1000, NULL), 1);
    dg_ledger_close(l);
    add_rows(0, ROWS);
}

/* ---- tests ---- */

static void each_row_is_done_once(void **state)
{
    (void)state;
    lay_rows();
    for (unsigned k = 1; k <= PROCESSES; k++)
        start_worker(k);
    await_all();
    assert_string_equal(ask("SELECT state, attempts, owner, count(*) FROM rows GROUP BY 1, 2, 3"),
                        "5|1|-|2000;");
    assert_string_equal(ask("SELECT count(*), count(DISTINCT position) FROM attempts"
                            " WHERE verdict = 'ok'"),
                        "2000|2000;");
    assert_string_equal(ask("SELECT count(*) FROM outcomes JOIN attempts"
                            " ON attempts.id = outcomes.attempt"
                            " AND attempts.position = outcomes.position"),
                        "2000;");
    assert_string_equal(ask("SELECT count(*) FROM answers"), "0;");
}

/* Whoever is first makes the tables, the others find them. */
static void all_may_open_a_new_one_at_once(void **state)
{
    int gate[2];
    char byte;
    (void)state;
    assert_int_equal(pipe(gate), 0);
    for (unsigned k = 1; k <= PROCESSES; k++) {
        pid_t child = fork();
        if (child == 0) {
            close(gate[1]);
            if (read(gate[0], &byte, 1) != 0) /* its end is the signal */
                _exit(2);
            struct dg_ledger *l = open_as(k, NULL);
            char name[] = { (char)('a' + k), '\0' };
            _exit(!l || !dg_ledger_set(l, name, "x", 1, NULL));
        }
        assert_true(child > 0);
    }
    close(gate[0]);
    close(gate[1]);
    await_all();
    assert_string_equal(ask("SELECT count(*) FROM meta"), "4;");
}

/* Claims a group, sends a part of it, answers one, tells so, and lives on. */
static void stall(unsigned owner, int tell)
{
    struct dg_ledger_row rows[GROUP];
    size_t count = 0;
    struct dg_ledger *l = open_as(owner, NULL);
    if (!l)
        _exit(1);
    dg_ledger_join(l, 1);
    if (!dg_ledger_claim(l, GROUP, 1000, rows, &count, NULL) || count != GROUP ||
        !send_group(l, rows, SENT))
        _exit(1);
    note_over(l, rows[0].position, rows[0].attempt, "ok", "");
    note_answer(l, rows[0].position, rows[0].attempt);
    if (!dg_ledger_commit(l, NULL) || write(tell, "x", 1) != 1)
        _exit(1);
    for (;;)
        pause();
}

/* Returns when it has told. */
static pid_t start_stalling(void (*child_does)(unsigned owner, int tell), unsigned owner)
{
    int ends[2];
    char byte;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0)
        child_does(owner, ends[1]);
    close(ends[1]);
    assert_int_equal(read(ends[0], &byte, 1), 1);
    close(ends[0]);
    return child;
}

static void kill_it(pid_t child)
{
    int status;
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
}

static void the_rows_of_a_killed_one_are_done_by_others(void **state)
{
    (void)state;
    lay_rows();
    pid_t victim = start_stalling(stall, PROCESSES);
    for (unsigned k = 1; k < PROCESSES; k++)
        start_worker(k);
    kill_it(victim);
    struct dg_ledger *l = open_as(PROCESSES + 1, NULL);
    assert_non_null(l);
    assert_true(dg_ledger_release(l, PROCESSES, 5000, NULL, NULL));
    dg_ledger_close(l);
    start_worker(PROCESSES + 2);
    await_all();
    assert_string_equal(ask("SELECT state, billed, count(*) FROM rows GROUP BY 1, 2"),
                        "5|0|1996;5|1|4;");
    assert_string_equal(ask("SELECT verdict, billed, count(*) FROM attempts GROUP BY 1, 2"),
                        "lost|1|4;ok|0|2001;");
}

/* Dies in the middle of a transaction, the lock in its hands. */
static void stall_writing(unsigned owner, int tell)
{
    sqlite3 *db;
    (void)owner;
    dg_mutex_lock(&shared->writing);
    if (sqlite3_open(at(DG_LEDGER_NAME), &db) != SQLITE_OK ||
        sqlite3_exec(db, "BEGIN IMMEDIATE; UPDATE rows SET state = 6", NULL, NULL, NULL) ||
        write(tell, "x", 1) != 1)
        _exit(1);
    for (;;)
        pause();
}

static void a_killed_writer_stops_nobody(void **state)
{
    (void)state;
    lay_rows();
    pid_t victim = start_stalling(stall_writing, 2);
    kill_it(victim);
    assert_int_equal(work(1), 0);
    assert_string_equal(ask("SELECT state, count(*) FROM rows GROUP BY 1"), "5|2000;");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_world, remove_world)
    const struct CMUnitTest tests[] = {
        TEST(each_row_is_done_once),
        TEST(all_may_open_a_new_one_at_once),
        TEST(the_rows_of_a_killed_one_are_done_by_others),
        TEST(a_killed_writer_stops_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
