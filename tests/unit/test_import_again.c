/* SPDX-License-Identifier: MIT
 *
 * core/import over a ledger that knows the rows already: what becomes of each,
 * and comparing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <inttypes.h>
#include <signal.h>

#include "base/stop.h"
#include "temp_folder.h"

#include "import_world.h"

static const char *const keys[] = { "k", NULL };

#define FIVE        "k,o\na,1\nb,1\nc,1\nd,1\ne,1\n"
#define OTHER_CELLS "k,o\na,2\nb,2\nc,2\nd,2\ne,2\n"
#define OTHER_KEYS  "k,o\nA,1\nB,1\nC,1\nD,1\nE,1\n"

/* FIVE rows that are done, kept, failed, skipped, pending, and then ... */
static const struct {
    const char *name;
    const char *text;           /* ... this input */
    const char *wanted;         /* a row each, + or -; NULL: all */
    bool retry, redo;           /* ... */
    const char *picture;        /* of the done row is this then, "": is gone */
    const char *after;          /* states */
    const char *cells;          /* of the done row */
    struct dg_import_sums sums; /* rows fresh finished changed lost reused skipped failed kept
                                   pending written apart */
} cases[] = {
    { "same",
      FIVE,
      NULL,
      0,
      0,
      "four",
      "DKFPP",
      "0=a;1=1;",
      { 5, 0, 1, 0, 0, 1, 0, 1, 1, 2, 1, 0 } },
    { "larger",
      FIVE,
      NULL,
      0,
      0,
      "fives",
      "DKFPP",
      "0=a;1=1;",
      { 5, 0, 1, 0, 0, 1, 0, 1, 1, 2, 1, 0 } },
    { "none",
      FIVE,
      "-----",
      0,
      0,
      "four",
      "DKFSS",
      "0=a;1=1;",
      { 5, 0, 1, 0, 0, 0, 4, 0, 1, 0, 1, 0 } },
    { "some",
      FIVE,
      "+-+-+",
      0,
      0,
      "four",
      "DKFSP",
      "0=a;1=1;",
      { 5, 0, 1, 0, 0, 1, 1, 1, 1, 1, 0, 0 } },
    { "retry",
      FIVE,
      NULL,
      1,
      0,
      "four",
      "DKPPP",
      "0=a;1=1;",
      { 5, 0, 1, 0, 0, 1, 0, 0, 1, 3, 2, 0 } },
    { "no retry",
      FIVE,
      "++-++",
      1,
      0,
      "four",
      "DKFPP",
      "0=a;1=1;",
      { 5, 0, 1, 0, 0, 1, 1, 0, 1, 2, 1, 0 } },
    { "redo",
      FIVE,
      NULL,
      0,
      1,
      "four",
      "PKFPP",
      "0=a;1=1;",
      { 5, 0, 1, 0, 0, 0, 0, 1, 1, 3, 2, 0 } },
    { "no redo",
      FIVE,
      "-++++",
      0,
      1,
      "four",
      "DKFPP",
      "0=a;1=1;",
      { 5, 0, 1, 0, 0, 0, 1, 1, 1, 2, 1, 0 } },
    { "gone", FIVE, NULL, 0, 0, "", "PKFPP", "0=a;1=1;", { 5, 0, 1, 0, 1, 0, 0, 1, 1, 3, 2, 0 } },
    { "short",
      FIVE,
      NULL,
      0,
      0,
      "for",
      "PKFPP",
      "0=a;1=1;",
      { 5, 0, 1, 0, 1, 0, 0, 1, 1, 3, 2, 0 } },
    { "not missed",
      FIVE,
      "-----",
      0,
      0,
      "",
      "DKFSS",
      "0=a;1=1;",
      { 5, 0, 1, 0, 0, 0, 4, 0, 1, 0, 1, 0 } },
    { "cells",
      OTHER_CELLS,
      NULL,
      0,
      0,
      "four",
      "DKFPP",
      "0=a;1=2;",
      { 5, 0, 1, 0, 0, 1, 0, 1, 1, 2, 5, 0 } },
    { "keys",
      OTHER_KEYS,
      NULL,
      0,
      0,
      "four",
      "PPPPP",
      "0=A;1=1;",
      { 5, 0, 1, 1, 0, 0, 0, 0, 0, 5, 5, 0 } },
    { "keys unwanted",
      OTHER_KEYS,
      "-----",
      0,
      0,
      "four",
      "DKSSS",
      "0=a;1=1;",
      { 5, 0, 1, 1, 0, 0, 4, 0, 1, 0, 3, 2 } },
    { "longer",
      FIVE "f,1\n",
      NULL,
      0,
      0,
      "four",
      "DKFPPP",
      "0=a;1=1;",
      { 6, 1, 1, 0, 0, 1, 0, 1, 1, 3, 2, 0 } },
    { "longer unwanted",
      FIVE "f,1\n",
      "-----",
      0,
      0,
      "four",
      "DKFSSS",
      "0=a;1=1;",
      { 6, 1, 1, 0, 0, 0, 5, 0, 1, 0, 2, 0 } },
    { "shorter",
      "k,o\na,1\nb,1\n",
      NULL,
      0,
      0,
      "four",
      "DKFSP",
      "0=a;1=1;",
      { 2, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 0 } },
};

