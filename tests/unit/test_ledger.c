/* SPDX-License-Identifier: MIT
 *
 * core/ledger: a row's way from a claim to its end.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "ledger_world.h"

/* ---- claims ---- */

static void claims_go_in_order_as_far_as_is_imported(void **state)
{
    struct dg_error err = { 0 };
    struct dg_ledger_row rows[8];
    size_t count;
    (void)state;
    struct dg_ledger *l = open_writer();
    assert_true(dg_ledger_claim(l, 8, 0, rows, &count, &err));
    assert_int_equal(count, 0);
    add_rows(0, 20);
    atomic_store(&shared->imported, 10);
    run_sql("UPDATE rows SET state = 5 WHERE position IN (1, 2); DELETE FROM rows WHERE "
            "position = 4; UPDATE rows SET idx = NULL WHERE position = 3");
    static const int64_t first[] = { 0, 3, 5, 6 }, second[] = { 7, 8, 9 };
    assert_true(dg_ledger_claim(l, 4, 5000, rows, &count, &err));
    assert_int_equal(count, 4);
    for (size_t k = 0; k < count; k++) {
        char cell[32];
        int n = snprintf(cell, sizeof cell, "%crow %" PRId64, 5, first[k]);
        assert_int_equal(rows[k].position, first[k]);
        assert_int_equal(rows[k].index, first[k] == 3 ? 0 : 1000 + first[k]);
        assert_int_equal(rows[k].indexed, first[k] != 3);
        assert_int_equal(rows[k].line, first[k] + 2);
        assert_int_equal(rows[k].state, DG_ROW_RUNNING);
        assert_int_equal(rows[k].cells_size, n + 1);
        assert_memory_equal(rows[k].cells + 1, cell, (size_t)n);
        assert_null(rows[k].text);
        dg_ledger_row_done(&rows[k]);
    }
    assert_string_equal(ask("SELECT position, owner, lease_ms FROM rows WHERE state = 2"),
                        "0|1|3605000;3|1|3605000;5|1|3605000;6|1|3605000;");
    assert_true(dg_ledger_claim(l, 8, 0, rows, &count, &err));
    assert_int_equal(count, 3);
    for (size_t k = 0; k < count; k++) {
        assert_int_equal(rows[k].position, second[k]);
        dg_ledger_row_done(&rows[k]);
    }
    assert_true(dg_ledger_claim(l, 8, 0, rows, &count, &err));
    assert_int_equal(count, 0);
    dg_ledger_close(l);
}

/* Lays an answered row into the ledger and lets its process die. */
static int64_t keep_answer(void)
{
    struct dg_ledger *l = open_writer();
    add_rows(0, 8);
    run_sql("UPDATE rows SET state = 5 WHERE position < 7");
    assert_int_equal(dg_ledger_run(l, "{}", 1000, NULL), 1);
    struct dg_ledger_row row = claim_one(l);
    int64_t attempt = send_row(l, row.position);
    note_over(l, row.position, attempt, "ok", "");
    note_answer(l, row.position, attempt);
    assert_commits(l);
    dg_ledger_row_done(&row);
    assert_true(dg_ledger_release(l, 0, 4000, NULL, NULL));
    dg_ledger_close(l);
    return attempt;
}

static void kept_rows_come_with_their_answer(void **state)
{
    struct dg_ledger_row found;
    (void)state;
    int64_t attempt = keep_answer();
    struct dg_ledger *l = open_writer();
    assert_true(dg_ledger_find(l, 7, &found));
    assert_int_equal(found.state, DG_ROW_KEPT);
    dg_ledger_row_done(&found);
    struct dg_ledger_row row = claim_one(l);
    assert_int_equal(row.position, 7);
    assert_int_equal(row.state, DG_ROW_ANSWERED);
    assert_int_equal(row.attempts, 1);
    assert_string_equal(row.stem, "1007");
    assert_string_equal(row.text, "{\"created\":1}");
    assert_int_equal(row.text_size, 13);
    assert_int_equal(row.pictures_size, 3);
    assert_memory_equal(row.pictures, "\x09\x01p", 3);
    assert_int_equal(row.attempt, attempt);
    assert_string_equal(row.request_id, "req-1");
    assert_string_equal(row.endpoint, "one");
    assert_int_equal(row.status, 200);
    assert_int_equal(row.latency_ms, 300);
    dg_ledger_row_done(&row);
    assert_false(dg_ledger_find(l, 8, &found));
    dg_ledger_close(l);
}

/* ---- the whole way ---- */

