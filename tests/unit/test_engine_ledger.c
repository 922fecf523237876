/* SPDX-License-Identifier: MIT
 *
 * core/engine with a ledger: nothing is sent that the ledger does not know of,
 * and no answer is handed out before the ledger has it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/cells.h"
#include "core/ledger.h"
#include "engine_world.h"

#include <sqlite3.h>

/* An engine's world whose requests are recorded as those of rows. */
struct recorded {
    struct world w; /* first: the server's handler gets it as itself */
    struct dg_ledger_shared *shared;
    struct dg_ledger *ledger;
    struct dg_engine *plain; /* the world's own, which has no ledger */
    int state_at_server;     /* the row's, when its request arrived */
    int open_at_server;      /* attempts without an end then */
    int answers;             /* given by the server */
};

static sqlite3 *open_raw(struct recorded *r)
{
    sqlite3 *db;
    char path[400];
    snprintf(path, sizeof path, "%s/%s", r->w.scratch.dir, DG_LEDGER_NAME);
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    sqlite3_busy_timeout(db, PATIENCE_MS);
    return db;
}

/* A number out of the ledger, past the program. */
static int look(struct recorded *r, const char *sql)
{
    sqlite3_stmt *s;
    sqlite3 *db = open_raw(r);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &s, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(s), SQLITE_ROW);
    int number = sqlite3_column_int(s, 0);
    sqlite3_finalize(s);
    sqlite3_close(db);
    return number;
}

/* In the server's thread, when a request has arrived. */
static void note_and_answer(void *self, const struct raw_request *q, struct raw_answer *a)
{
    struct recorded *r = self;
    (void)q;
    r->state_at_server = look(r, "SELECT state FROM rows WHERE position = 0");
    r->open_at_server = look(r, "SELECT count(*) FROM attempts WHERE ended_ms IS NULL");
    if (r->answers++ == 0)
        answer_error(a, 500, "", "server_error", "once");
    else
        answer_pixel(a);
}

static void add_row(struct recorded *r)
{
    sqlite3 *db;
    char path[400];
    snprintf(path, sizeof path, "%s/%s", r->w.scratch.dir, DG_LEDGER_NAME);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db,
                                  "INSERT INTO rows (position, state, line, digest)"
                                  " VALUES (0, 2, 2, x'00'), (1, 2, 3, x'01')",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    sqlite3_close(db);
}

static void open_world(struct recorded *r, raw_handler *handler, bool durable)
{
    struct dg_error err = { 0 };
    *r = (struct recorded){ .state_at_server = -1 };
    world_open(&r->w, handler);
    r->shared = dg_ledger_share();
    struct dg_ledger_options options = {
        .folder = r->w.scratch.dir, .shared = r->shared, .owner = 1, .durable = durable
    };
    r->ledger = dg_ledger_open(&options, &err);
    assert_non_null(r->ledger);
    add_row(r);
    r->plain = r->w.engine;
    struct dg_engine_options engine = { .wake_fd = -1, .ledger = r->ledger, .durable = durable };
    r->w.engine = dg_engine_new(&engine, &err);
    assert_non_null(r->w.engine);
    world_pool(&r->w, two_keys, 1, 0);
}

static void close_world(struct recorded *r)
{
    dg_engine_free(r->plain);
    dg_engine_free(r->w.engine);
    r->w.engine = NULL;
    dg_ledger_close(r->ledger);
    dg_ledger_unshare(r->shared);
    dg_pool_free(r->w.pool);
    raw_server_stop(r->w.server);
    scratch_files(&r->w.scratch, 1);
    scratch_remove(&r->w.scratch);
}

/* The row's answer is in the ledger, and its picture where that says. */
static void assert_spooled(const struct recorded *r)
{
    char path[800];
    struct dg_ledger_row row;
    assert_true(dg_ledger_find(r->ledger, 0, &row));
    assert_int_equal(row.state, DG_ROW_ANSWERED);
    struct dg_cells c = { row.pictures, row.pictures_size };
    struct dg_packed name;
    uint64_t size;
    assert_true(dg_cells_next(&c, &size, &name));
    snprintf(path, sizeof path, "%s/%.*s", r->w.scratch.dir, (int)name.size, name.text);
    assert_int_equal(access(path, F_OK), 0);
    dg_ledger_row_done(&row);
}

static struct dg_request recorded_edit(const struct recorded *r)
{
    struct dg_request request = edit(&r->w);
    request.recorded = true;
    request.row = 0;
    return request;
}

