/* SPDX-License-Identifier: MIT
 *
 * core/ledger_view: the table of results to the byte, of every state and for
 * every kind of text, and as of one moment.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "core/ledger_view.h"
#include "ledger_world.h"

#define OURS                                                                                       \
    "output_image,status,error_code,error,attempts,possibly_billed,latency_ms,request_id,"         \
    "model,input_tokens,output_tokens,total_tokens,cost_usd"

enum { TABLE_BYTES = 1024 * 1024 };

struct part {
    uint64_t number;  /* of the cell */
    const char *text; /* NULL: the end */
};

/* An SQL literal of these cells; one of a few texts used in turn. */
static const char *packed(const struct part *parts)
{
    static char texts[4][2048];
    static unsigned turn;
    char *text = texts[turn++ % 4];
    struct dg_buffer b;
    dg_buffer_init(&b, sizeof texts[0] / 2 - 2);
    for (; parts->text; parts++)
        assert_true(dg_cells_add(&b, parts->number, parts->text, strlen(parts->text)));
    size_t n = (size_t)snprintf(text, sizeof texts[0], "x'");
    for (size_t k = 0; k < b.size; k++)
        n += (size_t)snprintf(text + n, sizeof texts[0] - n, "%02x", (uint8_t)b.data[k]);
    snprintf(text + n, sizeof texts[0] - n, "'");
    dg_buffer_done(&b);
    return text;
}

#define PACKED(...) packed((const struct part[]){ __VA_ARGS__, { 0, NULL } })

static void add_row(int64_t position, int state, const char *cells)
{
    run_sql("INSERT INTO rows (position, state, line, digest) VALUES (%lld, %d, 1, x'00');"
            "INSERT INTO input VALUES (%lld, %s)",
            (long long)position, state, (long long)position, cells);
}

static void add_outcome(int64_t position, const char *code, const char *error, const char *outputs,
                        const char *extra)
{
    run_sql("INSERT INTO outcomes VALUES (%lld, 500 + %lld, 0, 'api', %Q, %Q, %s, %s)",
            (long long)position, (long long)position, code, error, outputs, extra);
}

static void add_attempt(int64_t position, const char *request_id)
{
    run_sql("INSERT INTO attempts (id, position, endpoint, endpoint_index, started_ms, queued_ms,"
            " request_id, done_ms, model, input_tokens, output_tokens, total_tokens, cost_nano)"
            " VALUES (500 + %lld, %lld, 'one', 0, 0, 0, %Q, 1234, 'gpt-image-2', 10, 20, 30,"
            " 42000000)",
            (long long)position, (long long)position, request_id);
}