static void assert_sums(const struct dg_import_sums *found, const struct dg_import_sums *wanted)
{
    const int64_t *a = &found->rows, *b = &wanted->rows;
    for (size_t k = 0; k < sizeof *found / sizeof *a; k++)
        if (a[k] != b[k])
            fail_msg("sum %zu is %" PRId64 ", not %" PRId64, k, a[k], b[k]);
}

static void import_wanted(struct world *w, const char *wanted)
{
    struct dg_range ranges[WORLD_ROWS];
    w->o.filtered = wanted != NULL;
    w->o.ranges = ranges;
    w->o.range_count = 0;
    for (size_t k = 0; wanted && wanted[k]; k++)
        if (wanted[k] == '+')
            ranges[w->o.range_count++] = (struct dg_range){ (int64_t)k, (int64_t)k + 1 };
    assert_int_equal(world_import(w, "in.csv"), DG_CSV_END);
}

static void five_rows(struct world *w)
{
    world_open(w);
    w->o.keys = keys;
    put(at("in.csv"), FIVE);
    assert_int_equal(world_import(w, "in.csv"), DG_CSV_END);
    world_put(w, "DKFSP");
    assert_states(w, "DKFSP");
}

static void every_case(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        struct world w;
        print_message("  %s\n", cases[k].name);
        five_rows(&w);
        put(at("in.csv"), cases[k].text);
        put(at("0.png"), cases[k].picture);
        if (!cases[k].picture[0])
            assert_int_equal(unlink(at("0.png")), 0);
        w.o.retry_failed = cases[k].retry;
        w.o.redo = cases[k].redo;
        import_wanted(&w, cases[k].wanted);
        assert_states(&w, cases[k].after);
        assert_cells(&w, 0, cases[k].cells);
        assert_sums(&w.sums, &cases[k].sums);
        world_close(&w);
        assert_int_equal(remove_root(state), 0);
        assert_int_equal(make_root(state), 0);
    }
}

/* What was left out with its old cells is seen when it is wanted again. */
static void a_change_is_seen_later(void **state)
{
    struct world w;
    (void)state;
    five_rows(&w);
    put(at("in.csv"), OTHER_KEYS);
    import_wanted(&w, "-----");
    import_wanted(&w, NULL);
    assert_states(&w, "PPPPP");
    assert_int_equal(w.sums.changed, 1);
    world_close(&w);
}

/* A row that is answered without an answer has none: the old one is not found. */
static void a_stale_answer_is_forgotten(void **state)
{
    struct world w;
    struct dg_ledger_row row;
    struct dg_row_end end = {
        .position = 1, .state = DG_ROW_ANSWERED, .error_kind = "", .error_code = "", .error = ""
    };
    (void)state;
    five_rows(&w);
    assert_true(dg_ledger_find(w.ledger, 1, &row));
    assert_string_equal(row.stem, "s");
    dg_ledger_row_done(&row);
    put(at("in.csv"), OTHER_KEYS);
    import_wanted(&w, NULL);
    world_put(&w, "DPDDD");
    dg_ledger_ended(w.ledger, &end);
    assert_true(dg_ledger_commit(w.ledger, &w.err));
    assert_true(dg_ledger_find(w.ledger, 1, &row));
    assert_null(row.stem);
    dg_ledger_row_done(&row);
    world_close(&w);
}

static void an_other_header_moves_the_cells(void **state)
{
    struct world w;
    (void)state;
    world_open(&w);
    w.o.keys = keys;
    put(at("in.csv"), "k,o\na,1\nb,2\n");
    assert_int_equal(world_import(&w, "in.csv"), DG_CSV_END);
    world_put(&w, "DD");
    put(at("in.csv"), "o,n,k\n1,,a\n2,,b\n");
    assert_int_equal(world_import(&w, "in.csv"), DG_CSV_END);
    assert_columns(&w, "o,n,k,");
    assert_cells(&w, 1, "0=2;1=;2=b;");
    assert_states(&w, "DD");
    assert_int_equal(w.sums.reused, 2);
    world_close(&w);
}