static void each_attempt_is_known_before_it_is_sent(void **state)
{
    struct recorded r;
    (void)state;
    open_world(&r, note_and_answer, false);
    struct dg_request request = recorded_edit(&r);
    request.max_retries = 1;
    request.retry_delay_ms = 1;
    struct dg_outcome *o = perform(&r.w, &request);
    if (!o->ok)
        fail_msg("%s", o->error.message);
    assert_int_equal(o->attempts, 2);
    assert_int_equal(r.state_at_server, DG_ROW_SENDING);
    assert_int_equal(r.open_at_server, 1);
    assert_int_equal(look(&r, "SELECT count(*) FROM attempts"), 2);
    assert_int_equal(look(&r, "SELECT attempts FROM rows WHERE position = 0"), 2);
    assert_int_equal(look(&r,
                          "SELECT count(*) FROM attempts WHERE verdict = 'retry' AND status = 500"
                          " AND error_code = 'server_error' AND bytes_up = 7"
                          " AND sent_ms >= 0 AND first_byte_ms >= 0"),
                     1);
    assert_int_equal(look(&r, "SELECT id = (SELECT max(id) FROM attempts) FROM attempts"
                              " WHERE verdict = 'ok' AND request_id = 'req_1' AND key = 0"),
                     1);
    dg_outcome_free(o);
    close_world(&r);
}

static void an_answer_is_kept_before_it_is_handed_out(void **state)
{
    for (int durable = 0; durable < 2; durable++) {
        struct recorded r;
        (void)state;
        open_world(&r, always_pixel, durable);
        struct dg_request request = recorded_edit(&r);
        struct dg_outcome *o = perform(&r.w, &request);
        assert_true(o->ok);
        assert_int_equal(look(&r, "SELECT state FROM rows WHERE position = 0"), DG_ROW_ANSWERED);
        struct dg_ledger_row row;
        assert_true(dg_ledger_find(r.ledger, 0, &row));
        assert_int_equal(row.attempt, o->attempt);
        assert_string_equal(row.stem, "picture");
        assert_non_null(strstr(row.text, "\"b64_json\":0"));
        struct dg_cells c = { row.pictures, row.pictures_size };
        struct dg_packed name, extension;
        uint64_t size, none;
        assert_true(dg_cells_next(&c, &size, &name) && dg_cells_next(&c, &none, &extension));
        assert_int_equal(size, sizeof pixel);
        assert_memory_equal(extension.text, "png", extension.size);
        assert_memory_equal(strrchr(o->pictures[0].path, '/') + 1, name.text, name.size);
        dg_ledger_row_done(&row);
        dg_outcome_free(o);
        close_world(&r);
    }
}

/* Until the answer is there, and before it is handed out. */
static void await_answer(struct recorded *r)
{
    uint64_t id;
    struct dg_outcome *o;
    do
        assert_false(dg_engine_wait(r->w.engine, 0, &id, &o));
    while (raw_server_count(r->w.server) == 0 || dg_engine_in_flight(r->w.engine) > 0);
}

static void an_answer_that_nobody_took_is_kept(void **state)
{
    for (int durable = 0; durable < 2; durable++) {
        struct recorded r;
        (void)state;
        open_world(&r, always_pixel, durable);
        struct dg_request request = recorded_edit(&r);
        submit(&r.w, &request);
        await_answer(&r);
        dg_engine_free(r.w.engine);
        r.w.engine = NULL;
        assert_true(dg_ledger_commit(r.ledger, NULL));
        assert_spooled(&r);
        close_world(&r);
    }
}

/* Takes the ledger's file out of reach, or brings it back. */
static void move_ledger(const struct recorded *r, bool away)
{
    char here[400], there[420];
    snprintf(here, sizeof here, "%s/%s", r->w.scratch.dir, DG_LEDGER_NAME);
    snprintf(there, sizeof there, "%s.away", here);
    assert_int_equal(rename(away ? here : there, away ? there : here), 0);
}

static void what_cannot_be_noted_is_not_sent(void **state)
{
    struct recorded r;
    (void)state;
    open_world(&r, always_pixel, false);
    move_ledger(&r, true);
    struct dg_request request = recorded_edit(&r);
    struct dg_outcome *o = perform(&r.w, &request);
    assert_says(o, DG_KIND_FILE, "gone", "not there any more");
    assert_int_equal(o->attempts, 0);
    assert_int_equal(raw_server_count(r.w.server), 0);
    dg_outcome_free(o);
    move_ledger(&r, false);
    o = perform(&r.w, &request);
    assert_true(o->ok);
    assert_int_equal(raw_server_count(r.w.server), 1);
    assert_int_equal(look(&r, "SELECT count(*) FROM attempts"), 1);
    dg_outcome_free(o);
    close_world(&r);
}

