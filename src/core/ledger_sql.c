/* SPDX-License-Identifier: MIT
 *
 * The tables of the ledger and every statement on them.  States are those of
 * enum dg_row_state: 0 pending, 1 kept, 2 running, 3 sending, 4 answered, 5 done,
 * 6 failed, 7 skipped.
 */
#include "core/ledger_home.h"

const char dg_sql_schema[] =
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE runs (id INTEGER PRIMARY KEY, settings TEXT NOT NULL, started_ms INTEGER NOT "
    "NULL,"
    " ended_ms INTEGER, code INTEGER);"
    /* The input: what each row hangs on, where it is, its cells. */
    "CREATE TABLE columns (place INTEGER PRIMARY KEY, name TEXT NOT NULL);"
    "CREATE TABLE rows (position INTEGER PRIMARY KEY, state INTEGER NOT NULL, idx INTEGER,"
    " line INTEGER NOT NULL, digest BLOB NOT NULL, owner INTEGER, lease_ms INTEGER,"
    " attempts INTEGER NOT NULL DEFAULT 0, billed INTEGER NOT NULL DEFAULT 0);"
    "CREATE INDEX claimable ON rows (position) WHERE state < 2;"
    "CREATE TABLE input (position INTEGER PRIMARY KEY, cells BLOB NOT NULL);"
    /* Every request that was to be sent; one without an end died with its process. */
    "CREATE TABLE attempts (id INTEGER PRIMARY KEY, position INTEGER NOT NULL, endpoint TEXT NOT "
    "NULL,"
    " endpoint_index INTEGER NOT NULL, key INTEGER, started_ms INTEGER NOT NULL, queued_ms INTEGER "
    "NOT NULL,"
    " ended_ms INTEGER, status INTEGER, verdict TEXT, error_code TEXT, request_id TEXT,"
    " sent_ms INTEGER, first_byte_ms INTEGER, done_ms INTEGER, bytes_up INTEGER, bytes_down "
    "INTEGER,"
    " billed INTEGER NOT NULL DEFAULT 0, model TEXT, input_tokens INTEGER, output_tokens INTEGER,"
    " total_tokens INTEGER, cost_nano INTEGER);"
    "CREATE INDEX open_attempts ON attempts (position) WHERE ended_ms IS NULL;"
    /* Answers that are spooled and not yet processed. */
    "CREATE TABLE answers (position INTEGER PRIMARY KEY, attempt INTEGER NOT NULL, stem TEXT NOT "
    "NULL,"
    " text BLOB NOT NULL, pictures BLOB NOT NULL);"
    /* What became of a row. */
    "CREATE TABLE outcomes (position INTEGER PRIMARY KEY, attempt INTEGER, ended_ms INTEGER NOT "
    "NULL,"
    " error_kind TEXT NOT NULL, error_code TEXT NOT NULL, error TEXT NOT NULL, outputs BLOB, extra "
    "BLOB);"
    "CREATE TABLE extras (place INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);";

const char dg_sql_schema_steps[] =
    "CREATE TABLE IF NOT EXISTS steps (position INTEGER NOT NULL, name TEXT NOT NULL,"
    " digest BLOB NOT NULL, value BLOB NOT NULL, files TEXT NOT NULL,"
    " PRIMARY KEY (position, name)) WITHOUT ROWID;";

#define EIGHT(row) row "," row "," row "," row "," row "," row "," row "," row

const char *const dg_sql_text[DG_SQL_COUNT] = {
    [DG_SQL_BEGIN] = "BEGIN IMMEDIATE",
    [DG_SQL_LOOK] = "BEGIN DEFERRED",
    [DG_SQL_COMMIT] = "COMMIT",
    [DG_SQL_ROLLBACK] = "ROLLBACK",
    [DG_SQL_META_GET] = "SELECT value FROM meta WHERE name = ?1",
    [DG_SQL_META_SET] = "INSERT OR REPLACE INTO meta (name, value) VALUES (?1, ?2)",
    [DG_SQL_RUN_NEW] = "INSERT INTO runs (settings, started_ms) VALUES (?1, ?2)",
    [DG_SQL_RUN_OVER] = "UPDATE runs SET code = ?2, ended_ms = ?3 WHERE id = ?1",
    [DG_SQL_RUN_SETTINGS] = "SELECT settings FROM runs WHERE (?1 = 0 OR id < ?1) AND EXISTS"
                            " (SELECT 1 FROM attempts WHERE id >= runs.id << 42"
                            " AND id < (runs.id + 1) << 42) ORDER BY id DESC LIMIT 1",
    [DG_SQL_CLAIMABLE] =
        "SELECT position, state, idx, line, attempts FROM rows INDEXED BY claimable"
        " WHERE state < 2 AND state >= ?3 AND position < ?1 ORDER BY position LIMIT ?2",
    /* Steps over the index alone: 30 ns a row. */
    [DG_SQL_CLAIMABLE_NTH] = "SELECT 1 FROM rows INDEXED BY claimable WHERE state < 2"
                             " AND position < ?1 ORDER BY position LIMIT 1 OFFSET ?2",
    [DG_SQL_CLAIM] = "UPDATE rows SET state = ?2, owner = ?3, lease_ms = ?4 WHERE position = ?1",
    [DG_SQL_FIND] = "SELECT position, state, idx, line, attempts FROM rows WHERE position = ?1",
    [DG_SQL_CELLS] = "SELECT cells FROM input WHERE position = ?1",
    [DG_SQL_OUTPUTS] = "SELECT outputs FROM outcomes WHERE position = ?1",
    [DG_SQL_ANSWER] =
        "SELECT a.stem, a.text, a.pictures, a.attempt, t.request_id, t.endpoint,"
        " t.status, t.done_ms, t.model FROM answers a LEFT JOIN attempts t ON t.id = a.attempt"
        " WHERE a.position = ?1",
    [DG_SQL_SPOOLED] = "SELECT pictures FROM answers",
    [DG_SQL_ROW_STATE] = "UPDATE rows SET state = ?2, owner = NULL, lease_ms = NULL"
                         " WHERE position = ?1",
    [DG_SQL_ROW_SENDING] = "UPDATE rows SET state = 3, attempts = attempts + 1 WHERE position = ?1",
    /* Its owner is at it still: should it die, the row is released. */
    [DG_SQL_ROW_ANSWERED] = "UPDATE rows SET state = 4 WHERE position = ?1",
    [DG_SQL_ROW_BILLED] = "UPDATE rows SET billed = billed + 1 WHERE position = ?1",
    [DG_SQL_ROW_UNSENT] = "UPDATE rows SET state = 2, attempts = attempts - 1 WHERE position = ?1",
    [DG_SQL_ROW_ASIDE] = "UPDATE rows SET attempts = attempts + 1 WHERE position = ?1",
    [DG_SQL_ROW_ASIDE_UNSENT] = "UPDATE rows SET attempts = attempts - 1 WHERE position = ?1",
    [DG_SQL_STEP] = "SELECT s.value FROM steps s JOIN rows r ON r.position = s.position"
                    " WHERE s.position = ?1 AND s.name = ?2 AND s.digest = r.digest",
    [DG_SQL_STEP_KEEP] = "INSERT OR REPLACE INTO steps (position, name, digest, value, files)"
                         " SELECT ?1, ?2, digest, ?3, ?4 FROM rows WHERE position = ?1",
    [DG_SQL_STEPS_DROP] = "DELETE FROM steps WHERE ?1 < 0 OR position = ?1",
    [DG_SQL_STEPS_FILES] = "SELECT s.files FROM steps s JOIN rows r ON r.position = s.position"
                           " WHERE s.files <> '' AND s.digest = r.digest AND r.state <> 5",
    [DG_SQL_ATTEMPT_NONE] = "DELETE FROM attempts WHERE id = ?1",
    [DG_SQL_ATTEMPT_LAST] = "SELECT max(id) FROM attempts WHERE id >= ?1 AND id < ?2",
    [DG_SQL_ATTEMPT_NEW] = "INSERT INTO attempts (id, position, endpoint, endpoint_index, key,"
                           " queued_ms, started_ms, model) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    [DG_SQL_ATTEMPT_OVER] = "UPDATE attempts SET status = ?2, verdict = ?3, error_code = ?4,"
                            " request_id = ?5, sent_ms = ?6, first_byte_ms = ?7, done_ms = ?8,"
                            " bytes_up = ?9, bytes_down = ?10, billed = ?11, ended_ms = ?12"
                            " WHERE id = ?1",
    [DG_SQL_CHARGE] = "UPDATE attempts SET model = ?2, input_tokens = ?3, output_tokens = ?4,"
                      " total_tokens = ?5, cost_nano = ?6 WHERE id = ?1",
    [DG_SQL_ANSWER_NEW] = "INSERT OR REPLACE INTO answers (position, attempt, stem, text, pictures)"
                          " VALUES (?1, ?2, ?3, ?4, ?5)",
    [DG_SQL_ANSWER_DROP] = "DELETE FROM answers WHERE position = ?1",
    [DG_SQL_OUTCOME] = "INSERT INTO outcomes (position, attempt, ended_ms, error_kind, error_code,"
                       " error, extra) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (position)"
                       " DO UPDATE SET attempt = ?2, ended_ms = ?3, error_kind = ?4,"
                       " error_code = ?5, error = ?6, extra = ?7",
    /* Of an earlier attempt; its files are there until others take their place. */
    [DG_SQL_OUTCOME_CLEAR] = "UPDATE outcomes SET attempt = ?2, error_kind = '', error_code = '',"
                             " error = '', extra = NULL WHERE position = ?1",
    [DG_SQL_OUTCOME_OUTPUTS] = "UPDATE outcomes SET outputs = ?2 WHERE position = ?1",
    [DG_SQL_EXTRA] = "INSERT OR IGNORE INTO extras (name) VALUES (?1)",
    [DG_SQL_RELEASE_ROWS] = "UPDATE rows SET owner = NULL, lease_ms = NULL,"
                            " state = CASE state WHEN 4 THEN 1 ELSE 0 END,"
                            " billed = billed + (SELECT count(*) FROM attempts t"
                            " WHERE t.position = rows.position AND t.ended_ms IS NULL)"
                            " WHERE state IN (2, 3, 4) AND (?1 = 0 OR owner = ?1)",
    [DG_SQL_RELEASE_ATTEMPTS] = "UPDATE attempts SET ended_ms = ?2, verdict = 'lost', billed = 1"
                                " WHERE ended_ms IS NULL AND (?1 = 0 OR (id >> 32) & 1023 = ?1)",
    /* Counted by the caller: GROUP BY sorts a million rows, at twice the price. */
    [DG_SQL_COUNT_ROWS] = "SELECT state FROM rows WHERE position <"
                          " ifnull((SELECT CAST(value AS INTEGER) FROM meta WHERE name = 'total'),"
                          " 9223372036854775807)",
    [DG_SQL_COUNT_ATTEMPTS] =
        "SELECT count(*), ifnull(sum(billed), 0), ifnull(sum(cost_nano), 0),"
        " ifnull(max(cost_nano), 0), count(*) FILTER (WHERE verdict = 'ok' AND cost_nano IS NULL),"
        " ifnull(sum(input_tokens), 0), ifnull(sum(output_tokens), 0), ifnull(sum(total_tokens), "
        "0),"
        " count(cost_nano)"
        " FROM attempts",
    [DG_SQL_IMPORT_LOOK] = "SELECT r.position, r.state, r.digest, r.line, o.outputs FROM rows r"
                           " LEFT JOIN outcomes o ON r.state = 5 AND o.position = r.position"
                           " WHERE r.position >= ?1 ORDER BY r.position LIMIT ?2",
    [DG_SQL_IMPORT_COMPARE] = "SELECT position, state, digest, line, NULL FROM rows"
                              " WHERE position >= ?1 ORDER BY position LIMIT ?2",
    [DG_SQL_IMPORT_ROW] = "INSERT INTO rows (position, state, idx, line, digest)"
                          " VALUES (?1, ?2, ?3, ?4, ?5)",
    [DG_SQL_IMPORT_CELLS] = "INSERT OR REPLACE INTO input (position, cells) VALUES (?1, ?2)",
    /* A statement costs about as much as the row it writes: new ones go in by eight. */
    [DG_SQL_IMPORT_ROWS] = "INSERT INTO rows (position, state, idx, line, digest)"
                           " VALUES " EIGHT("(?, ?, ?, ?, ?)"),
    [DG_SQL_IMPORT_CELLS_ALL] = "INSERT OR REPLACE INTO input (position, cells)"
                                " VALUES " EIGHT("(?, ?)"),
    [DG_SQL_IMPORT_STATE] = "UPDATE rows SET state = ?2 WHERE position = ?1",
    [DG_SQL_IMPORT_PLACE] = "UPDATE rows SET idx = ?2, line = ?3, digest = ?4 WHERE position = ?1",
    [DG_SQL_IMPORT_BEYOND] = "SELECT count(*) FROM rows WHERE state = 5 AND position >= ?1"
                             " AND position < ifnull((SELECT CAST(value AS INTEGER) FROM meta"
                             " WHERE name = 'total'), 9223372036854775807)",
    [DG_SQL_COLUMNS_DROP] = "DELETE FROM columns",
    [DG_SQL_COLUMN_NEW] = "INSERT OR REPLACE INTO columns (place, name) VALUES (?1, ?2)",
    [DG_SQL_COLUMNS] = "SELECT place, name FROM columns ORDER BY place",
    [DG_SQL_EXTRAS] = "SELECT place, name FROM extras ORDER BY place",
    /* Ours in the order of the table, then the cells and the hooks'. */
    [DG_SQL_RESULTS] =
        "SELECT o.outputs, r.state, o.error_code, o.error, r.attempts, r.billed, t.done_ms,"
        " t.request_id, t.model, t.input_tokens, t.output_tokens, t.total_tokens, t.cost_nano,"
        " i.cells, o.extra FROM rows r LEFT JOIN input i ON i.position = r.position"
        " LEFT JOIN outcomes o ON r.state IN (1, 4, 5, 6) AND o.position = r.position"
        " LEFT JOIN attempts t ON t.id = o.attempt WHERE r.position < "
        "ifnull((SELECT CAST(value AS INTEGER) FROM meta WHERE name = 'total'),"
        " 9223372036854775807) ORDER BY r.position",
    [DG_SQL_LAST_RUN] = "SELECT id, started_ms, ended_ms, code FROM runs ORDER BY id DESC LIMIT 1",
    [DG_SQL_VERSION] = "PRAGMA data_version",
    [DG_SQL_ATTEMPTS] = "SELECT endpoint, verdict, id, ended_ms, done_ms FROM attempts",
    [DG_SQL_CODES] = "SELECT endpoint, CASE WHEN verdict = 'lost' THEN verdict"
                     " WHEN error_code <> '' THEN error_code"
                     " WHEN status > 0 THEN 'http_' || status ELSE 'unknown' END AS code,"
                     " count(*) AS n FROM attempts WHERE ended_ms IS NOT NULL"
                     " AND verdict IS NOT 'ok' GROUP BY endpoint, code"
                     " ORDER BY n DESC, endpoint, code LIMIT ?1",
};