static void assert_table(enum dg_results_format format, const char *wanted)
{
    struct dg_error err = { 0 };
    struct dg_ledger *l = open_reader(&err);
    int fd = open(at("table"), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(l && fd >= 0);
    if (!dg_ledger_results(l, format, fd, "table", &err))
        fail_msg("%s", err.message);
    close(fd);
    dg_ledger_close(l);
    assert_content(at("table"), wanted);
}

static void make_ledger(const char *columns)
{
    dg_ledger_close(open_writer());
    if (*columns)
        run_sql("INSERT INTO columns VALUES %s", columns);
}

/* ---- states ---- */

/* A row in each state, each with all that a row may have. */
static void lay_every_state(void)
{
    make_ledger("(0, 'id'), (1, 'text')");
    run_sql("INSERT INTO extras (name) VALUES ('note')");
    for (int state = 0; state < DG_ROW_STATES; state++) {
        char id[] = { (char)('a' + state), '\0' };
        add_row(state, state, PACKED({ 0, id }, { 1, "t" }));
        add_outcome(state, "bad", "was bad", PACKED({ 9, "1.0.png" }, { 9, "1.1.png" }),
                    PACKED({ 0, "note" }, { 0, "n" }));
        add_attempt(state, "req");
    }
    run_sql("UPDATE rows SET attempts = position, billed = position = 3;"
            "UPDATE outcomes SET error_code = '', error = '' WHERE position = %d",
            DG_ROW_ANSWERED);
}

static void each_state_shows_what_is_its(void **state)
{
    (void)state;
    lay_every_state();
    assert_table(DG_RESULTS_CSV,
                 "id,text," OURS ",note\n"
                 "a,t,,pending,,,0,0,,,,,,,,\n"
                 "b,t,,answered,bad,was bad,1,0,1234,req,gpt-image-2,10,20,30,0.042,n\n"
                 "c,t,,pending,,,2,0,,,,,,,,\n"
                 "d,t,,pending,,,3,1,,,,,,,,\n"
                 "e,t,,answered,,,4,0,1234,req,gpt-image-2,10,20,30,0.042,n\n"
                 "f,t,1.0.png|1.1.png,done,,,5,0,1234,req,gpt-image-2,10,20,30,0.042,n\n"
                 "g,t,,failed,bad,was bad,6,0,1234,req,gpt-image-2,10,20,30,0.042,n\n"
                 "h,t,,skipped,,,7,0,,,,,,,,\n");
}

#define NOTHING                                                                                    \
    "\"latency_ms\":null,\"request_id\":null,\"model\":null,\"input_tokens\":null,"                \
    "\"output_tokens\":null,\"total_tokens\":null,\"cost_usd\":null}\n"
#define ALL                                                                                        \
    "\"latency_ms\":1234,\"request_id\":\"req\",\"model\":\"gpt-image-2\",\"input_tokens\":10,"    \
    "\"output_tokens\":20,\"total_tokens\":30,\"cost_usd\":0.042,\"note\":\"n\"}\n"
#define OBJECT(id, image, status, code, error, attempts, billed)                                   \
    "{\"id\":\"" id "\",\"text\":\"t\",\"output_image\":" image ",\"status\":\"" status            \
    "\",\"error_code\":" code ",\"error\":" error ",\"attempts\":" attempts                        \
    ",\"possibly_billed\":" billed ","

static void each_state_is_an_object(void **state)
{
    (void)state;
    lay_every_state();
    assert_table(
        DG_RESULTS_JSONL,
        OBJECT("a", "null", "pending", "null", "null", "0",
               "0") NOTHING OBJECT("b", "null", "answered", "\"bad\"", "\"was bad\"", "1",
                                   "0") ALL OBJECT("c", "null", "pending", "null", "null", "2", "0")
            NOTHING OBJECT("d", "null", "pending", "null", "null", "3", "1")
                NOTHING OBJECT("e", "null", "answered", "null", "null", "4", "0")
                    ALL OBJECT("f", "\"1.0.png|1.1.png\"", "done", "null", "null", "5", "0")
                        ALL OBJECT("g", "null", "failed", "\"bad\"", "\"was bad\"", "6", "0")
                            ALL OBJECT("h", "null", "skipped", "null", "null", "7", "0") NOTHING);
}

static void rows_without_a_trace_are_empty(void **state)
{
    (void)state;
    make_ledger("(0, 'id')");
    add_row(0, DG_ROW_DONE, PACKED({ 0, "a" }));
    run_sql("INSERT INTO outcomes VALUES (0, NULL, 0, '', '', '', NULL, NULL)");
    run_sql("INSERT INTO rows (position, state, line, digest) VALUES (1, 6, 1, x'00')");
    assert_table(DG_RESULTS_CSV, "id," OURS "\na,,done,,,0,0,,,,,,,\n,,failed,,,0,0,,,,,,,\n");
}

static void an_empty_ledger_is_a_header(void **state)
{
    (void)state;
    make_ledger("");
    assert_table(DG_RESULTS_CSV, OURS "\n");
    assert_table(DG_RESULTS_JSONL, "");
}

static void rows_behind_the_total_are_of_another_input(void **state)
{
    (void)state;
    make_ledger("(0, 'id')");
    for (int k = 0; k < 4; k++)
        add_row(3 - k, DG_ROW_SKIPPED, PACKED({ 0, "a" }));
    run_sql("INSERT INTO meta VALUES ('total', CAST('2' AS BLOB))");
    assert_table(DG_RESULTS_CSV, "id," OURS "\na,,skipped,,,0,0,,,,,,,\na,,skipped,,,0,0,,,,,,,\n");
}

/* ---- columns ---- */

static void taken_names_make_way(void **state)
{
    (void)state;
    make_ledger("(0, 'status'), (1, 'dg_error'), (2, 'error'), (3, 'status')");
    run_sql("INSERT INTO extras (name) VALUES ('status'), ('model'), ('=x'), ('a\nb')");
    add_row(0, DG_ROW_FAILED, PACKED({ 0, "new" }, { 1, "1" }, { 2, "2" }, { 3, "old" }));
    add_outcome(0, "c", "e", "NULL", PACKED({ 0, "=x" }, { 0, "3" }, { 0, "status" }, { 0, "s" }));
    assert_table(DG_RESULTS_CSV,
                 "status,dg_error,error,status,output_image,dg_status,error_code,dg_dg_error,"
                 "attempts,possibly_billed,latency_ms,request_id,model,input_tokens,"
                 "output_tokens,total_tokens,cost_usd,dg_dg_status,dg_model,'=x,a\\nb\n"
                 "new,1,2,old,,failed,c,e,0,0,,,,,,,,s,,3,\n");
}

static void json_rows_may_differ(void **state)
{
    (void)state;
    make_ledger("(0, 'a'), (1, 'b'), (2, 'c')");
    run_sql("INSERT INTO extras (name) VALUES ('x'), ('y')");
    add_row(0, DG_ROW_SKIPPED, PACKED({ 2, "C" }, { 0, "A" }));
    add_row(1, DG_ROW_FAILED, PACKED({ 1, "" }, { 9, "of no column" }));
    add_outcome(1, "", "", "NULL", PACKED({ 0, "y" }, { 0, "" }));
    assert_table(DG_RESULTS_CSV, "a,b,c," OURS ",x,y\n"
                                 "A,,C,,skipped,,,0,0,,,,,,,,,\n"
                                 ",,,,failed,,,0,0,,,,,,,,,\n");
    assert_table(DG_RESULTS_JSONL,
                 "{\"a\":\"A\",\"c\":\"C\",\"output_image\":null,\"status\":\"skipped\","
                 "\"error_code\":null,\"error\":null,\"attempts\":0,\"possibly_billed\":0," NOTHING
                 "{\"b\":\"\",\"output_image\":null,\"status\":\"failed\",\"error_code\":null,"
                 "\"error\":null,\"attempts\":0,\"possibly_billed\":0,\"latency_ms\":null,"
                 "\"request_id\":null,\"model\":null,\"input_tokens\":null,"
                 "\"output_tokens\":null,\"total_tokens\":null,\"cost_usd\":null,\"y\":\"\"}\n");
}

/* ---- texts ---- */

static void the_users_cells_stay_byte_for_byte(void **state)
{
    static const struct {
        const char *cell, *csv, *json;
    } cases[] = {
        { "=1+1", "=1+1", "=1+1" },
        { "say \"hi\", twice", "\"say \"\"hi\"\", twice\"", "say \\\"hi\\\", twice" },
        { "two\r\nlines", "\"two\r\nlines\"", "two\\r\\nlines" },
        { " spaces ", "\" spaces \"", " spaces " },
        { "\x1b[31m\x01", "\x1b[31m\x01", "\\u001b[31m\\u0001" },
        { "\xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x8c\x8a", "\xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x8c\x8a",
          "\xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x8c\x8a" },
        { "\xe2\x80\xae", "\xe2\x80\xae", "\xe2\x80\xae" },
    };
    (void)state;
    make_ledger("(0, 'id')");
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        char wanted[1024];
        run_sql("DELETE FROM rows; DELETE FROM input");
        add_row(0, DG_ROW_SKIPPED, PACKED({ 0, cases[k].cell }));
        snprintf(wanted, sizeof wanted, "id," OURS "\n%s,,skipped,,,0,0,,,,,,,\n", cases[k].csv);
        assert_table(DG_RESULTS_CSV, wanted);
        snprintf(wanted, sizeof wanted,
                 "{\"id\":\"%s\",\"output_image\":null,\"status\":\"skipped\",\"error_code\":null,"
                 "\"error\":null,\"attempts\":0,\"possibly_billed\":0," NOTHING,
                 cases[k].json);
        assert_table(DG_RESULTS_JSONL, wanted);
    }
}

