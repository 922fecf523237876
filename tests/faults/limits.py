#!/usr/bin/python3
"""A limit over real HTTP, as the server sees it: worker processes, uploads of several
sizes, and at its end window.py's judgement.

    limits.py PROGRAM --limit 120 --window 60 --windows 3 [--processes 4] [--runs 2]

With --runs 2 two programs run at once on the same endpoint and key, and share its
window.  Rows are as many as fit into the windows.
"""
import argparse
import json
import os
import struct
import subprocess
import sys
import tempfile
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))


def picture(name, side):
    """A grey PNG; noise keeps it as large as its pixels."""
    def chunk(kind, data):
        crc = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc)
    rows = b"".join(b"\0" + os.urandom(side) for _ in range(side))
    with open(name, "wb") as out:
        out.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 0,
                  0, 0, 0)) + chunk(b"IDAT", zlib.compress(rows, 0)) + chunk(b"IEND", b""))


def serve(program, log):
    server = subprocess.Popen([program, "serve", "--port", "0", "--picture", "fixed", "--latency",
                               "10-200", "--request_log", log], stdout=subprocess.PIPE, text=True)
    return server, server.stdout.readline().split()[-1]


def table(name, rows):
    with open(name, "w", encoding="utf-8") as out:
        out.write("image_url,instruction\n")
        for k in range(rows):
            out.write(f"{('small', 'middle', 'large')[k % 3]}.png,Row {k}\n")


def run(given, folder, url, number, rows):
    name = f"{folder}/data{number}.csv"
    table(name, rows)
    env = dict(os.environ, OPENAI_API_KEY="sk-limits-0123456789", OPENAI_API_BASE=url,
               DG_OPENAI_RATE_LIMIT=str(given.limit), XDG_RUNTIME_DIR="")
    return subprocess.Popen(
        [given.program, "edit", "--input", name, "--output_dir", f"{folder}/out{number}",
         "--num_processes", str(given.processes), "--max_global_workers", "32", "--rate_window",
         str(given.window), "--quiet"], env=env, stdout=subprocess.DEVNULL)


def main():
    options = argparse.ArgumentParser()
    options.add_argument("program")
    options.add_argument("--limit", type=int, required=True)
    options.add_argument("--window", type=float, required=True)
    options.add_argument("--windows", type=int, default=3)
    options.add_argument("--processes", type=int, default=4)
    options.add_argument("--runs", type=int, default=1)
    options.add_argument("--use", type=float, default=95)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for name, side in ("small", 40), ("middle", 300), ("large", 1500):
            picture(f"{folder}/{name}.png", side)
        log = f"{folder}/requests.jsonl"
        server, url = serve(given.program, log)
        rows = given.limit * given.windows // given.runs
        runs = [run(given, folder, url, k, rows) for k in range(given.runs)]
        codes = [one.wait() for one in runs]
        server.kill()
        server.wait()
        if any(codes):
            sys.exit(f"exit codes {codes}")
        with open(log, encoding="utf-8") as lines:
            edits = sum("images/edits" in json.loads(line)["path"] for line in lines)
        if edits != rows * given.runs:
            sys.exit(f"{edits} requests for {rows * given.runs} rows")
        return subprocess.call([sys.executable, f"{HERE}/window.py", "--limit", str(given.limit),
                                "--window", str(given.window), "--use", str(given.use), log])


if __name__ == "__main__":
    sys.exit(main())