static void end_with_pictures(struct dg_ledger *l, int64_t position, int64_t attempt)
{
    dg_ledger_ended(l, &(struct dg_row_end){ .position = position,
                                             .state = DG_ROW_DONE,
                                             .attempt = attempt,
                                             .error_kind = "",
                                             .error_code = "",
                                             .error = "",
                                             .outputs = "\x09\x07"
                                                        "1.0.png",
                                             .outputs_size = 9,
                                             .extra = "\0\x04note\0\x04good",
                                             .extra_size = 12,
                                             .wall = 3000 });
}

static void the_whole_way(void **state)
{
    static const char *look = "SELECT state, owner, attempts, billed FROM rows";
    (void)state;
    struct dg_ledger *l = open_writer();
    add_rows(0, 1);
    assert_int_equal(dg_ledger_run(l, "{}", 1000, NULL), 1);
    struct dg_ledger_row row = claim_one(l);
    dg_ledger_row_done(&row);
    assert_string_equal(ask(look), "2|1|0|0;");
    int64_t first = send_row(l, 0);
    assert_string_equal(ask(look), "3|1|1|0;");
    dg_ledger_attempt_over(l, &(struct dg_attempt_over){ .attempt = first,
                                                         .verdict = "retry",
                                                         .error_code = "reset",
                                                         .request_id = "",
                                                         .sent_ms = 5,
                                                         .first_byte_ms = -1,
                                                         .done_ms = 6,
                                                         .possibly_billed = true,
                                                         .wall = 2006 });
    int64_t second = send_row(l, 0);
    assert_int_equal(second, first + 1);
    assert_string_equal(ask(look), "3|1|2|1;");
    note_over(l, 0, second, "ok", "");
    note_answer(l, 0, second);
    assert_commits(l);
    assert_string_equal(ask(look), "4|1|2|1;"); /* its owner is at it still */
    end_with_pictures(l, 0, second);
    assert_commits(l);
    assert_string_equal(ask(look), "5|-|2|1;");
    assert_string_equal(ask("SELECT count(*) FROM answers"), "0;");
    assert_string_equal(ask("SELECT place, name FROM extras"), "1|note;");
    assert_string_equal(ask("SELECT verdict, error_code, sent_ms, first_byte_ms, done_ms, billed,"
                            " ended_ms, key FROM attempts ORDER BY id"),
                        "retry|reset|5|-|6|1|2006|0;ok||10|200|300|0|2300|0;");
    assert_true(dg_ledger_find(l, 0, &row));
    assert_int_equal(row.state, DG_ROW_DONE);
    assert_int_equal(row.outputs_size, 9);
    assert_memory_equal(row.outputs,
                        "\x09\x07"
                        "1.0.png",
                        9);
    dg_ledger_row_done(&row);
    dg_ledger_close(l);
}

static void a_new_answer_hides_the_old_error(void **state)
{
    (void)state;
    struct dg_ledger *l = open_writer();
    add_rows(0, 1);
    struct dg_ledger_row row = claim_one(l);
    dg_ledger_row_done(&row);
    note_end(l, 0, 0, DG_ROW_FAILED, "was bad");
    assert_commits(l);
    assert_string_equal(ask("SELECT error_code, error FROM outcomes"), "bad|was bad;");
    run_sql("UPDATE rows SET state = 0");
    row = claim_one(l);
    dg_ledger_row_done(&row);
    int64_t attempt = send_row(l, 0);
    note_over(l, 0, attempt, "ok", "");
    note_answer(l, 0, attempt);
    assert_commits(l);
    assert_string_equal(ask("SELECT error_kind, error_code, error FROM outcomes"), "||;");
    dg_ledger_close(l);
}

/* ---- notes and commits ---- */

static void a_failed_commit_keeps_facts_alone(void **state)
{
    struct dg_error err = { 0 };
    char away[1024];
    (void)state;
    struct dg_ledger *l = open_writer();
    add_rows(0, 2);
    struct dg_ledger_row row = claim_one(l);
    dg_ledger_row_done(&row);
    int64_t attempt = send_row(l, 0);
    note_over(l, 0, attempt, "ok", "");
    note_answer(l, 0, attempt);
    dg_ledger_sending(l, &(struct dg_attempt){ .position = 1, .endpoint = "one" });
    snprintf(away, sizeof away, "%s", at("away"));
    assert_int_equal(rename(at(DG_LEDGER_NAME), away), 0);
    assert_false(dg_ledger_commit(l, &err));
    assert_says(&err, "gone", "not there any more");
    assert_true(dg_ledger_noted(l) > 0);
    assert_int_equal(rename(away, at(DG_LEDGER_NAME)), 0);
    assert_commits(l);
    assert_string_equal(ask("SELECT position, state, attempts FROM rows"), "0|4|1;1|0|0;");
    assert_string_equal(ask("SELECT position, verdict FROM attempts"), "0|ok;");
    dg_ledger_close(l);
}

