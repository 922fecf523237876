/* SPDX-License-Identifier: MIT
 *
 * A claimed row's way through the ledger: sending, answered, ended, or released.
 */
#include "core/cells.h"
#include "core/ledger_home.h"

/* ---- notes of what happens to a row ---- */

/* Unique without asking: the run, the process in it, a counter. */
static int64_t new_id(struct dg_ledger *l)
{
    l->numbered++;
    return (int64_t)((uint64_t)l->run << DG_LEDGER_RUN_SHIFT |
                     (uint64_t)l->owner << DG_LEDGER_OWNER_SHIFT | l->numbered);
}

static void note_row(struct dg_ledger *l, enum dg_sql which, int64_t position)
{
    l->facts_noted++;
    dg_note(&l->facts, which);
    dg_note_number(&l->facts, position);
}

static void note_state(struct dg_ledger *l, int64_t position, enum dg_row_state state)
{
    note_row(l, DG_SQL_ROW_STATE, position);
    dg_note_number(&l->facts, state);
}

static void note_or_null(struct dg_buffer *notes, int64_t number)
{
    if (number < 0)
        dg_note_null(notes);
    else
        dg_note_number(notes, number);
}

int64_t dg_ledger_sending(struct dg_ledger *l, const struct dg_attempt *a)
{
    struct dg_buffer *notes = &l->intentions;
    int64_t id = new_id(l);
    l->intentions_noted++;
    dg_note(notes, a->aside ? DG_SQL_ROW_ASIDE : DG_SQL_ROW_SENDING);
    dg_note_number(notes, a->position);
    dg_note(notes, DG_SQL_ATTEMPT_NEW);
    dg_note_number(notes, id);
    dg_note_number(notes, a->position);
    dg_note_text(notes, a->endpoint);
    dg_note_number(notes, a->endpoint_index);
    note_or_null(notes, a->key);
    dg_note_number(notes, a->queued_ms);
    dg_note_number(notes, a->wall);
    dg_note_text(notes, a->model);
    return id;
}

void dg_ledger_attempt_over(struct dg_ledger *l, const struct dg_attempt_over *a)
{
    struct dg_buffer *notes = &l->facts;
    l->facts_noted++;
    dg_note(notes, DG_SQL_ATTEMPT_OVER);
    dg_note_number(notes, a->attempt);
    dg_note_number(notes, a->status);
    dg_note_text(notes, a->verdict);
    dg_note_text(notes, a->error_code);
    dg_note_text(notes, a->request_id);
    note_or_null(notes, a->sent_ms);
    note_or_null(notes, a->first_byte_ms);
    dg_note_number(notes, a->done_ms);
    dg_note_number(notes, (int64_t)a->bytes_up);
    dg_note_number(notes, (int64_t)a->bytes_down);
    dg_note_number(notes, a->possibly_billed);
    dg_note_number(notes, a->wall);
    if (a->possibly_billed)
        note_row(l, DG_SQL_ROW_BILLED, a->position);
}

void dg_ledger_withdraw(struct dg_ledger *l, int64_t attempt, int64_t position, bool aside)
{
    l->facts_noted++;
    dg_note(&l->facts, DG_SQL_ATTEMPT_NONE);
    dg_note_number(&l->facts, attempt);
    note_row(l, aside ? DG_SQL_ROW_ASIDE_UNSENT : DG_SQL_ROW_UNSENT, position);
}

void dg_ledger_answered(struct dg_ledger *l, const struct dg_answer *a)
{
    struct dg_buffer *notes = &l->facts;
    note_row(l, DG_SQL_ANSWER_NEW, a->position);
    dg_note_number(notes, a->attempt);
    dg_note_text(notes, a->stem);
    dg_note_blob(notes, a->text, a->text_size);
    dg_note_blob(notes, a->pictures, a->pictures_size);
    note_row(l, DG_SQL_OUTCOME_CLEAR, a->position);
    dg_note_number(notes, a->attempt);
    note_row(l, DG_SQL_ROW_ANSWERED, a->position);
}

void dg_ledger_charge(struct dg_ledger *l, const struct dg_charge *c)
{
    struct dg_buffer *notes = &l->facts;
    l->facts_noted++;
    dg_note(notes, DG_SQL_CHARGE);
    dg_note_number(notes, c->attempt);
    dg_note_text(notes, c->model);
    note_or_null(notes, c->input_tokens);
    note_or_null(notes, c->output_tokens);
    note_or_null(notes, c->total_tokens);
    note_or_null(notes, c->cost_nano);
}

