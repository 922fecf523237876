/* SPDX-License-Identifier: MIT
 *
 * core/ledger_view: figures about the attempts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "core/ledger_view.h"
#include "ledger_world.h"

/* What the ledger says at 100000 ms, lately being since 90000. */
static void look(struct dg_ledger_view *view)
{
    struct dg_error err = { 0 };
    struct dg_ledger *l = open_reader(&err);
    assert_non_null(l);
    if (!dg_ledger_view(l, 100000, 10000, view, &err))
        fail_msg("%s", err.message);
    dg_ledger_close(l);
}

/* `count` attempts numbered from `id`; SQL for the other values, `i` from 1. */
static void add_attempts(int64_t id, int count, const char *endpoint, const char *ended,
                         const char *status, const char *verdict, const char *code,
                         const char *done)
{
    run_sql("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)"
            " INSERT INTO attempts (id, position, endpoint, endpoint_index, started_ms, queued_ms,"
            " ended_ms, status, verdict, error_code, done_ms)"
            " SELECT %lld + i, i, %Q, 0, 50000 + i, 0, %s, %s, %s, %s, %s FROM n",
            count, (long long)id, endpoint, ended, status, verdict, code, done);
}

static void an_empty_ledger_has_no_figures(void **state)
{
    struct dg_ledger_view v;
    (void)state;
    dg_ledger_close(open_writer());
    look(&v);
    assert_int_equal(v.endpoint_count, 0);
    assert_int_equal(v.code_count, 0);
    assert_int_equal(v.run, 0);
    assert_int_equal(v.run_code, -1);
    assert_true(v.last_ended == 0 && v.ended_lately == 0);
    dg_ledger_view_done(&v);
    dg_ledger_view_done(&v);
}

static void assert_endpoint(const struct dg_endpoint_view *e, const char *label, int64_t ok,
                            int64_t failed, int64_t open)
{
    assert_string_equal(e->label, label);
    assert_int_equal(e->attempts, ok + failed + open);
    assert_int_equal(e->ok, ok);
    assert_int_equal(e->failed, failed);
    assert_int_equal(e->open, open);
}

static void attempts_are_counted_by_endpoint(void **state)
{
    struct dg_ledger_view v;
    (void)state;
    dg_ledger_close(open_writer());
    add_attempts(0, 100, "b", "i * 1000", "200", "'ok'", "''", "i");
    add_attempts(1000, 3, "a", "200000", "500", "'retry'", "'server_error'", "7");
    add_attempts(2000, 2, "a", "NULL", "NULL", "NULL", "NULL", "NULL");
    add_attempts(3000, 1, "", "100", "200", "'ok'", "''", "5");
    look(&v);
    assert_int_equal(v.endpoint_count, 3);
    assert_endpoint(&v.endpoints[0], "", 1, 0, 0);
    assert_endpoint(&v.endpoints[1], "a", 0, 3, 2);
    assert_endpoint(&v.endpoints[2], "b", 100, 0, 0);
    assert_true(v.endpoints[0].p50 == 5 && v.endpoints[0].p99 == 5);
    assert_true(v.endpoints[1].p50 == -1 && v.endpoints[1].p90 == -1 && v.endpoints[1].p99 == -1);
    assert_int_equal(v.endpoints[2].p50, 50);
    assert_int_equal(v.endpoints[2].p90, 90);
    assert_int_equal(v.endpoints[2].p99, 99);
    assert_int_equal(v.ended_lately, 10); /* 91000 to 100000 */
    assert_int_equal(v.last_ended, 200000);
    dg_ledger_view_done(&v);
}

static void assert_near(dg_msec found, dg_msec wanted)
{
    if (found * 1000 < wanted * 995 || found * 1000 > wanted * 1005)
        fail_msg("%lld is not near %lld", (long long)found, (long long)wanted);
}

static void durations_are_told_within_half_a_percent(void **state)
{
    (void)state;
    dg_ledger_close(open_writer());
    for (int64_t scale = 1; scale <= 10000000; scale *= 10) {
        char done[64];
        struct dg_ledger_view v;
        run_sql("DELETE FROM attempts");
        snprintf(done, sizeof done, "(1000 - i) * %lld", (long long)scale);
        add_attempts(0, 1000, "a", "1", "200", "'ok'", "''", done);
        look(&v);
        assert_near(v.endpoints[0].p50, 499 * scale);
        assert_near(v.endpoints[0].p90, 899 * scale);
        assert_near(v.endpoints[0].p99, 989 * scale);
        dg_ledger_view_done(&v);
    }
}

static void odd_durations_are_taken(void **state)
{
    struct dg_ledger_view v;
    (void)state;
    dg_ledger_close(open_writer());
    add_attempts(0, 1, "a", "1", "200", "'ok'", "''", "9223372036854775807");
    add_attempts(10, 1, "b", "1", "200", "'ok'", "''", "-5");
    add_attempts(20, 1, "c", "1", "200", "'ok'", "''", "NULL");
    look(&v);
    assert_true(v.endpoints[0].p50 > INT64_C(1) << 39);
    assert_int_equal(v.endpoints[1].p50, 0);
    assert_int_equal(v.endpoints[2].p50, 0);
    dg_ledger_view_done(&v);
}

