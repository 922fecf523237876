#!/usr/bin/python3
"""SIGKILL at every file system call of a 10-row run, then one resume.

    syscalls.py                  every call of every scene
    syscalls.py --every 40       each 40th point, from one that is drawn (--seed)

A scene is what the run finds (nothing; what a killed run has left) and how it
runs (--durable).  In each the main process and the importer are killed by turns.
Each point has a new folder.  Needs DIFFGENTOR and strace.
"""
import argparse
import collections
import itertools
import os
import random
import shutil
import subprocess
import sys
import time

import tracer
from invariants import Broken, after_end, after_kill, demand
from pool import spread
from rehearsal import Server
from runs import Run, Table, scratch

ROWS = 10
TRACED = {"main": tracer.run_main, "importer": tracer.run_importer, "syncer": tracer.run_all}
SERIAL = ["--max_global_workers", "1"]
SCENES = {"fresh": SERIAL, "durable": [*SERIAL, "--durable"], "resumed": SERIAL}

# Between two of them nothing changes on disk; the fresh scene has them all.
READING = {"access", "close", "fcntl", "getdents64", "ioctl", "lseek", "mmap", "newfstatat",
           "pread64", "read", "readlink", "recvfrom"}

Point = collections.namedtuple("Point", "scene process name number")


class Bench:
    """A server, and what a killed run has left on it, for one thread of points."""

    def __init__(self, folder, table):
        os.mkdir(folder)
        self.folder, self.table, self.number = folder, table, itertools.count()
        self.server = Server(folder)
        self.left = os.path.join(folder, "left")
        self.leave()

    def leave(self):
        """Four rows in flight, killed between an answer and its picture's place."""
        kill = tracer.kill_at("rename", 4)
        run = tracer.run_main(kill, self.table, self.server, self.left,
                              "--max_global_workers", "4", "--num_processes", "1")
        demand(run.wait() == -9, "the run to be resumed was not killed: {}", run.errors())
        self.before = after_kill(self.table, self.left)
        self.asked = self.server.requests(0)

    def start(self, scene):
        """An output folder as the scene has it, and what was asked for it before."""
        out = os.path.join(self.folder, f"out{next(self.number)}")
        if scene != "resumed":
            return out, collections.Counter()
        shutil.copytree(self.left, out)
        return out, self.asked

    def count(self, scene, process):
        """Calls by name of a whole run; only the syncer's thread makes a folder durable."""
        if process == "syncer" and scene != "durable":
            return {}
        out, _ = self.start(scene)
        run = TRACED[process](tracer.counting(out + ".calls"), self.table, self.server, out,
                              *SCENES[scene])
        demand(run.wait() == 0, "{}: {}", scene, run.errors())
        counts = tracer.counted(out + ".calls")
        if process == "syncer":
            return {"fsync": counts["fsync"]}
        return {name: n for name, n in counts.items() if scene == "fresh" or name not in READING}

    def try_point(self, point):
        """True if it was killed there; Broken if anything is not as it has to be."""
        out, asked = self.start(point.scene)
        mark = self.server.mark()
        run = TRACED[point.process](tracer.kill_at(point.name, point.number), self.table,
                                    self.server, out, *SCENES[point.scene])
        code = run.wait()
        killed = code == -9 or "the importer was ended by signal 9" in run.errors()
        demand(killed or code == 0, "the run ended with {}: {}", code, run.errors())
        if os.path.isdir(out):
            known = [after_kill(self.table, out)]
            self.resume(point, out, known, lambda: asked + self.server.requests(mark))
            shutil.rmtree(out)
        return killed

    def resume(self, point, out, known, asked):
        run = Run(self.table, self.server, out, *SCENES[point.scene])
        demand(run.wait() == 0, "one resume did not do: {}", run.errors())
        if point.scene == "resumed":
            known.append(self.before)
        after_end(self.table, out, asked(), known)


def undisturbed(folder, table):
    """A run that nobody kills: what the pictures are to be."""
    server = Server(folder)
    out = os.path.join(folder, "undisturbed")
    run = Run(table, server, out, *SERIAL)
    demand(run.wait() == 0, "{}", run.errors())
    table.remember(out)
    after_end(table, out, server.requests(0), [])
    server.close()


def points_of(bench):
    for scene, process in itertools.product(SCENES, TRACED):
        for name, count in sorted(bench.count(scene, process).items()):
            yield from (Point(scene, process, name, k + 1) for k in range(count))


def try_point(bench, point):
    try:
        return bench.try_point(point)
    except (Broken, OSError, subprocess.TimeoutExpired) as broken:
        print(f"not ok: {point.scene}, {point.process} at {point.name} {point.number}: "
              f"{broken}", flush=True)
        return None


def go_beyond(bench, last):
    """What is found behind the last counted call of a name, until one is not reached."""
    found = [True]
    while found[-1]:
        found.append(try_point(bench, last._replace(number=last.number + len(found))))
    return found[1:]


def tell(points, found, seconds):
    for key in dict.fromkeys((p.scene, p.process) for p in points):
        of_key = [f for p, f in zip(points, found) if (p.scene, p.process) == key]
        print(f"{key[0]}, {key[1]}: {len(of_key)} points, {of_key.count(True)} kills, "
              f"{of_key.count(None)} broken")
    print(f"{len(points)} points in {seconds:.0f} s")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--seed", type=int, default=random.randrange(1000000))
    options = parser.parse_args()
    print(f"--seed {options.seed}", flush=True)
    began = time.monotonic()
    with scratch() as folder:
        table = Table(folder, ROWS)
        undisturbed(folder, table)
        benches = [Bench(os.path.join(folder, f"bench{k}"), table)
                   for k in range(os.cpu_count() or 1)]
        first = random.Random(options.seed).randrange(options.every)
        points = list(points_of(benches[0]))[first::options.every]
        found = spread(benches, try_point, points)
        last = {point[:3]: point for point in points}.values() if options.every == 1 else []
        beyond = list(itertools.chain(*spread(benches, go_beyond, last)))
        for bench in benches:
            bench.server.close()
    tell(points, found, time.monotonic() - began)
    print(f"{beyond.count(True)} kills behind the counted calls")
    return 1 if None in found + beyond else 0


if __name__ == "__main__":
    sys.exit(main())