/* When the request arrives the ledger is out of reach. */
static void answer_without_ledger(void *self, const struct raw_request *q, struct raw_answer *a)
{
    (void)q;
    move_ledger(self, true);
    answer_pixel(a);
}

static void an_answer_the_ledger_cannot_be_told_of_is_not_handed_out(void **state)
{
    struct recorded r;
    (void)state;
    open_world(&r, answer_without_ledger, false);
    struct dg_request request = recorded_edit(&r);
    struct dg_outcome *o = perform(&r.w, &request);
    assert_says(o, DG_KIND_FILE, "gone", "not there any more");
    assert_true(o->unrecorded);
    assert_int_equal(o->picture_count, 0);
    dg_outcome_free(o);
    move_ledger(&r, false);
    assert_true(dg_ledger_commit(r.ledger, NULL));
    assert_spooled(&r);
    close_world(&r);
}

/* Waits until the server has read a request. */
static void await_request(struct recorded *r)
{
    uint64_t id;
    struct dg_outcome *o;
    while (raw_server_count(r->w.server) == 0)
        assert_false(dg_engine_wait(r->w.engine, 1, &id, &o));
}

static void a_cancelled_attempt_may_have_been_billed(void **state)
{
    struct recorded r;
    (void)state;
    open_world(&r, never, false);
    struct dg_request request = recorded_edit(&r);
    uint64_t id = submit(&r.w, &request);
    await_request(&r);
    dg_engine_cancel(r.w.engine, id);
    struct dg_outcome *o = wait_for(&r.w, id);
    assert_says(o, DG_KIND_STOPPED, "stopped", "stopped");
    assert_true(o->possibly_billed);
    assert_int_equal(look(&r, "SELECT billed FROM rows WHERE position = 0"), 1);
    assert_int_equal(look(&r, "SELECT count(*) FROM attempts WHERE billed = 1 AND ended_ms > 0"),
                     1);
    dg_outcome_free(o);
    close_world(&r);
}

static void one_commit_serves_a_turn(void **state)
{
    struct recorded r;
    uint64_t ids[2];
    (void)state;
    open_world(&r, always_pixel, false);
    struct dg_request request = recorded_edit(&r);
    for (int k = 0; k < 2; k++) {
        request.row = k;
        ids[k] = submit(&r.w, &request);
    }
    assert_int_equal(raw_server_count(r.w.server), 0); /* nothing leaves before a wait */
    for (int k = 0; k < 2; k++) {
        uint64_t id;
        struct dg_outcome *o;
        assert_true(dg_engine_wait(r.w.engine, PATIENCE_MS, &id, &o));
        assert_true(id == ids[0] || id == ids[1]);
        assert_true(o->ok);
        dg_outcome_free(o);
    }
    assert_int_equal(look(&r, "SELECT count(DISTINCT position) FROM attempts"), 2);
    close_world(&r);
}

static void a_sync_is_a_request(void **state)
{
    struct recorded r;
    struct dg_error err = { 0 };
    (void)state;
    open_world(&r, always_pixel, false);
    const char *paths[] = { r.w.scratch.dir };
    struct dg_outcome *o = wait_for(&r.w, dg_engine_sync(r.w.engine, paths, 1, &err));
    assert_true(o->ok);
    dg_outcome_free(o);
    const char *none[] = { "/none/such" };
    o = wait_for(&r.w, dg_engine_sync(r.w.engine, none, 1, &err));
    assert_says(o, DG_KIND_FILE, "sync", "/none/such");
    dg_outcome_free(o);
    close_world(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_attempt_is_known_before_it_is_sent),
        cmocka_unit_test(an_answer_is_kept_before_it_is_handed_out),
        cmocka_unit_test(an_answer_that_nobody_took_is_kept),
        cmocka_unit_test(what_cannot_be_noted_is_not_sent),
        cmocka_unit_test(an_answer_the_ledger_cannot_be_told_of_is_not_handed_out),
        cmocka_unit_test(a_cancelled_attempt_may_have_been_billed),
        cmocka_unit_test(one_commit_serves_a_turn),
        cmocka_unit_test(a_sync_is_a_request),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
