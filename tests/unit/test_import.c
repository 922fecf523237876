/* SPDX-License-Identifier: MIT
 *
 * core/import: what comes into the ledger, how far, and where it ends.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <sys/resource.h>

#include "temp_folder.h"

#include "import_world.h"

enum { MANY = 100000, MANY_MS = 30000 };

static const char *const keys[] = { "k", NULL };

/* ---- what comes in ---- */

static void a_csv_comes_in(void **state)
{
    struct world w;
    (void)state;
    world_open(&w);
    put(at("in.csv"), "index,a,\n+7,\"x\ny\",\n-08,,z\nno,q,\n9223372036854775808,1,2\n,\n3\n");
    assert_int_equal(world_import(&w, "in.csv"), DG_CSV_END);
    assert_states(&w, "PPPPPP");
    assert_columns(&w, "index,a,,");
    assert_cells(&w, 0, "0=+7;1=x\ny;2=;");
    assert_cells(&w, 4, "0=;1=;");
    assert_place(&w, 0, true, 7, 2);
    assert_place(&w, 1, true, -8, 4);
    assert_place(&w, 2, false, 0, 5);
    assert_place(&w, 3, false, 0, 6);
    assert_place(&w, 5, true, 3, 8);
    assert_int_equal(w.sums.rows, 6);
    assert_int_equal(w.sums.fresh, 6);
    assert_int_equal(w.sums.pending, 6);
    assert_int_equal(atomic_load(&w.shared->imported), 6);
    assert_total(&w, "6");
    world_close(&w);
}

static void json_lines_come_in(void **state)
{
    struct world w;
    (void)state;
    world_open(&w);
    put(at("in.jsonl"), "{\"b\":1,\"a\":null}\n{}\n\n{\"c\":[1, 2],\"b\":\"x\",\"index\":5}\n");
    assert_int_equal(world_import(&w, "in.jsonl"), DG_CSV_END);
    assert_columns(&w, "b,a,c,index,");
    assert_cells(&w, 0, "0=1;1=;");
    assert_cells(&w, 1, "");
    assert_cells(&w, 2, "2=[1, 2];0=x;3=5;");
    assert_place(&w, 1, true, 1, 2);
    assert_place(&w, 2, true, 5, 4);
    put(at("in.jsonl"), "{\"d\":1,\"a\":2}\n"); /* known names keep their places */
    assert_int_equal(world_import(&w, "in.jsonl"), DG_CSV_END);
    assert_columns(&w, "b,a,c,index,d,");
    assert_cells(&w, 0, "4=1;1=2;");
    assert_states(&w, "PPP");
    assert_total(&w, "1");
    world_close(&w);
}

static void a_header_alone_is_an_input(void **state)
{
    struct world w;
    (void)state;
    world_open(&w);
    put(at("in.csv"), "a,b\n");
    assert_int_equal(world_import(&w, "in.csv"), DG_CSV_END);
    assert_columns(&w, "a,b,");
    assert_total(&w, "0");
    world_close(&w);
}

/* ---- faults ---- */

static void assert_fault(const char *name, const char *text, const char *states, const char *code,
                         const char *message)
{
    struct world w;
    world_open(&w);
    w.o.unseen = true;
    put(at(name), text);
    assert_int_equal(world_import(&w, name), DG_CSV_FAULT);
    assert_int_equal(w.err.kind, DG_KIND_INPUT);
    assert_string_equal(w.err.code, code);
    if (!strstr(w.err.message, message))
        fail_msg("\"%s\" does not say \"%s\"", w.err.message, message);
    assert_states(&w, states);
    assert_int_equal(atomic_load(&w.shared->imported), strlen(states));
    world_close(&w);
}

static void rows_before_a_fault_are_in(void **state)
{
    (void)state;
    assert_fault("in.csv", "index\n1\n0\n+1\n2\n", "PP", "duplicate_index",
                 "in:4: index 1 stands twice");
    assert_int_equal(remove(at(DG_LEDGER_NAME)), 0);
    assert_fault("in.jsonl", "{\"index\":\"07\"}\n{}\n{\"a\":0,\"index\":7}\n", "PP",
                 "duplicate_index", "in:3: index 7 stands twice");
    assert_int_equal(remove(at(DG_LEDGER_NAME)), 0);
    assert_fault("in.csv", "a\n1\n2\n3\n\"", "PPP", "quote", "in.csv:5:1: ");
}

static void columns_have_an_end(void **state)
{
    struct dg_buffer text;
    (void)state;
    dg_buffer_init(&text, 1 << 20);
    for (int k = 0; k < DG_CSV_COLUMNS; k++)
        dg_buffer_printf(&text, "%s\"%d\":0", k ? "," : "{", k);
    dg_buffer_text(&text, "}\n{\"0\":1,\"4095\":2}\n{\"0\":1,\"more\":1}\n");
    assert_fault("in.jsonl", text.data, "PP", "too_many_columns", "in:3: more than 4096 columns");
    dg_buffer_done(&text);
}

static void twice_is_fine_for_one_who_has_looked(void **state)
{
    struct world w;
    (void)state;
    world_open(&w);
    put(at("in.csv"), "index\n1\n1\n");
    assert_int_equal(world_import(&w, "in.csv"), DG_CSV_END);
    assert_states(&w, "PP");
    world_close(&w);
}