/* What was to be sent must not seem committed because a claim went by. */
static void a_claim_leaves_intentions_alone(void **state)
{
    struct dg_ledger_row row;
    size_t count;
    (void)state;
    struct dg_ledger *l = open_writer();
    add_rows(0, 2);
    row = claim_one(l);
    dg_ledger_row_done(&row);
    dg_ledger_sending(l, &(struct dg_attempt){ .position = 0, .endpoint = "one" });
    note_end(l, 0, 0, DG_ROW_PENDING, "");
    size_t noted = dg_ledger_noted(l);
    row = claim_one(l); /* finds what the facts made pending */
    assert_int_equal(row.position, 0);
    dg_ledger_row_done(&row);
    assert_true(dg_ledger_noted(l) > 0 && dg_ledger_noted(l) < noted);
    atomic_store(&shared->imported, 1);
    note_end(l, 1, 0, DG_ROW_SKIPPED, "");
    assert_true(dg_ledger_claim(l, 1, 0, &row, &count, NULL)); /* finds nothing */
    assert_int_equal(count, 0);
    assert_string_equal(ask("SELECT state, attempts FROM rows"), "2|0;7|0;");
    assert_commits(l);
    assert_string_equal(ask("SELECT state, attempts FROM rows"), "3|1;7|0;");
    dg_ledger_close(l);
}

static void closing_commits(void **state)
{
    (void)state;
    struct dg_ledger *l = open_writer();
    add_rows(0, 1);
    note_end(l, 0, 0, DG_ROW_FAILED, "no such file");
    dg_ledger_close(l);
    assert_string_equal(ask("SELECT state, error FROM rows JOIN outcomes USING (position)"),
                        "6|no such file;");
}

/* ---- the dead ---- */

/* The first row running, the second sending, the third answered, the fourth
 * answered and given up, the fifth between two attempts. */
static void leave_rows(struct dg_ledger *l)
{
    struct dg_ledger_row rows[5];
    size_t count;
    int64_t attempt[5];
    assert_true(dg_ledger_claim(l, 5, 1000, rows, &count, NULL));
    assert_int_equal(count, 5);
    for (size_t k = 1; k < 5; k++)
        attempt[k] = send_row(l, rows[k].position);
    for (size_t k = 2; k < 5; k++)
        note_over(l, rows[k].position, attempt[k], k == 4 ? "retry" : "ok", "");
    note_answer(l, rows[2].position, attempt[2]);
    note_answer(l, rows[3].position, attempt[3]);
    note_end(l, rows[3].position, attempt[3], DG_ROW_ANSWERED, "the script raised");
    assert_commits(l);
    for (size_t k = 0; k < 5; k++)
        dg_ledger_row_done(&rows[k]);
}

static void the_dead_release_their_rows(void **state)
{
    static const char *look = "SELECT position, state, owner, billed FROM rows";
    (void)state;
    struct dg_ledger *one = open_writer();
    add_rows(0, 10);
    dg_ledger_join(one, 1);
    leave_rows(one);
    struct dg_ledger *two = open_as(2, NULL);
    dg_ledger_join(two, 1);
    leave_rows(two);
    assert_true(dg_ledger_release(one, 2, 9000, NULL, NULL));
    assert_string_equal(ask(look), "0|2|1|0;1|3|1|0;2|4|1|0;3|4|-|0;4|3|1|0;"
                                   "5|0|-|0;6|0|-|1;7|1|-|0;8|4|-|0;9|0|-|0;");
    assert_string_equal(ask("SELECT position, verdict, billed FROM attempts"
                            " WHERE ended_ms = 9000 OR ended_ms IS NULL ORDER BY id"),
                        "1|-|0;6|lost|1;");
    assert_true(dg_ledger_release(one, 0, 9999, NULL, NULL));
    assert_string_equal(ask(look), "0|0|-|0;1|0|-|1;2|1|-|0;3|1|-|0;4|0|-|0;"
                                   "5|0|-|0;6|0|-|1;7|1|-|0;8|1|-|0;9|0|-|0;");
    assert_string_equal(ask("SELECT count(*), sum(billed) FROM attempts WHERE verdict = 'lost'"),
                        "2|2;");
    dg_ledger_close(two);
    dg_ledger_close(one);
}

/* ---- sums ---- */

static void charge(struct dg_ledger *l, int64_t attempt, int64_t tokens, int64_t cost)
{
    dg_ledger_charge(l, &(struct dg_charge){ .attempt = attempt,
                                             .model = "m",
                                             .input_tokens = tokens,
                                             .output_tokens = tokens * 2,
                                             .total_tokens = tokens * 3,
                                             .cost_nano = cost });
}

