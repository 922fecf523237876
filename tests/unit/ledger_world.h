/* SPDX-License-Identifier: MIT
 *
 * A ledger in a test's folder, rows laid into it as an import would, and looks
 * into its tables past the program.  For cmocka programs; include after cmocka.h.
 *
 *     cmocka_unit_test_setup_teardown(test, make_world, remove_world)
 */
#ifndef DG_TESTS_LEDGER_WORLD_H
#define DG_TESTS_LEDGER_WORLD_H

#include <sqlite3.h>
#include <stdarg.h>

#include "base/memory.h"
#include "core/cells.h"
#include "core/ledger.h"
#include "temp_folder.h"

enum { WORLD_TEXT_BYTES = 4096 };

static struct dg_ledger_shared *shared; /* of this test's run */

static inline int make_world(void **state)
{
    shared = dg_ledger_share();
    return shared ? make_root(state) : -1;
}

static inline int remove_world(void **state)
{
    dg_ledger_unshare(shared);
    return remove_root(state);
}

static inline struct dg_ledger *open_as(unsigned owner, struct dg_error *err)
{
    struct dg_ledger_options o = { .folder = root, .shared = shared, .owner = owner };
    return dg_ledger_open(&o, err);
}

static inline struct dg_ledger *open_writer(void)
{
    struct dg_error err = { 0 };
    struct dg_ledger *l = open_as(1, &err);
    if (!l)
        fail_msg("%s", err.message);
    return l;
}

static inline struct dg_ledger *open_reader(struct dg_error *err)
{
    struct dg_ledger_options o = { .folder = root };
    return dg_ledger_open(&o, err);
}

/* ---- past the program ---- */

static inline sqlite3 *open_raw(void)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(at(DG_LEDGER_NAME), &db), SQLITE_OK);
    sqlite3_busy_timeout(db, 10000);
    return db;
}

/* The format is sqlite3_mprintf's: %Q quotes a text. */
static inline void run_sql(const char *fmt, ...)
{
    sqlite3 *db = open_raw();
    char *text, *fault = NULL;
    va_list args;
    va_start(args, fmt);
    text = sqlite3_vmprintf(fmt, args);
    va_end(args);
    if (sqlite3_exec(db, text, NULL, NULL, &fault) != SQLITE_OK)
        fail_msg("%s: %s", text, fault);
    sqlite3_free(text);
    sqlite3_close(db);
}

/* The values of all rows, "|" between them, ";" behind each row, "-" for null. */
static inline const char *ask(const char *text)
{
    static char answer[WORLD_TEXT_BYTES];
    sqlite3 *db = open_raw();
    sqlite3_stmt *s;
    size_t n = 0;
    answer[0] = '\0';
    assert_int_equal(sqlite3_prepare_v2(db, text, -1, &s, NULL), SQLITE_OK);
    while (sqlite3_step(s) == SQLITE_ROW)
        for (int k = 0; k < sqlite3_column_count(s); k++) {
            const char *value = (const char *)sqlite3_column_text(s, k);
            n += (size_t)snprintf(answer + n, sizeof answer - n, "%s%s", value ? value : "-",
                                  k + 1 < sqlite3_column_count(s) ? "|" : ";");
            assert_true(n < sizeof answer);
        }
    sqlite3_finalize(s);
    sqlite3_close(db);
    return answer;
}

/* Rows `first` to `end` - 1, pending, their cell 0 "row POSITION". */
static inline void add_rows(int64_t first, int64_t end)
{
    run_sql("WITH RECURSIVE n(p) AS (SELECT %lld UNION ALL SELECT p + 1 FROM n WHERE p + 1 < %lld)"
            " INSERT INTO rows (position, state, idx, line, digest)"
            " SELECT p, 0, 1000 + p, p + 2, x'00' FROM n;"
            "INSERT INTO input (position, cells) SELECT position,"
            " CAST(x'00' || char(length('row ' || position)) || 'row ' || position AS BLOB)"
            " FROM rows WHERE position >= %lld",
            (long long)first, (long long)end, (long long)first);
    atomic_store(&shared->imported, end);
}

/* ---- one row's way ---- */

static inline struct dg_ledger_row claim_one(struct dg_ledger *l)
{
    struct dg_ledger_row row;
    struct dg_error err = { 0 };
    size_t count;
    if (!dg_ledger_claim(l, 1, 1000, &row, &count, &err))
        fail_msg("%s", err.message);
    assert_int_equal(count, 1);
    return row;
}

/* Notes an attempt for the row and commits it. */
static inline int64_t send_row(struct dg_ledger *l, int64_t position)
{
    struct dg_error err = { 0 };
    int64_t id = dg_ledger_sending(l, &(struct dg_attempt){
                                          .position = position, .endpoint = "one", .wall = 2000 });
    if (!dg_ledger_commit(l, &err))
        fail_msg("%s", err.message);
    return id;
}

static inline void note_over(struct dg_ledger *l, int64_t position, int64_t attempt,
                             const char *verdict, const char *code)
{
    dg_ledger_attempt_over(l, &(struct dg_attempt_over){ .attempt = attempt,
                                                         .position = position,
                                                         .status = 200,
                                                         .verdict = verdict,
                                                         .error_code = code,
                                                         .request_id = "req-1",
                                                         .sent_ms = 10,
                                                         .first_byte_ms = 200,
                                                         .done_ms = 300,
                                                         .bytes_up = 4000,
                                                         .bytes_down = 5000,
                                                         .wall = 2300 });
}

static inline void note_answer(struct dg_ledger *l, int64_t position, int64_t attempt)
{
    dg_ledger_answered(l, &(struct dg_answer){ .position = position,
                                               .attempt = attempt,
                                               .stem = "1007",
                                               .text = "{\"created\":1}",
                                               .text_size = 13,
                                               .pictures = "\x09\x01p",
                                               .pictures_size = 3 });
}

static inline void note_end(struct dg_ledger *l, int64_t position, int64_t attempt,
                            enum dg_row_state state, const char *error)
{
    dg_ledger_ended(l, &(struct dg_row_end){ .position = position,
                                             .state = state,
                                             .attempt = attempt,
                                             .error_kind = *error ? "api" : "",
                                             .error_code = *error ? "bad" : "",
                                             .error = error,
                                             .wall = 3000 });
}

static inline void assert_commits(struct dg_ledger *l)
{
    struct dg_error err = { 0 };
    if (!dg_ledger_commit(l, &err))
        fail_msg("%s", err.message);
    assert_int_equal(dg_ledger_noted(l), 0);
}

#endif
