"""What a ledger says, read from a copy: looking at it changes nothing."""
import collections
import glob
import os
import shutil
import sqlite3
import tempfile

KEPT, SENDING, ANSWERED, DONE = 1, 3, 4, 5

Row = collections.namedtuple("Row", "state attempts billed")
Attempt = collections.namedtuple("Attempt", "verdict billed ended_ms")
Answer = collections.namedtuple("Answer", "stem pictures")  # [(size, name), (0, extension), ...]


def unpack(blob):
    """[(number, text), ...] of src/core/cells.h."""
    items, at = [], 0

    def number():
        nonlocal at
        value = shift = 0
        while True:
            byte = blob[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(blob):
        first, size = number(), number()
        items.append((first, blob[at:at + size].decode()))
        at += size
    return items


class Ledger:
    """All of it in memory; empty if there is none, or not yet a table in it."""

    def __init__(self, out):
        self.rows, self.attempts = {}, collections.defaultdict(list)
        self.answers, self.outputs, self.errors = {}, {}, {}
        self.integrity = "ok"
        with tempfile.TemporaryDirectory(dir=os.path.dirname(out)) as folder:
            for name in glob.glob(glob.escape(out) + "/ledger.sqlite3*"):
                if not name.endswith("-shm"):
                    shutil.copy(name, folder)
            copy = os.path.join(folder, "ledger.sqlite3")
            if os.path.exists(copy):
                self.read(copy)

    def read(self, copy):
        db = sqlite3.connect(copy)
        try:
            self.integrity = db.execute("PRAGMA integrity_check").fetchone()[0]
            if db.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'rows'").fetchone()[0]:
                self.read_tables(db)
        finally:
            db.close()

    def read_tables(self, db):
        for position, *row in db.execute("SELECT position, state, attempts, billed FROM rows"):
            self.rows[position] = Row(*row)
        for position, *attempt in db.execute(
                "SELECT position, verdict, billed, ended_ms FROM attempts ORDER BY id"):
            self.attempts[position].append(Attempt(*attempt))
        for position, stem, pictures in db.execute("SELECT position, stem, pictures FROM answers"):
            self.answers[position] = Answer(stem, unpack(pictures))
        for position, code, outputs in db.execute(
                "SELECT position, error_code, outputs FROM outcomes"):
            self.errors[position] = code
            self.outputs[position] = unpack(outputs or b"")