/* The same text as a server's and as a hook's. */
static const struct {
    const char *text, *server, *hook, *json;
} FOREIGN[] = {
    { "plain", "plain", "plain", "plain" },
    { "=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0", "=cmd|' /C calc'!A0" },
    { "@SUM(A1)", "'@SUM(A1)", "'@SUM(A1)", "@SUM(A1)" },
    { "+1", "'+1", "'+1", "+1" },
    { "-1", "'-1", "-1", "-1" },
    { "-1.5e3", "'-1.5e3", "-1.5e3", "-1.5e3" },
    { "-1+2", "'-1+2", "'-1+2", "-1+2" },
    { "-", "'-", "'-", "-" },
    { "\t=1", "\\t=1", "\\t=1", "\\\\t=1" },
    { "\r=1", "\\r=1", "\\r=1", "\\\\r=1" },
    { "a\nb, \"c\"", "\"a\\nb, \"\"c\"\"\"", "\"a\\nb, \"\"c\"\"\"", "a\\\\nb, \\\"c\\\"" },
    { "\x1b[2J", "\\x1b[2J", "\\x1b[2J", "\\\\x1b[2J" },
    { "\xff", "\\xff", "\\xff", "\\\\xff" },
    { "\xe6\x97\xa5", "\xe6\x97\xa5", "\xe6\x97\xa5", "\xe6\x97\xa5" },
    { "\xe2\x80\xae", "\\u202e", "\\u202e", "\\\\u202e" },
};

