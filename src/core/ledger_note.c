/* SPDX-License-Identifier: MIT
 *
 * Notes: statements with their values, packed one behind the other until a
 * transaction runs them.  A note is its statement's number, then each value as a
 * tag and what belongs to it; the next statement's tag ends it.
 */
#include "core/ledger_home.h"

#include <string.h>

#include "base/memory.h"

enum tag { STATEMENT, NUMBER, TEXT, BLOB, NOTHING };

/* Notes are bounded by what is in flight, and their buffers by memory alone. */
static void add(struct dg_buffer *notes, enum tag tag, int64_t number, const void *bytes, size_t n)
{
    char head[1 + sizeof number];
    head[0] = (char)tag;
    memcpy(head + 1, &number, sizeof number);
    dg_buffer_add(notes, head, sizeof head);
    if (n > 0)
        dg_buffer_add(notes, bytes, n);
}

void dg_note(struct dg_buffer *notes, enum dg_sql which)
{
    add(notes, STATEMENT, which, NULL, 0);
}

void dg_note_null(struct dg_buffer *notes)
{
    add(notes, NOTHING, 0, NULL, 0);
}

void dg_note_number(struct dg_buffer *notes, int64_t number)
{
    add(notes, NUMBER, number, NULL, 0);
}

void dg_note_string(struct dg_buffer *notes, const char *text, size_t size_bytes)
{
    add(notes, TEXT, (int64_t)size_bytes, text, size_bytes);
}

void dg_note_text(struct dg_buffer *notes, const char *text)
{
    if (text)
        dg_note_string(notes, text, strlen(text));
    else
        dg_note_null(notes);
}

void dg_note_blob(struct dg_buffer *notes, const void *bytes, size_t size_bytes)
{
    add(notes, BLOB, (int64_t)size_bytes, bytes, size_bytes);
}

struct reading {
    const char *at;  /* the next tag */
    const char *end; /* behind the last note */
};

static enum tag next_tag(const struct reading *r)
{
    return r->at < r->end ? (enum tag) * r->at : STATEMENT;
}

static int64_t take_number(struct reading *r)
{
    int64_t number;
    memcpy(&number, r->at + 1, sizeof number);
    r->at += 1 + sizeof number;
    return number;
}

static void bind_value(struct reading *r, sqlite3_stmt *s, int place)
{
    enum tag tag = next_tag(r);
    int64_t number = take_number(r);
    const char *bytes = r->at;
    if (tag == NUMBER)
        sqlite3_bind_int64(s, place, number);
    else if (tag == TEXT)
        sqlite3_bind_text64(s, place, bytes, (sqlite3_uint64)number, SQLITE_STATIC, SQLITE_UTF8);
    else if (tag == BLOB && number == 0)
        sqlite3_bind_zeroblob(s, place, 0); /* an empty blob, where NULL is a null */
    else if (tag == BLOB)
        sqlite3_bind_blob64(s, place, bytes, (sqlite3_uint64)number, SQLITE_STATIC);
    if (tag == TEXT || tag == BLOB)
        r->at += number;
}

bool dg_notes_run(struct dg_ledger *l, const struct dg_buffer *notes, struct dg_error *err)
{
    struct reading r = { notes->data, notes->data + notes->size };
    while (r.at < r.end) {
        sqlite3_stmt *s = dg_home_statement(l, (enum dg_sql)take_number(&r), err);
        if (!s)
            return false;
        for (int place = 1; next_tag(&r) != STATEMENT; place++)
            bind_value(&r, s, place);
        if (!dg_home_run(l, s, err))
            return false;
    }
    return true;
}
