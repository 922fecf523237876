# SPDX-License-Identifier: MIT
"""What is measured beside edits: the start, base64, CSV, durable writes, requests sent.

    side.round(bench, ["start", "csv"])      adds a round to bench.figures[...]
"""
import csv
import json
import os
import resource
import shutil
import sqlite3
import statistics
import subprocess
import time
import types

import clients
import measuring
import server

STARTS = 21
CSV_ROWS = 500000
WRITES = 2000
WRITE_BYTES = 300  # about what an attempt takes in the ledger
RESET_ROWS = 1000
READ_CSV = "import csv, sys\nfor row in csv.{}(open(sys.argv[1], newline='')): pass"


def note(bench, name, who, **figures):
    """One round's figures; an object with those names."""
    bench.figures.setdefault(name, {}).setdefault(who, []).append(
        types.SimpleNamespace(**figures) if figures else None)


def start_once(command):
    began = time.perf_counter()
    pid = os.posix_spawn(command[0], command, os.environ, file_actions=[
        (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)])
    _, status = os.waitpid(pid, 0)
    if status:
        raise measuring.Failed(f"{command[0]} failed")
    return 1000 * (time.perf_counter() - began)


def start(bench):
    """Wall time from the start of a process to its end; medians of 21, in turn."""
    tools = bench.tools
    commands = {"/bin/true": ["/bin/true"], "bench_start": [str(tools.bench / "bench_start")],
                "diffgentor": [str(tools.program), "--version"]}
    os.sched_setaffinity(0, {measuring.CLIENT_CORE})  # children inherit it
    found = {name: [] for name in commands}
    for _ in range(STARTS):
        for name, command in commands.items():
            found[name].append(start_once(command))
    os.sched_setaffinity(0, {measuring.SERVER_CORE})
    middle = {name: statistics.median(times) for name, times in found.items()}
    for name, value in middle.items():
        note(bench, "start", name, ms=value, over_true=value - middle["/bin/true"])


def output_of(command):
    """What a program prints, on the client's core."""
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True,
                          preexec_fn=measuring.pinned(measuring.CLIENT_CORE))
    if done.returncode != 0:
        raise measuring.Failed(f"{command[0]}: {done.stderr.strip()}")
    return done.stdout


def base64(bench):
    for line in output_of([bench.tools.bench / "bench_base64"]).splitlines():
        way = json.loads(line)
        note(bench, "base64", way["decoder"], ms=way["picture_ms"], to_memcpy=way["to_memcpy"])


def make_tables(bench):
    """A table of 137 bytes a row, and one with its head alone."""
    full, bare = bench.folder / "rows.csv", bench.folder / "none.csv"
    if not full.exists():
        for name, count in ((full, CSV_ROWS), (bare, 0)):
            with open(name, "w", encoding="ascii", newline="") as out:
                table = csv.writer(out, lineterminator="\n")
                table.writerow(["index", "image_url", "instruction", "output_name"])
                table.writerows(row(i) for i in range(count))
    return full, bare


def row(i):
    sign = ', and write "OPEN" on the sign' if i % 4 == 0 else ""
    prompt = f"Row {i}: make the sky a warm orange sunset, keep the rest unchanged{sign}"
    return i, f'["images/{i // 1000:04d}/{i:07d}.png"]', prompt, f"out/{i // 1000:04d}/{i:07d}"


def tables(bench):
    """Millions of rows a second of CPU, what an empty table costs taken off."""
    lua = os.path.join(os.path.dirname(__file__), "read_rows.lua")
    readers = {"bench_csv": [bench.tools.bench / "bench_csv"],
               "csv.reader": [clients.PYTHON, "-c", READ_CSV.format("reader")],
               "csv.next (Lua)": [bench.tools.program, "script", lua, "cells"],
               "rows.each (Lua)": [bench.tools.program, "script", lua, "rows"],
               "csv.DictReader": [clients.PYTHON, "-c", READ_CSV.format("DictReader")]}
    full, bare = make_tables(bench)
    for name, command in readers.items():
        spent = [measuring.run([*command, table], clients.plain_environment(), bench.folder).cpu
                 for table in (full, bare)]
        note(bench, "csv", name, rate=CSV_ROWS / (spent[0] - spent[1]) / 1e6)


def write_cost(folder):
    """CPU (ms) and wall time (ms) of a small append that is made durable."""
    name = folder / "durable"
    piece = bytes(WRITE_BYTES)
    fd = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    before, began = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    for _ in range(WRITES):
        os.write(fd, piece)
        os.fdatasync(fd)
    seconds, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF)
    os.close(fd)
    name.unlink()
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return 1000 * cpu / WRITES, 1000 * seconds / WRITES


def writes(bench):
    """And with them, what a tiny edit costs beyond two of them."""
    cpu, wall = write_cost(bench.folder)
    note(bench, "writes", "append and fdatasync", cpu=cpu, ms=wall)
    for name, rounds in bench.figures.get("tiny", {}).items():
        if rounds[-1]:
            two = 2 * cpu if isinstance(clients.ALL[name], clients.Diffgentor) else 0
            rounds[-1].beyond = rounds[-1].cpu - two


def attempts_of(folder):
    db = sqlite3.connect(f"file:{folder}/ledger.sqlite3?mode=ro", uri=True)
    count = db.execute("SELECT count(*) FROM attempts").fetchone()[0]
    db.close()
    return count


def requests(bench):
    """Requests that the server saw, over the ledger's attempts; rows may fail, that is no
    fault here."""
    client = clients.ALL["diffgentor"]
    for name, reset in (("no resets", 0), ("10 % reset", 0.1)):
        out = bench.folder / "reset"
        work = clients.Work("", bench.folder / "in-tiny.png", out, RESET_ROWS, 16)
        with server.Standin(bench.tools.bench / "bench_standin", bench.folder / "out-tiny.png",
                            reset=reset) as standin:
            work.url = standin.url
            client.prepare(bench.tools, work)
            done = subprocess.run(list(map(str, client.command(bench.tools, work))),
                                  env=client.environment(work), capture_output=True, text=True,
                                  preexec_fn=measuring.pinned(measuring.CLIENT_CORE))
        if done.returncode not in ((0, 1) if reset else (0,)):
            raise measuring.Failed(f"ended with {done.returncode}: {done.stderr}")
        attempts = attempts_of(out)
        shutil.rmtree(out)
        note(bench, "requests", name, per_attempt=standin.totals["requests"] / attempts,
             requests=standin.totals["requests"], attempts=attempts,
             resets=standin.totals["resets"])


# name: how it is measured, and its figures as {column: name}.
SIDES = {
    "writes": (writes, {"CPU ms": "cpu", "ms": "ms"}),
    "start": (start, {"ms": "ms", "over /bin/true": "over_true"}),
    "base64": (base64, {"ms a picture of 1.5 MB": "ms", "to memcpy": "to_memcpy"}),
    "csv": (tables, {"million rows/s": "rate"}),
    "requests": (requests, {"requests / attempts": "per_attempt", "requests": "requests",
                            "attempts": "attempts", "resets": "resets"}),
}


def round(bench, names):
    for name in names:
        try:
            SIDES[name][0](bench)
            bench.say(name)
        except measuring.Failed as why:
            bench.faults.append(f"{name}: {why}")
            bench.say("error: " + bench.faults[-1])
