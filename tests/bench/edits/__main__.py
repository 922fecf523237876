# SPDX-License-Identifier: MIT
"""The benchmark of edits: diffgentor against what people would use, in rounds.

    python3 tests/bench/edits PROGRAM [--rounds N] [--cells NAMES | --all | --check] ...
"""
import argparse
import dataclasses
import json
import os
import pathlib
import platform
import shutil
import sys
import tempfile

import cells
import chart
import clients
import goals
import measuring
import runner
import side
import table

PICTURES = pathlib.Path(__file__).parents[3] / "docs" / "pictures"
SHARED_MEMORY = "/dev/shm"
ENOUGH = 4 << 30  # bytes free there, to be used


def arguments():
    parser = argparse.ArgumentParser(prog="bench", description="edits against other clients")
    parser.add_argument("program", help=argparse.SUPPRESS)
    parser.add_argument("--rounds", type=int, default=5, help="of each cell (5)")
    parser.add_argument("--rows", type=int, help="of each cell, whatever it says")
    parser.add_argument("--cells", help="names, comma-separated; those of the goals otherwise")
    parser.add_argument("--clients", help="names, comma-separated; all otherwise")
    parser.add_argument("--all", action="store_true", help="the whole sweep: hours")
    parser.add_argument("--check", action="store_true", help="a short form that judges no speed")
    parser.add_argument("--list", action="store_true", help="the names of cells and clients")
    parser.add_argument("--json", help="a file for all figures")
    parser.add_argument("--folder", help="where results are written; in memory otherwise")
    return parser.parse_args()


def chosen_cells(options):
    """Cells, and the names of side measurements."""
    known = cells.by_name()
    if options.check:
        return cells.CHECK, ["requests"]
    if options.all:
        return cells.SWEEP, []
    names = options.cells.split(",") if options.cells else [c.name for c in cells.MAIN]
    unknown = [name for name in names if name not in known and name not in side.SIDES]
    if unknown:
        sys.exit(f"no such cell: {', '.join(unknown)} (--list)")
    sides = [name for name in side.SIDES if name in names or not options.cells]
    if "tiny" in names and "writes" not in sides:
        sides.insert(0, "writes")
    return [known[name] for name in names if name in known], sides


def adapted(cell, options):
    """With the rows and the clients that were asked for."""
    wanted = options.clients.split(",") if options.clients else cell.clients
    return dataclasses.replace(cell, rows=options.rows or cell.rows, clients=tuple(
        name for name in cell.clients if name in wanted))


def machine():
    with open("/proc/cpuinfo", encoding="utf-8") as lines:
        names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    cores = len(measuring.CORES)
    shared = "" if cores > 1 else " (server and clients share it: no figures to trust)"
    return (f"{names[0] if names else platform.machine()}, {cores} core"
            f"{'s' if cores > 1 else ''}{shared}, {platform.system()} {platform.release()}")


def say(text):
    print(text, file=sys.stderr, flush=True)


def show(bench, chosen, sides, rounds):
    print(f"{machine()}\nmedians of {rounds} (least-most), results in {bench.folder.parent}")
    for cell in chosen:
        print(table.cell_text(bench.figures, cell, bench.absent))
    for name in sides:
        print(table.side_text(bench.figures, name, side.SIDES[name][1]))
    print()
    for line in goals.lines(bench.figures):
        print(line)


def save(bench, name):
    text = {cell: {who: [vars(each) if each else None for each in rounds]
                   for who, rounds in by_client.items()}
            for cell, by_client in bench.figures.items()}
    pathlib.Path(name).write_text(json.dumps(text, indent=1) + "\n")


def measure(options, folder):
    chosen, sides = chosen_cells(options)
    chosen = [adapted(cell, options) for cell in chosen]
    rounds = 1 if options.check else options.rounds
    program = pathlib.Path(options.program).absolute()
    tools = clients.Tools(program, program.parent / "tests" / "bench", program.parent / "peers")
    bench = runner.Bench(tools, folder, say)
    for number in range(rounds):
        say(f"round {number + 1} of {rounds}")
        bench.round(chosen)
        side.round(bench, sides)
    show(bench, chosen, sides, rounds)
    if options.json:
        save(bench, options.json)
    if not (options.cells or options.clients or options.rows or options.check or options.all):
        chart.draw(bench.figures, PICTURES)
    return bench.faults


def room():
    """Where results go: to memory if it has room for them, so that no disk is measured."""
    there = os.path.isdir(SHARED_MEMORY) and shutil.disk_usage(SHARED_MEMORY).free >= ENOUGH
    return SHARED_MEMORY if there else None


def list_names():
    for cell in cells.by_name().values():
        print(f"{cell.name:24} {cell.rows} rows: {', '.join(cell.clients)}")
    print("\n".join(side.SIDES))
    for client in clients.ALL.values():
        print(f"{client.name:24} {client.label}")


def main():
    options = arguments()
    if options.list:
        return list_names()
    if options.rounds < 1 or (options.rows or 2) < 2:
        sys.exit("at least one round, at least two rows")
    os.sched_setaffinity(0, {measuring.SERVER_CORE})
    parent = options.folder or room()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="diffgentor-bench-", dir=parent))
    try:
        faults = measure(options, folder)
    finally:
        shutil.rmtree(folder)
    for fault in faults:
        print(f"error: {fault}")
    return 1 if faults else 0


sys.exit(main())