static void foreign_texts_are_harmless(void **state)
{
    (void)state;
    make_ledger("");
    run_sql("INSERT INTO extras (name) VALUES ('x')");
    add_row(0, DG_ROW_FAILED, "x''");
    for (size_t k = 0; k < sizeof FOREIGN / sizeof *FOREIGN; k++) {
        const char *s = FOREIGN[k].server, *j = FOREIGN[k].json;
        char wanted[2048];
        run_sql("DELETE FROM outcomes; DELETE FROM attempts");
        add_outcome(0, FOREIGN[k].text, FOREIGN[k].text, "NULL",
                    PACKED({ 0, "x" }, { 0, FOREIGN[k].text }));
        add_attempt(0, FOREIGN[k].text);
        run_sql("UPDATE attempts SET model = request_id");
        snprintf(wanted, sizeof wanted, OURS ",x\n,failed,%s,%s,0,0,1234,%s,%s,10,20,30,0.042,%s\n",
                 s, s, s, s, FOREIGN[k].hook);
        assert_table(DG_RESULTS_CSV, wanted);
        snprintf(wanted, sizeof wanted,
                 "{\"output_image\":null,\"status\":\"failed\",\"error_code\":\"%s\",\"error\":"
                 "\"%s\",\"attempts\":0,\"possibly_billed\":0,\"latency_ms\":1234,\"request_id\":"
                 "\"%s\",\"model\":\"%s\",\"input_tokens\":10,\"output_tokens\":20,"
                 "\"total_tokens\":30,\"cost_usd\":0.042,\"x\":\"%s\"}\n",
                 j, j, j, j, j);
        assert_table(DG_RESULTS_JSONL, wanted);
    }
}

