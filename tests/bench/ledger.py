#!/usr/bin/python3
"""The ledger at a million rows: ledger.py PROGRAM [--rows N] [--check]

A fresh run until all rows are in the ledger; a resumed one with ten rows open; one
with none.  Prints a table of medians of three.
"""
import argparse
import pathlib
import platform
import statistics
import sys
import tempfile
import time

import world

WIDTH = 16  # requests in flight
LATENCY_MS = 100
MOST_MIB = 60
ROUNDS = 3
PICTURE = pathlib.Path(__file__).parents[2] / "scripts/examples/data/cat.png"

# name, unit, digits after the point
FIGURES = [
    ("fresh: first request after", "s", 2),
    ("fresh: all rows in the ledger after", "s", 2),
    ("fresh: rows imported a second", "", 0),
    ("fresh: longest a free place waited during the import", "ms", 0),
    ("fresh: CPU until then and for results.csv", "s", 2),
    ("fresh: peak memory of the importer", "MiB", 1),
    ("fresh: peak memory of the worker", "MiB", 1),
    ("10 open: first request after", "s", 2),
    ("10 open: last answer after", "s", 2),
    ("10 open: end of the run, results.csv written, after", "s", 2),
    ("10 open: CPU", "s", 2),
    ("10 open: peak memory of the importer", "MiB", 1),
    ("none open: end of the run, results.csv written, after", "s", 2),
    ("none open: CPU", "s", 2),
    ("results.csv alone (diffgentor results)", "s", 2),
]


class Bench:
    """Rounds of all measurements; figures are gathered by name."""

    def __init__(self, program, folder, rows):
        self.program, self.folder, self.rows = program, folder, rows
        self.figures = {name: [] for name, _, _ in FIGURES}
        self.input = world.make_input(folder, PICTURE, rows)
        self.server = world.Server(program, LATENCY_MS)

    def note(self, name, value):
        self.figures[name].append(value)

    def start(self, output):
        return world.Run([self.program, "edit", "--input", self.input, "--output_dir", output,
                          "--max_global_workers", str(WIDTH), "--quiet"],
                         self.server.environment())

    def fresh(self, output):
        ledger = world.Ledger(output)
        run = self.start(output).wait(ledger.is_imported)
        assert run.code is None, f"the run ended with {run.code}"
        run.look()
        took = time.time() - run.began
        run.interrupt()
        assert run.code == 130, run.code
        began, ended = ledger.times()
        waits = [1000 * (b - e) for b, e in zip(began[WIDTH:], ended)]
        self.note("fresh: first request after", began[0] - run.began)
        self.note("fresh: all rows in the ledger after", took)
        self.note("fresh: rows imported a second", self.rows / took)
        self.note("fresh: longest a free place waited during the import", max(waits, default=0))
        self.note("fresh: CPU until then and for results.csv", run.cpu)
        self.note("fresh: peak memory of the importer", run.peak_importer())
        self.note("fresh: peak memory of the worker", run.peak_main())
        return ledger

    def ten_open(self, ledger):
        world.reopen(ledger, self.rows)
        run = self.start(ledger.folder).wait()
        assert run.code == 0, run.code
        began, ended = ledger.times()
        assert len(began) == len(ended) == world.OPEN, (began, ended)
        self.note("10 open: first request after", began[0] - run.began)
        self.note("10 open: last answer after", ended[-1] - run.began)
        self.note("10 open: end of the run, results.csv written, after", run.seconds)
        self.note("10 open: CPU", run.cpu)
        self.note("10 open: peak memory of the importer", run.peak_importer())

    def none_open(self, ledger):
        run = self.start(ledger.folder).wait()
        assert run.code == 0 and ledger.times() == ([], []), run.code
        self.note("none open: end of the run, results.csv written, after", run.seconds)
        self.note("none open: CPU", run.cpu)

    def results(self, ledger):
        name = self.folder / "again.csv"
        run = world.Run([self.program, "results", ledger.folder, "--output", name],
                        self.server.environment()).wait()
        assert run.code == 0, run.code
        with open(name, encoding="utf-8") as lines:
            count = sum(1 for _ in lines)
        assert count == self.rows + 1, count
        self.note("results.csv alone (diffgentor results)", run.seconds)

    def all(self, rounds):
        for k in range(rounds):
            ledger = self.fresh(self.folder / f"output{k}")
        world.finish_all(ledger, self.rows)
        for _ in range(rounds):
            self.ten_open(ledger)
            self.none_open(ledger)
            self.results(ledger)

    def median(self, name):
        return statistics.median(self.figures[name])


def machine():
    with open("/proc/cpuinfo", encoding="utf-8") as lines:
        names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return f"{names[0] if names else platform.machine()}, {len(names)} cores, " \
           f"{platform.system()} {platform.release()}"


def show(bench, rounds):
    size = bench.input.stat().st_size / 1e6
    print(f"{bench.rows} rows ({size:.0f} MB), {WIDTH} in flight, answers after {LATENCY_MS} ms; "
          f"medians of {rounds}\n{machine()}\n")
    print("| | median | all |\n| --- | ---: | ---: |")
    for name, unit, digits in FIGURES:
        shown = " ".join(f"{value:.{digits}f}" for value in sorted(bench.figures[name]))
        print(f"| {name} | {bench.median(name):.{digits}f} {unit} | {shown} |")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--rows", type=int, default=1000000)
    parser.add_argument("--check", action="store_true", help="one round, no table of times")
    options = parser.parse_args()
    rounds = 1 if options.check else ROUNDS
    with tempfile.TemporaryDirectory(prefix="diffgentor-bench-") as folder:
        bench = Bench(options.program, pathlib.Path(folder), options.rows)
        try:
            bench.all(rounds)
        finally:
            bench.server.close()
        show(bench, rounds)
    for name, unit, _ in FIGURES:
        if unit == "MiB" and bench.median(name) >= MOST_MIB:
            sys.exit(f"{name}: not below {MOST_MIB} MiB")


if __name__ == "__main__":
    main()
