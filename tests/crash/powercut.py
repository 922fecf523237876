#!/usr/bin/python3
"""Power cuts at random moments of a --durable run.

    powercut.py                  20 cuts
    powercut.py --cuts 3
    powercut.py --not_durable    the control: what is not synced is lost, and that is seen

The run's folder is on an ext4 in an image file under a loop mount.  What it has
written and not synced is in the page cache of that ext4 and not yet in the image,
so a copy of the image, read through the file and not through the mount, is the
disk as a power cut leaves it: mounting the copy replays ext4's journal, as a
start of the machine would.  A copy must be of one moment: the run is stopped
meanwhile, and the image read until two readings are the same.

All is mounted in a mount namespace of its own, which ends with this process.
Exit 77: that, or a loop mount, is not allowed here.
"""
import argparse
import os
import random
import select
import shutil
import signal
import subprocess
import sys
import time

from invariants import Broken, after_end, after_kill, check_results, demand
from ledger import ANSWERED, DONE, KEPT
from rehearsal import Server
from runs import Run, Table, scratch

SKIPPED = 77
ROWS, CUTS_A_RUN, IMAGE_BYTES = 60, 5, 40 * 1024 * 1024
OPTIONS = ["--max_global_workers", "4"]
LATENCY = ["--latency", "60-120"]


def skip(why):
    print(f"skipped: {why}")
    sys.exit(SKIPPED)


def in_own_namespace():
    """Starts this program again where its mounts are its own."""
    if os.environ.get("DIFFGENTOR_NAMESPACE") == "own":
        return
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    if not shutil.which("mkfs.ext4"):
        skip("there is no mkfs.ext4")
    tried = subprocess.run(["unshare", "--mount", "true"], stderr=subprocess.PIPE, text=True,
                           check=False)
    if tried.returncode != 0:
        skip(tried.stderr.strip())
    os.environ["DIFFGENTOR_NAMESPACE"] = "own"
    os.execvp("unshare", ["unshare", "--mount", sys.executable, *sys.argv])


class Disk:
    """An image file, and where it is mounted."""

    def __init__(self, name):
        self.image, self.place = name + ".img", name
        os.mkdir(self.place)

    def make(self):
        with open(self.image, "wb") as image:
            image.truncate(IMAGE_BYTES)
        # All is written now: no thread of the kernel goes on with it later.
        subprocess.run(["mkfs.ext4", "-q", "-E", "lazy_itable_init=0,lazy_journal_init=0",
                        self.image], check=True)

    def mount(self):
        mounted = subprocess.run(["mount", "-o", "loop", self.image, self.place], text=True,
                                 stderr=subprocess.PIPE, check=False)
        if mounted.returncode != 0:
            skip(mounted.stderr.strip())

    def unmount(self):
        subprocess.run(["umount", self.place], check=True)
        os.remove(self.image)

    def read(self):
        with open(self.image, "rb") as image:
            return image.read()

    def copy(self, name):
        """Another disk that is as this one at one moment."""
        before, now = None, self.read()
        while now != before:
            before, now = now, self.read()
        other = Disk(name)
        with open(other.image, "wb") as image:
            image.write(now)
        return other


class Cuts:
    """Runs on a disk of their own, cut off and resumed on what was left of it."""

    def __init__(self, folder, table, server, durable):
        self.folder, self.table, self.server = folder, table, server
        self.options = [*OPTIONS, "--durable"] if durable else OPTIONS
        self.number = 0

    def disk_name(self):
        self.number += 1
        return os.path.join(self.folder, f"disk{self.number}")

    def start(self, disk):
        return Run(self.table, self.server, os.path.join(disk.place, "out"), *self.options)

    def run(self, pauses):
        """Disks as a run leaves them that is cut off after each of these seconds, and
        how long it took altogether."""
        disk, disks = Disk(self.disk_name()), []
        disk.make()
        disk.mount()
        began = time.monotonic()
        run = self.start(disk)
        handle = os.pidfd_open(run.process.pid)
        for pause in pauses:
            ended, _, _ = select.select([handle], [], [], pause)
            if not ended:
                os.killpg(run.process.pid, signal.SIGSTOP)
            disks.append(disk.copy(self.disk_name()))
            if not ended:
                os.killpg(run.process.pid, signal.SIGCONT)
        os.close(handle)
        demand(run.wait() == 0, "the run that goes on failed: {}", run.errors())
        seconds = time.monotonic() - began
        disk.unmount()
        return disks, seconds

    def recover(self, disk):
        """The ledger's rows as they were found, once all is done on this disk."""
        disk.mount()
        try:
            return self.resume(disk, os.path.join(disk.place, "out"))
        finally:
            disk.unmount()

    def resume(self, disk, out):
        found = after_kill(self.table, out)
        if os.path.exists(os.path.join(out, "results.csv")):
            check_results(self.table, out)
        mark = self.server.mark()
        run = self.start(disk)
        demand(run.wait() == 0, "one resume did not do: {}", run.errors())
        asked = self.server.requests(mark)
        after_end(self.table, out, asked, [])
        for position, row in found.rows.items():
            demand(row.state not in (KEPT, ANSWERED, DONE) or not asked[f"Row {position}"],
                   "row {} was answered before the cut, and asked for again", position)
        return found.rows


def pauses(chance, seconds, count):
    """Between moments drawn from these seconds."""
    moments = sorted(chance.uniform(0, seconds) for _ in range(count))
    return [moment - before for before, moment in zip([0, *moments], moments)]


def try_recover(cuts, disk, number):
    try:
        states = [row.state for row in cuts.recover(disk).values()]
        print(f"cut {number}: {states.count(DONE)} rows done, "
              f"{states.count(KEPT) + states.count(ANSWERED)} answered", flush=True)
        return True
    except (Broken, OSError, subprocess.SubprocessError) as broken:
        print(f"not ok: cut {number}: {broken}", flush=True)
        return False


def all_cuts(cuts, count, chance):
    _, seconds = cuts.run([])
    found = []
    while len(found) < count:
        some = pauses(chance, seconds, min(CUTS_A_RUN, count - len(found)))
        for disk in cuts.run(some)[0]:
            found.append(try_recover(cuts, disk, len(found) + 1))
    return all(found)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cuts", type=int, default=20)
    parser.add_argument("--not_durable", action="store_true")
    parser.add_argument("--seed", type=int, default=random.randrange(1000000))
    options = parser.parse_args()
    in_own_namespace()
    print(f"--seed {options.seed}", flush=True)
    with scratch() as folder:
        table, server = Table(folder, ROWS), Server(folder, *LATENCY)
        out = os.path.join(folder, "undisturbed")
        demand(Run(table, server, out).wait() == 0, "a run that nobody disturbs failed")
        table.remember(out)
        cuts = Cuts(folder, table, server, not options.not_durable)
        ok = all_cuts(cuts, options.cuts, random.Random(options.seed))
        server.close()
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
