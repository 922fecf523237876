"""What the benchmark runs in: an input, a rehearsal server, runs that are watched."""
import os
import pathlib
import re
import signal
import sqlite3
import subprocess
import time

POLL_SECONDS = 0.01
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(92)  # of rows that are done; nobody looks inside
LINKS = 60000  # names of one file; ext4 allows 65000
RUN_SHIFT = 42  # attempts' ids: the run, the process in it, a counter
OPEN = 10  # rows that are not done
COLUMNS = "image_url,instruction,sku,note"


def make_input(folder, picture, rows):
    """About 95 bytes a row, and the picture that all rows name."""
    (folder / "in.png").write_bytes(pathlib.Path(picture).read_bytes())
    name = folder / "data.csv"
    with open(name, "w", encoding="utf-8") as out:
        out.write(COLUMNS + "\n")
        for i in range(rows):
            out.write(f'in.png,"Make the sky of picture {i:07d} a little darker, please",'
                      f"SKU-{i:07d},left of shelf {i % 97:02d}\n")
    return name


class Server:
    """A rehearsal server, as OPENAI_API_BASE names it."""

    def __init__(self, program, latency_ms):
        self.process = subprocess.Popen(
            [program, "serve", "--picture", "fixed", "--latency", str(latency_ms)],
            stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().split()[-1]

    def environment(self):
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("DG_", "OPENAI_"))}
        return dict(kept, OPENAI_API_KEY="sk-bench-0123456789", OPENAI_API_BASE=self.url)

    def close(self):
        self.process.terminate()
        self.process.wait()


def peak_mib(pid):
    try:
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    found = re.search(r"VmHWM:\s+(\d+)", status)  # a zombie has none
    return int(found[1]) / 1024 if found else 0


class Run:
    """A command that is watched: its time, its CPU, the peaks of its processes."""

    def __init__(self, command, environment):
        self.began = time.time()
        self.process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
        self.peaks = {}  # pid: MiB
        self.code = None

    def look(self):
        """Whether it is still running."""
        pid = self.process.pid
        try:
            children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        except OSError:
            children = []
        for each in [pid, *map(int, children)]:
            self.peaks[each] = max(self.peaks.get(each, 0), peak_mib(each))
        done, status, usage = os.wait4(pid, os.WNOHANG)
        if done:
            self.code = self.process.returncode = os.waitstatus_to_exitcode(status)
            self.seconds = time.time() - self.began
            self.cpu = usage.ru_utime + usage.ru_stime  # its children's with it
        return not done

    def wait(self, is_over=lambda: False):
        while self.look() and not is_over():
            time.sleep(POLL_SECONDS)
        return self

    def interrupt(self):
        self.process.send_signal(signal.SIGINT)
        return self.wait()

    def peak_main(self):
        return self.peaks[self.process.pid]

    def peak_importer(self):
        return max([0] + [mib for pid, mib in self.peaks.items() if pid != self.process.pid])


class Ledger:
    """The ledger of an output folder, looked at and written with SQLite directly."""

    def __init__(self, folder):
        self.folder = folder
        self.path = folder / "ledger.sqlite3"

    def ask(self, text):
        """All lines of an answer; None while the file is being made."""
        if not self.path.exists():
            return None
        db = sqlite3.connect(f"file:{self.path}?mode=ro", uri=True)
        try:
            return db.execute(text).fetchall()
        except sqlite3.Error:
            return None
        finally:
            db.close()

    def is_imported(self):
        return bool(self.ask("SELECT 1 FROM meta WHERE name = 'total'"))

    def times(self):
        """When the last run's requests began, and ended (s)."""
        last = f"id >= (SELECT max(id) FROM runs) << {RUN_SHIFT}"
        began = self.ask(f"SELECT started_ms FROM attempts WHERE {last} ORDER BY 1")
        ended = self.ask(f"SELECT ended_ms FROM attempts WHERE {last} AND ended_ms > 0 ORDER BY 1")
        return [t / 1000 for t, in began], [t / 1000 for t, in ended]

    def change(self, *statements):
        db = sqlite3.connect(self.path)
        db.create_function("packed", 1, packed, deterministic=True)
        with db:
            for text in statements:
                db.execute(text)
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        db.close()


def packed(position):
    """The outputs of a done row as the ledger keeps them (src/core/cells.h)."""
    name = f"{position:06d}.png".encode()
    return bytes([len(PICTURE), len(name)]) + name


def open_positions(rows):
    return [(2 * k + 1) * rows // (2 * OPEN) for k in range(OPEN)]


def finish_all(ledger, rows):
    """All rows done, as if a run of days had ended: a million requests would take an hour,
    so states, attempts and outcomes are written here, and the pictures are hard links."""
    ledger.change(
        "DELETE FROM attempts", "DELETE FROM outcomes", "DELETE FROM answers",
        "UPDATE rows SET state = 5, owner = NULL, lease_ms = NULL, attempts = 1, billed = 0",
        "INSERT INTO attempts (id, position, endpoint, endpoint_index, key, started_ms, queued_ms,"
        " ended_ms, status, verdict, error_code, request_id, sent_ms, first_byte_ms, done_ms,"
        f" bytes_up, bytes_down) SELECT (1 << {RUN_SHIFT}) + (1 << 32) + (1 << 31) + position,"
        " position, 'http://127.0.0.1:8080/v1', 0, 0, 1700000000000 + position, 0,"
        " 1700000000050 + position, 200, 'ok', '', 'req_' || position, 1, 49, 50, 20000, 30000"
        " FROM rows",
        "INSERT INTO outcomes SELECT r.position, a.id, a.ended_ms, '', '', '',"
        " packed(r.position), NULL FROM rows r JOIN attempts a"
        f" ON a.id = (1 << {RUN_SHIFT}) + (1 << 32) + (1 << 31) + r.position")
    for position in range(rows):
        name = ledger.folder / f"{position:06d}.png"
        name.unlink(missing_ok=True)
        if position % LINKS == 0:
            source = name
            source.write_bytes(PICTURE)
        else:
            os.link(source, name)


def reopen(ledger, rows):
    """Ten rows, spread over the input, as if they had never been sent."""
    positions = open_positions(rows)
    among = "position IN ({})".format(",".join(map(str, positions)))
    ledger.change(
        f"UPDATE rows SET state = 0, attempts = 0 WHERE {among}",
        f"DELETE FROM attempts WHERE {among}", f"DELETE FROM outcomes WHERE {among}")
    for position in positions:
        (ledger.folder / f"{position:06d}.png").unlink(missing_ok=True)
