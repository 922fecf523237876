/* SPDX-License-Identifier: MIT
 *
 * What the ledger is told of a job, see job.h.
 */
#include <string.h>

#include "base/memory.h"
#include "core/cells.h"
#include "core/job.h"

enum { PICTURES_BYTES = 64 * 1024 };

bool dg_job_recorded(const struct dg_job *j)
{
    return !j->sleeping && j->request.recorded;
}

void dg_job_note_sending(struct dg_job *j, struct dg_ledger *l)
{
    struct dg_attempt a = { .position = j->request.row,
                            .model = j->request.model,
                            .endpoint = j->outcome->endpoint,
                            .endpoint_index = j->outcome->endpoint_index,
                            .key = j->request.pool ? (int)j->pick.key : -1,
                            .queued_ms = dg_clock_now() - j->ready_at,
                            .wall = dg_clock_wall(),
                            .aside = j->request.aside };
    j->noted = j->outcome->attempt;
    j->outcome->attempt = dg_ledger_sending(l, &a);
}

void dg_job_note_over(struct dg_job *j, struct dg_ledger *l)
{
    struct dg_outcome *o = j->outcome;
    const struct dg_job_facts *f = &j->facts;
    bool ok = f->judgement.verdict == DG_OK;
    if (dg_job_unreached(j)) {
        dg_ledger_withdraw(l, o->attempt, j->request.row, j->request.aside);
        o->attempt = j->noted;
        return;
    }
    struct dg_attempt_over a = { .attempt = o->attempt,
                                 .position = j->request.row,
                                 .status = f->status,
                                 .verdict = dg_verdict_name(f->judgement.verdict),
                                 .error_code = ok ? "" : o->error.code,
                                 .request_id = o->request_id,
                                 .sent_ms = f->sent_ms,
                                 .first_byte_ms = f->first_byte_ms,
                                 .done_ms = o->latency_ms,
                                 .bytes_up = f->bytes_up,
                                 .bytes_down = f->bytes_down,
                                 .possibly_billed = f->billed,
                                 .wall = dg_clock_wall() };
    dg_ledger_attempt_over(l, &a);
}

void dg_job_note_answer(struct dg_job *j, struct dg_ledger *l)
{
    const struct dg_outcome *o = j->outcome;
    struct dg_buffer pictures;
    dg_buffer_init(&pictures, PICTURES_BYTES);
    for (size_t k = 0; k < o->picture_count; k++) {
        const char *slash = strrchr(o->pictures[k].path, '/');
        const char *name = slash ? slash + 1 : o->pictures[k].path;
        const char *extension = dg_image_extension(o->pictures[k].info.kind);
        dg_cells_add(&pictures, o->pictures[k].size_bytes, name, strlen(name));
        dg_cells_add(&pictures, 0, extension, strlen(extension));
    }
    struct dg_answer a = { .position = j->request.row,
                           .attempt = o->attempt,
                           .stem = j->request.stem,
                           .text = o->text,
                           .text_size = o->text_size,
                           .pictures = pictures.data,
                           .pictures_size = pictures.size };
    dg_ledger_answered(l, &a);
    dg_buffer_done(&pictures);
}