/* Names of the columns that hooks have set, each once for the whole ledger. */
static void note_extras(struct dg_ledger *l, const struct dg_row_end *e)
{
    struct dg_cells c = { e->extra, e->extra_size };
    struct dg_packed name, text;
    uint64_t number;
    while (dg_cells_next(&c, &number, &name) && dg_cells_next(&c, &number, &text)) {
        dg_note(&l->facts, DG_SQL_EXTRA);
        dg_note_string(&l->facts, name.text, name.size);
    }
}

static void note_outcome(struct dg_ledger *l, const struct dg_row_end *e)
{
    struct dg_buffer *notes = &l->facts;
    note_row(l, DG_SQL_OUTCOME, e->position);
    note_or_null(notes, e->attempt > 0 ? e->attempt : -1);
    dg_note_number(notes, e->wall);
    dg_note_text(notes, e->error_kind);
    dg_note_text(notes, e->error_code);
    dg_note_text(notes, e->error);
    if (e->extra)
        dg_note_blob(notes, e->extra, e->extra_size);
    else
        dg_note_null(notes);
    if (!e->outputs)
        return;
    note_row(l, DG_SQL_OUTCOME_OUTPUTS, e->position);
    dg_note_blob(notes, e->outputs, e->outputs_size);
}

void dg_ledger_ended(struct dg_ledger *l, const struct dg_row_end *e)
{
    bool over = e->state == DG_ROW_DONE || e->state == DG_ROW_FAILED;
    bool given_back = e->state == DG_ROW_ANSWERED && e->attempt == 0 && !*e->error;
    if (over || (e->state == DG_ROW_ANSWERED && !given_back)) {
        note_outcome(l, e);
        note_extras(l, e);
    }
    if (over)
        note_row(l, DG_SQL_ANSWER_DROP, e->position);
    note_state(l, e->position, e->state);
}

/* ---- steps ---- */

void dg_ledger_keep_step(struct dg_ledger *l, const struct dg_step_kept *s)
{
    note_row(l, DG_SQL_STEP_KEEP, s->position);
    dg_note_text(&l->facts, s->name);
    dg_note_blob(&l->facts, s->value, s->value_size);
    dg_note_text(&l->facts, s->files);
}

void dg_ledger_drop_steps(struct dg_ledger *l, int64_t position)
{
    note_row(l, DG_SQL_STEPS_DROP, position);
}

bool dg_ledger_step(struct dg_ledger *l, int64_t position, const char *name,
                    struct dg_buffer *value)
{
    bool row = false;
    sqlite3_stmt *s = dg_home_statement(l, DG_SQL_STEP, NULL);
    if (!s)
        return false;
    sqlite3_bind_int64(s, 1, position);
    sqlite3_bind_text(s, 2, name, -1, SQLITE_STATIC);
    bool ok = dg_home_step(l, s, &row, NULL) && row &&
              dg_buffer_add(value, sqlite3_column_blob(s, 0), (size_t)sqlite3_column_bytes(s, 0));
    sqlite3_reset(s);
    return ok;
}

/* ---- the dead ---- */

static bool release_rows(struct dg_ledger *l, unsigned owner, struct dg_error *err)
{
    sqlite3_stmt *s = dg_home_statement(l, DG_SQL_RELEASE_ROWS, err);
    if (!s)
        return false;
    sqlite3_bind_int64(s, 1, owner);
    return dg_home_run(l, s, err);
}

static bool release_attempts(struct dg_ledger *l, unsigned owner, dg_msec wall,
                             struct dg_error *err)
{
    sqlite3_stmt *s = dg_home_statement(l, DG_SQL_RELEASE_ATTEMPTS, err);
    if (!s)
        return false;
    sqlite3_bind_int64(s, 1, owner);
    sqlite3_bind_int64(s, 2, wall);
    return dg_home_run(l, s, err);
}

bool dg_ledger_release(struct dg_ledger *l, unsigned owner, dg_msec wall, int64_t *lost,
                       struct dg_error *err)
{
    if (!dg_home_begin(l, err))
        return false;
    bool ok = release_rows(l, owner, err) && release_attempts(l, owner, wall, err);
    if (lost)
        *lost = ok ? sqlite3_changes(l->db) : 0;
    return dg_home_end(l, ok, err);
}
