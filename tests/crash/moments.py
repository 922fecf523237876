#!/usr/bin/python3
"""SIGKILL at random moments of 60-row runs, 16 in flight, on a server with faults.

    moments.py                   200 kills
    moments.py --kills 12

By turns the main process, the importer and the whole process group are killed;
a folder's run is killed up to five times, then resumed until all is done.  Of a
run whose main process was killed nothing is left within a second.
"""
import argparse
import itertools
import os
import random
import select
import signal
import subprocess
import sys
import time

from invariants import Broken, after_end, after_kill, demand
from pool import spread
from rehearsal import Server
from runs import Run, Table, scratch

ROWS, KILLS_A_FOLDER, MOST_RESUMES, SECOND = 60, 5, 6, 1
FAULTS = ["--latency", "20-80", "--fault", "10%:500", "--fault", "5%:reset",
          "--fault", "5%:truncate"]
OPTIONS = ["--max_global_workers", "16", "--api_max_retries", "3", "--retry_delay", "0.01"]
TARGETS = ("main", "importer", "group")


class Moments:
    """One server; folders on it, each killed several times and brought to its end."""

    def __init__(self, folder, table, seed):
        os.mkdir(folder)
        self.folder, self.table = folder, table
        self.server = Server(folder, *FAULTS, "--seed", str(seed))
        self.turn = itertools.cycle(TARGETS)
        self.number = itertools.count()

    def start(self, out):
        return Run(self.table, self.server, out, *OPTIONS)

    def measure(self):
        """Seconds that a run takes here."""
        began = time.monotonic()
        self.start(os.path.join(self.folder, "measured")).wait()
        return time.monotonic() - began

    def kill(self, out, target, seconds):
        """True if the run was killed `seconds` after its start, and ended as it should."""
        run = self.start(out)
        handle = os.pidfd_open(run.process.pid)
        ended, _, _ = select.select([handle], [], [], seconds)
        os.close(handle)
        hit = not ended and self.strike(run, target)
        code = run.wait(after=SECOND)
        hit = hit and (target == "importer" or code == -signal.SIGKILL)  # else it was faster
        demand(code in (0, 1) or (hit and code in (2, 3, -signal.SIGKILL)), "exit {}: {}", code,
               run.errors())
        return hit

    def strike(self, run, target):
        """False: there is no importer at this moment."""
        if target == "group":
            run.kill_all()
        elif target == "main":
            run.process.kill()
        else:
            importer = run.child()
            if importer:
                os.kill(importer, signal.SIGKILL)
            return importer is not None
        return True

    def life(self, chance, seconds):
        """Kills by target, of one folder that came to its end."""
        out = os.path.join(self.folder, f"out{next(self.number)}")
        mark, known, kills = self.server.mark(), [], []
        for _ in range(KILLS_A_FOLDER):
            target = next(self.turn)
            if self.kill(out, target, chance.uniform(0, seconds)):
                kills.append(target)
                known.append(after_kill(self.table, out))
        codes = [self.start(out).wait() for _ in range(2)]
        while codes[-1] == 1 and len(codes) < MOST_RESUMES:  # rows that faults made fail
            codes.append(self.start(out).wait())
        demand(codes[-1] == 0, "resumes ended with {}", codes)
        after_end(self.table, out, self.server.requests(mark), known)
        return kills


def remember(folder, table):
    """The pictures as a server without faults gives them."""
    server = Server(folder)
    out = os.path.join(folder, "undisturbed")
    demand(Run(table, server, out).wait() == 0, "a run that nobody disturbs failed")
    table.remember(out)
    server.close()


def run_all(folder, kills, seed):
    table = Table(folder, ROWS)
    remember(folder, table)
    count = min(os.cpu_count() or 1, -(-kills // KILLS_A_FOLDER))
    benches = [Moments(os.path.join(folder, f"bench{k}"), table, seed + k) for k in range(count)]
    seconds = max(spread(benches, lambda bench, _: bench.measure(), benches))
    done = []

    def life(bench, number):
        if len(done) >= kills:
            return True
        try:
            done.extend(bench.life(random.Random(f"{seed} {number}"), seconds))
            return True
        except (Broken, OSError, subprocess.TimeoutExpired) as broken:
            print(f"not ok: folder {number}: {broken}", flush=True)
            return False

    ok = all(spread(benches, life, range(kills)))
    for bench in benches:
        bench.server.close()
    return ok, done


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=random.randrange(1000000))
    options = parser.parse_args()
    print(f"--seed {options.seed}", flush=True)
    began = time.monotonic()
    with scratch() as folder:
        ok, done = run_all(folder, options.kills, options.seed)
    text = ", ".join(f"{target} {done.count(target)}" for target in TARGETS)
    print(f"{len(done)} kills ({text}) in {time.monotonic() - began:.0f} s")
    return 0 if ok and len(done) >= options.kills else 1


if __name__ == "__main__":
    sys.exit(main())