/* A row that stays as it was made has no cell under another's name. */
static void cells_stay_under_their_names(void **state)
{
    struct world w;
    (void)state;
    world_open(&w);
    w.o.keys = keys;
    put(at("in.csv"), "k,o\na,1\nb,2\n");
    assert_int_equal(world_import(&w, "in.csv"), DG_CSV_END);
    world_put(&w, "DK");
    put(at("in.csv"), "o,k\n1,A\n2,B\n\"");
    w.o.filtered = true;
    assert_int_equal(world_import(&w, "in.csv"), DG_CSV_FAULT); /* not all was seen */
    put(at("in.csv"), "o,k\n1,A\n2,B\n");
    import_wanted(&w, "--");
    assert_states(&w, "DK");
    assert_columns(&w, "o,k,");
    assert_cells(&w, 0, "0=1;1=A;");
    assert_cells(&w, 1, "0=2;1=B;");
    import_wanted(&w, NULL);
    assert_states(&w, "PP"); /* the change is seen all the same */
    world_close(&w);
}

/* JSON Lines give the columns other places than the same table as CSV. */
static void another_format_moves_the_cells(void **state)
{
    struct world w;
    (void)state;
    world_open(&w);
    put(at("in.jsonl"), "{\"k\":\"a\",\"o\":\"1\"}\n{\"o\":\"2\",\"k\":\"b\"}\n");
    assert_int_equal(world_import(&w, "in.jsonl"), DG_CSV_END);
    world_put(&w, "DD");
    put(at("in.csv"), "o,k\n1,a\n2,b\n");
    import_wanted(&w, "--");
    assert_columns(&w, "o,k,");
    assert_cells(&w, 1, "0=2;1=b;");
    world_close(&w);
}

/* What was taken up of a longer input counts, also if it broke off. */
static void a_longer_input_counts_as_it_grows(void **state)
{
    struct world w;
    struct dg_ledger_counts counts;
    (void)state;
    five_rows(&w);
    put(at("in.csv"), FIVE "f,1\ng,1\n\"");
    assert_int_equal(world_import(&w, "in.csv"), DG_CSV_FAULT);
    assert_true(dg_ledger_counts(w.ledger, &counts, &w.err));
    assert_int_equal(counts.rows[DG_ROW_PENDING], 4);
    assert_total(&w, "7");
    put(at("in.csv"), FIVE); /* its end was accepted */
    import_wanted(&w, NULL);
    assert_total(&w, "5");
    put(at("in.csv"), FIVE "f,1\ng,1\n\"");
    assert_int_equal(world_import(&w, "in.csv"), DG_CSV_FAULT); /* nothing is new in it */
    assert_total(&w, "7");
    world_close(&w);
}

static void without_keys_all_cells_count(void **state)
{
    struct world w;
    (void)state;
    five_rows(&w);
    w.o.keys = NULL;
    import_wanted(&w, NULL); /* other keys are another digest */
    assert_int_equal(w.sums.changed, 1);
    world_put(&w, "DDDDD");
    import_wanted(&w, NULL);
    assert_int_equal(w.sums.reused, 5);
    put(at("in.csv"), OTHER_CELLS);
    import_wanted(&w, NULL);
    assert_states(&w, "PPPPP");
    world_close(&w);
}

static void a_line_may_move(void **state)
{
    struct world w;
    (void)state;
    five_rows(&w);
    put(at("in.csv"), "k,o\n\n\na,1\n");
    import_wanted(&w, NULL);
    assert_states(&w, "DKFSP");
    assert_place(&w, 0, true, 0, 4);
    world_close(&w);
}

/* Not even opened is it: the rows are those of the ledger, judged as ever. */
static void a_known_input_is_not_read(void **state)
{
    struct world w;
    (void)state;
    five_rows(&w);
    put(at("in.csv"), "k,o\n");
    assert_int_equal(unlink(at("0.png")), 0);
    w.o.known = true;
    import_wanted(&w, "++++-");
    assert_states(&w, "PKFPS");
    assert_cells(&w, 0, "0=a;1=1;");
    assert_place(&w, 4, true, 4, 6);
    assert_total(&w, "5");
    assert_sums(&w.sums, &(struct dg_import_sums){ 5, 0, 1, 0, 1, 0, 1, 1, 1, 2, 3, 0 });
    world_close(&w);
}