static void sums_are_of_all(void **state)
{
    const int64_t first = (INT64_C(1) << 32) + 1; /* attempt of owner 1, in no run */
    struct dg_ledger_counts c;
    struct dg_error err = { 0 };
    (void)state;
    struct dg_ledger *l = open_writer();
    add_rows(0, 12);
    leave_rows(l);
    note_end(l, 11, 0, DG_ROW_SKIPPED, "");
    run_sql("UPDATE rows SET state = 5 WHERE position = 10");
    assert_true(dg_ledger_counts(l, &c, &err));
    assert_true(c.dearest_nano == 0 && c.cost_nano == 0 && c.unpriced == 2);
    charge(l, first + 1, 100, 42000000);
    charge(l, first + 2, 10, 11000000);
    charge(l, first + 3, -1, -1);
    assert_commits(l);
    assert_true(dg_ledger_release(l, 0, 0, NULL, NULL));
    assert_true(dg_ledger_set(l, "total", "11", 2, &err)); /* the input has become shorter */
    assert_true(dg_ledger_counts(l, &c, &err));
    static const int64_t rows[DG_ROW_STATES] = { 8, 2, 0, 0, 0, 1, 0, 0 };
    for (int k = 0; k < DG_ROW_STATES; k++)
        assert_int_equal(c.rows[k], rows[k]);
    assert_int_equal(c.attempts, 4);
    assert_int_equal(c.possibly_billed, 1);
    assert_int_equal(c.cost_nano, 53000000);
    assert_int_equal(c.dearest_nano, 42000000);
    assert_int_equal(c.unpriced, 0);
    assert_int_equal(c.input_tokens, 110);
    assert_int_equal(c.output_tokens, 220);
    assert_int_equal(c.total_tokens, 330);
    dg_ledger_close(l);
}

static void settings_are_those_of_the_last_that_tried(void **state)
{
    struct dg_buffer b;
    (void)state;
    dg_buffer_init(&b, 1000);
    struct dg_ledger *l = open_writer();
    add_rows(0, 2);
    assert_false(dg_ledger_settings(l, 0, &b));
    assert_int_equal(dg_ledger_run(l, "first", 1000, NULL), 1);
    send_row(l, 0);
    assert_true(dg_ledger_run_over(l, 1, 3, 1500, NULL));
    assert_int_equal(dg_ledger_run(l, "second", 2000, NULL), 2);
    assert_true(dg_ledger_settings(l, 0, &b));
    assert_string_equal(b.data, "first");
    send_row(l, 1);
    assert_true(dg_ledger_settings(l, 0, &b));
    assert_string_equal(b.data, "second");
    assert_true(dg_ledger_settings(l, 2, &b));
    assert_string_equal(b.data, "first");
    assert_false(dg_ledger_settings(l, 1, &b));
    assert_string_equal(ask("SELECT * FROM runs"), "1|first|1000|1500|3;2|second|2000|-|-;");
    dg_ledger_close(l);
    dg_buffer_done(&b);
}

/* Claimed again, and given back when the run stops before its turn. */
static void an_answer_given_back_keeps_its_reason(void **state)
{
    (void)state;
    struct dg_ledger *l = open_writer();
    add_rows(0, 1);
    struct dg_ledger_row row = claim_one(l);
    int64_t id = send_row(l, 0);
    note_answer(l, 0, id);
    note_end(l, 0, id, DG_ROW_ANSWERED, "a hook raised");
    assert_commits(l);
    dg_ledger_row_done(&row);
    assert_true(dg_ledger_release(l, 0, 4000, NULL, NULL));
    row = claim_one(l);
    note_end(l, 0, 0, DG_ROW_ANSWERED, "");
    assert_commits(l);
    dg_ledger_row_done(&row);
    assert_string_equal(ask("SELECT state, attempt > 0, error FROM rows JOIN outcomes"
                            " USING (position)"),
                        "4|1|a hook raised;");
    dg_ledger_close(l);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_world, remove_world)
    const struct CMUnitTest tests[] = {
        TEST(claims_go_in_order_as_far_as_is_imported),
        TEST(kept_rows_come_with_their_answer),
        TEST(the_whole_way),
        TEST(a_new_answer_hides_the_old_error),
        TEST(a_failed_commit_keeps_facts_alone),
        TEST(a_claim_leaves_intentions_alone),
        TEST(closing_commits),
        TEST(the_dead_release_their_rows),
        TEST(sums_are_of_all),
        TEST(settings_are_those_of_the_last_that_tried),
        TEST(an_answer_given_back_keeps_its_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