static void money_is_exact(void **state)
{
    static const struct {
        const char *nano, *dollars;
    } cases[] = {
        { "NULL", "" },
        { "0", "0" },
        { "1", "0.000000001" },
        { "42000000", "0.042" },
        { "1000000000", "1" },
        { "1500000000", "1.5" },
        { "12000000034", "12.000000034" },
        { "9223372036854775807", "9223372036.854775807" },
    };
    (void)state;
    make_ledger("");
    add_row(0, DG_ROW_FAILED, "x''");
    add_outcome(0, "", "", "NULL", "NULL");
    add_attempt(0, "");
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        char wanted[512];
        run_sql("UPDATE attempts SET cost_nano = %s", cases[k].nano);
        snprintf(wanted, sizeof wanted, OURS "\n,failed,,,0,0,1234,,gpt-image-2,10,20,30,%s\n",
                 cases[k].dollars);
        assert_table(DG_RESULTS_CSV, wanted);
    }
}

static void damaged_rows_are_written_all_the_same(void **state)
{
    (void)state;
    make_ledger("(0, 'id'), (1, 'b')");
    add_row(0, 99, "x'0001610163'");
    add_row(1, -1, "x'ffffffffffffffffffffffff'");
    add_row(2, DG_ROW_DONE, PACKED({ 0, "c" }));
    add_outcome(2, "", "", "x'09ff'", "x'0005'");
    assert_table(DG_RESULTS_CSV, "id,b," OURS "\n"
                                 "a,,,pending,,,0,0,,,,,,,\n"
                                 ",,,pending,,,0,0,,,,,,,\n"
                                 "c,,,done,,,0,0,,,,,,,\n");
}

/* ---- the file ---- */

static void a_full_disk_is_told(void **state)
{
    struct dg_error err = { 0 };
    (void)state;
    make_ledger("");
    struct dg_ledger *l = open_reader(&err);
    int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
    assert_true(l && fd >= 0);
    assert_false(dg_ledger_results(l, DG_RESULTS_CSV, fd, "out/results.csv", &err));
    assert_int_equal(strncmp(err.message, "out/results.csv: ", 17), 0);
    close(fd);
    dg_ledger_close(l);
}

static int write_to(int fd)
{
    struct dg_ledger *l = open_reader(NULL);
    bool ok = l && dg_ledger_results(l, DG_RESULTS_CSV, fd, "pipe", NULL);
    dg_ledger_close(l);
    return ok ? 0 : 1;
}

/* Who writes into a pipe has begun when its first byte comes, and cannot end
 * before it is read to the end. */
static void the_table_is_of_one_moment(void **state)
{
    enum { ROWS = 20000 };
    struct dg_buffer b;
    char chunk[4096];
    ssize_t n;
    int ends[2], status;
    (void)state;
    make_ledger("(0, 'id')");
    add_rows(0, ROWS);
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0)
        _exit(write_to(ends[1]));
    close(ends[1]);
    dg_buffer_init(&b, TABLE_BYTES);
    n = read(ends[0], chunk, 1);
    struct dg_ledger *l = open_writer();
    note_end(l, 0, 0, DG_ROW_SKIPPED, "");
    note_end(l, ROWS - 1, 0, DG_ROW_SKIPPED, "");
    assert_commits(l);
    dg_ledger_close(l);
    for (; n > 0; n = read(ends[0], chunk, sizeof chunk))
        assert_true(dg_buffer_add(&b, chunk, (size_t)n));
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    size_t lines = 0;
    for (size_t k = 0; k < b.size; k++)
        lines += b.data[k] == '\n';
    assert_int_equal(lines, ROWS + 1);
    assert_null(strstr(b.data, "skipped"));
    assert_non_null(strstr(b.data, "\nrow 19999,,pending,"));
    dg_buffer_done(&b);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_world, remove_world)
    const struct CMUnitTest tests[] = {
        TEST(each_state_shows_what_is_its),
        TEST(each_state_is_an_object),
        TEST(rows_without_a_trace_are_empty),
        TEST(an_empty_ledger_is_a_header),
        TEST(rows_behind_the_total_are_of_another_input),
        TEST(taken_names_make_way),
        TEST(json_rows_may_differ),
        TEST(the_users_cells_stay_byte_for_byte),
        TEST(foreign_texts_are_harmless),
        TEST(money_is_exact),
        TEST(damaged_rows_are_written_all_the_same),
        TEST(a_full_disk_is_told),
        TEST(the_table_is_of_one_moment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