/* Where cells lie as of another header, or no input was ever taken up, it is read. */
static void an_input_half_known_is_read(void **state)
{
    struct world w;
    (void)state;
    world_open(&w);
    w.o.known = true;
    put(at("in.csv"), FIVE);
    assert_int_equal(world_import(&w, "in.csv"), DG_CSV_END);
    assert_int_equal(w.sums.fresh, 5);
    put(at("in.csv"), "o,k\n1,a\n1,b\n");
    assert_int_equal(world_import(&w, "in.csv"), DG_CSV_END);
    assert_cells(&w, 1, "0=1;1=b;");
    world_close(&w);
}

static void an_unchanged_input_writes_nothing(void **state)
{
    struct world w;
    struct dg_buffer before, after;
    (void)state;
    five_rows(&w);
    w.o.retry_failed = true;
    import_wanted(&w, NULL);
    world_put(&w, "DDDD"); /* the kept row too */
    dg_buffer_init(&before, 1 << 24);
    dg_buffer_init(&after, 1 << 24);
    assert_true(dg_file_read(at(DG_LEDGER_NAME "-wal"), &before, NULL));
    import_wanted(&w, NULL);
    assert_int_equal(w.sums.reused, 5);
    assert_true(dg_file_read(at(DG_LEDGER_NAME "-wal"), &after, NULL));
    assert_int_equal(after.size, before.size);
    assert_memory_equal(after.data, before.data, before.size);
    dg_buffer_done(&before);
    dg_buffer_done(&after);
    world_close(&w);
}

/* ---- comparing ---- */

static void assert_compared(struct world *w, const char *text, int finished, int changed)
{
    struct dg_import_sums sums;
    put(at("in.csv"), text);
    struct dg_import *im = import_open(w, "in.csv");
    assert_true(dg_import_compare(im, &sums, &w->err));
    assert_int_equal(sums.finished, finished);
    assert_int_equal(sums.changed, changed);
    import_close(w, im);
}

static void comparing_tells_what_has_changed(void **state)
{
    struct world w;
    (void)state;
    five_rows(&w);
    w.o.retry_failed = true;
    import_wanted(&w, NULL);
    world_put(&w, "DDPD");
    assert_int_equal(unlink(at("0.png")), 0); /* nobody looks for it */
    assert_compared(&w, FIVE, 4, 0);
    assert_compared(&w, OTHER_CELLS, 4, 0);
    assert_compared(&w, OTHER_KEYS, 4, 4);
    assert_compared(&w, FIVE "f,1\n", 4, 0);
    assert_compared(&w, "k,o\na,1\nB,1\n", 4, 3);
    assert_states(&w, "DDDPD");
    assert_cells(&w, 0, "0=a;1=1;");
    put(at("in.csv"), "k,o\na,1\n");
    import_wanted(&w, "-");
    assert_compared(&w, "k,o\na,1\n", 1, 0); /* its end was accepted */
    world_close(&w);
}

/* An answer that was paid for and not processed is as dear as a picture. */
static void comparing_counts_kept_answers(void **state)
{
    struct world w;
    (void)state;
    five_rows(&w); /* DKFSP */
    assert_compared(&w, FIVE, 2, 0);
    assert_compared(&w, OTHER_KEYS, 2, 2);
    assert_compared(&w, "k,o\na,1\nB,1\n", 2, 1);
    world_close(&w);
}

static void comparing_can_be_stopped(void **state)
{
    struct world w;
    struct dg_import_sums sums;
    (void)state;
    five_rows(&w);
    dg_stop_request(SIGINT);
    struct dg_import *im = import_open(&w, "in.csv");
    assert_false(dg_import_compare(im, &sums, &w.err));
    assert_int_equal(w.err.kind, DG_KIND_STOPPED);
    assert_string_equal(w.err.message, "stopped while reading in");
    import_close(&w, im);
    world_close(&w);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_root, remove_root)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(an_other_header_moves_the_cells),
        IN_FOLDER(cells_stay_under_their_names),
        IN_FOLDER(another_format_moves_the_cells),
        IN_FOLDER(a_longer_input_counts_as_it_grows),
        IN_FOLDER(every_case),
        IN_FOLDER(a_change_is_seen_later),
        IN_FOLDER(a_stale_answer_is_forgotten),
        IN_FOLDER(without_keys_all_cells_count),
        IN_FOLDER(a_line_may_move),
        IN_FOLDER(a_known_input_is_not_read),
        IN_FOLDER(an_input_half_known_is_read),
        IN_FOLDER(an_unchanged_input_writes_nothing),
        IN_FOLDER(comparing_tells_what_has_changed),
        IN_FOLDER(comparing_counts_kept_answers),
        IN_FOLDER(comparing_can_be_stopped), /* the last: a request to stop stands */
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