static void many_rows_file(const char *path, int rows)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs("index,k,image\n", f);
    for (int k = 0; k < rows; k++)
        fprintf(f, "%d,\"make the sky of picture %d bluer, and the rest too\",pictures/%d.jpg\n", k,
                k, k);
    assert_int_equal(fclose(f), 0);
}

/* A limit on the size of files stands for a disk that fails. */
static void what_cannot_be_written_is_told(void **state)
{
    struct world w;
    struct rlimit old, low;
    (void)state;
    world_open(&w);
    many_rows_file(at("in.csv"), 10000);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    low = (struct rlimit){ .rlim_cur = 300000, .rlim_max = old.rlim_max };
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &low), 0);
    assert_int_equal(world_import(&w, "in.csv"), DG_CSV_FAULT);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_int_equal(w.err.kind, DG_KIND_FILE);
    int64_t before = atomic_load(&w.shared->imported);
    assert_in_range(before, 64, 9999);
    assert_int_equal(world_import(&w, "in.csv"), DG_CSV_END);
    assert_int_equal(w.sums.fresh, 10000 - before);
    world_close(&w);
}

/* ---- bit by bit ---- */

static void assert_watermark(struct world *w, const struct dg_import *im)
{
    struct dg_ledger_row row;
    int64_t imported = atomic_load(&w->shared->imported);
    assert_int_equal(imported, dg_import_sums(im)->rows);
    if (imported > 0) {
        assert_true(dg_ledger_find(w->ledger, imported - 1, &row));
        dg_ledger_row_done(&row);
    }
    assert_false(dg_ledger_find(w->ledger, imported, &row));
}

static void rows_can_be_claimed_as_they_come(void **state)
{
    struct world w;
    struct dg_ledger_row rows[4];
    size_t count, steps = 0;
    enum dg_csv_got got;
    (void)state;
    world_open(&w);
    many_rows_file(at("in.csv"), 3000);
    struct dg_import *im = import_open(&w, "in.csv");
    while ((got = dg_import_step(im, &w.err)) == DG_CSV_ROW) {
        assert_watermark(&w, im);
        assert_int_equal(atomic_load(&w.shared->import_ended), 0);
        assert_true(dg_ledger_claim(w.ledger, 4, 1, rows, &count, &w.err));
        assert_int_equal(count, 4);
        for (size_t k = 0; k < 4; k++) {
            assert_int_equal(rows[k].position, 4 * steps + k);
            dg_ledger_row_done(&rows[k]);
        }
        steps++;
    }
    assert_true(steps > 1);
    assert_int_equal(got, DG_CSV_END);
    assert_watermark(&w, im);
    assert_int_equal(atomic_load(&w.shared->import_ended), 1);
    import_close(&w, im);
    world_close(&w);
}

static void a_pipe_is_not_waited_for(void **state)
{
    static const char first[] = "a\n1\n2\n", second[] = "3\n4";
    struct world w;
    (void)state;
    world_open(&w);
    assert_int_equal(mkfifo(at("in.csv"), 0600), 0);
    int fd = open(at("in.csv"), O_RDWR | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_true(dg_file_write(fd, first, sizeof first - 1, NULL));
    struct dg_import *im = import_open(&w, "in.csv");
    dg_csv_impatient(w.o.csv);
    assert_int_equal(dg_import_step(im, &w.err), DG_CSV_WAIT);
    assert_states(&w, "PP");
    assert_watermark(&w, im);
    assert_int_equal(dg_import_step(im, &w.err), DG_CSV_WAIT);
    assert_true(dg_file_write(fd, second, sizeof second - 1, NULL));
    assert_int_equal(dg_import_step(im, &w.err), DG_CSV_WAIT);
    assert_states(&w, "PPP");
    close(fd);
    assert_int_equal(dg_import_step(im, &w.err), DG_CSV_END);
    assert_states(&w, "PPPP");
    assert_total(&w, "4");
    import_close(&w, im);
    world_close(&w);
}

static void many_rows_are_quick(void **state)
{
    struct world w;
    (void)state;
    world_open(&w);
    w.o.keys = keys;
    many_rows_file(at("in.csv"), MANY);
    dg_msec start = dg_clock_now();
    assert_int_equal(world_import(&w, "in.csv"), DG_CSV_END);
    assert_int_equal(w.sums.fresh, MANY);
    assert_int_equal(world_import(&w, "in.csv"), DG_CSV_END);
    assert_int_equal(w.sums.pending, MANY);
    dg_msec took = dg_clock_now() - start;
    print_message("  two imports of %d rows: %d ms\n", MANY, (int)took);
    assert_true(took < MANY_MS);
    world_close(&w);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_root, remove_root)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(a_csv_comes_in),
        IN_FOLDER(json_lines_come_in),
        IN_FOLDER(a_header_alone_is_an_input),
        IN_FOLDER(rows_before_a_fault_are_in),
        IN_FOLDER(columns_have_an_end),
        IN_FOLDER(twice_is_fine_for_one_who_has_looked),
        IN_FOLDER(what_cannot_be_written_is_told),
        IN_FOLDER(rows_can_be_claimed_as_they_come),
        IN_FOLDER(a_pipe_is_not_waited_for),
        IN_FOLDER(many_rows_are_quick),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