static void codes_are_told_by_frequency(void **state)
{
    static const struct {
        const char *endpoint, *code;
        int64_t count;
    } wanted[] = {
        { "a", "rate_limit", 9 }, { "b", "rate_limit", 5 }, { "a", "http_502", 4 },
        { "a", "unknown", 3 },    { "b", "lost", 3 },       { "a", "reset", 1 },
    };
    struct dg_ledger_view v;
    (void)state;
    dg_ledger_close(open_writer());
    add_attempts(0, 9, "a", "1", "429", "'retry'", "'rate_limit'", "1");
    add_attempts(100, 5, "b", "1", "429", "'failover'", "'rate_limit'", "1");
    add_attempts(200, 4, "a", "1", "502", "'retry'", "''", "1");
    add_attempts(300, 3, "a", "1", "0", "'retry'", "''", "1");
    add_attempts(400, 3, "b", "1", "NULL", "'lost'", "NULL", "NULL");
    add_attempts(500, 1, "a", "1", "0", "'retry'", "'reset'", "1");
    add_attempts(600, 50, "a", "1", "200", "'ok'", "''", "1");
    add_attempts(700, 50, "a", "NULL", "NULL", "NULL", "NULL", "NULL");
    look(&v);
    assert_int_equal(v.code_count, sizeof wanted / sizeof *wanted);
    for (size_t k = 0; k < v.code_count; k++) {
        assert_string_equal(v.codes[k].endpoint, wanted[k].endpoint);
        assert_string_equal(v.codes[k].code, wanted[k].code);
        assert_int_equal(v.codes[k].count, wanted[k].count);
    }
    dg_ledger_view_done(&v);
}

static void not_all_codes_are_told(void **state)
{
    struct dg_ledger_view v;
    (void)state;
    dg_ledger_close(open_writer());
    add_attempts(0, 1000, "a", "1", "400", "'fatal'", "'code_' || (i % 100)", "1");
    add_attempts(2000, 11, "a", "1", "400", "'fatal'", "'often'", "1");
    look(&v);
    assert_int_equal(v.code_count, DG_ERRORS_TOLD);
    assert_string_equal(v.codes[0].code, "often");
    assert_string_equal(v.codes[1].code, "code_0");
    assert_int_equal(v.codes[DG_ERRORS_TOLD - 1].count, 10);
    assert_int_equal(v.endpoints[0].failed, 1011);
    dg_ledger_view_done(&v);
}

static void the_last_run_is_told(void **state)
{
    struct dg_ledger_view v;
    (void)state;
    dg_ledger_close(open_writer());
    run_sql("INSERT INTO runs VALUES (1, '', 1000, 2000, 3), (2, '', 40000, NULL, NULL)");
    add_attempts((INT64_C(1) << 42) + 1, 2, "a", "1500", "200", "'ok'", "''", "1");
    run_sql("UPDATE attempts SET started_ms = 1100");
    look(&v);
    assert_int_equal(v.run, 2);
    assert_int_equal(v.run_started, 40000);
    assert_int_equal(v.run_ended, 0);
    assert_int_equal(v.run_code, -1);
    dg_ledger_view_done(&v);
    add_attempts((INT64_C(2) << 42) + (INT64_C(1) << 32), 2, "a", "NULL", "0", "NULL", "''", "1");
    run_sql("UPDATE runs SET ended_ms = 60000, code = 0 WHERE id = 2");
    look(&v);
    assert_int_equal(v.run_ended, 60000);
    assert_int_equal(v.run_code, 0);
    assert_int_equal(v.last_ended, 1500);
    dg_ledger_view_done(&v);
}

static void damage_is_told(void **state)
{
    struct dg_ledger_view v;
    struct dg_error err = { 0 };
    (void)state;
    dg_ledger_close(open_writer());
    run_sql("DROP INDEX open_attempts; DROP TABLE attempts");
    struct dg_ledger *l = open_reader(&err);
    assert_false(dg_ledger_view(l, 0, 0, &v, &err));
    assert_says(&err, "ledger", "attempts");
    assert_int_equal(v.endpoint_count, 0);
    dg_ledger_view_done(&v);
    dg_ledger_close(l);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_world, remove_world)
    const struct CMUnitTest tests[] = {
        TEST(an_empty_ledger_has_no_figures),
        TEST(attempts_are_counted_by_endpoint),
        TEST(durations_are_told_within_half_a_percent),
        TEST(odd_durations_are_taken),
        TEST(codes_are_told_by_frequency),
        TEST(not_all_codes_are_told),
        TEST(the_last_run_is_told),
        TEST(damage_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
