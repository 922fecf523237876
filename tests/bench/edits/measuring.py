# SPDX-License-Identifier: MIT
"""Runs of a command that are measured: the CPU that the kernel charged, time, memory.

    run = measuring.run(["curl", "--version"], os.environ, folder)
    print(run.cpu, run.seconds)
"""
import dataclasses
import os
import pathlib
import select
import signal
import subprocess
import time

SAMPLE_MS = 20
LIMIT_SECONDS = 1800  # of one run
TICK = os.sysconf("SC_CLK_TCK")
CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE, CLIENT_CORE = CORES[0], CORES[-1]
PIECE = bytes(1 << 20)


class Failed(Exception):
    """A client that did not do its work."""


@dataclasses.dataclass
class Run:
    cpu: float = 0  # s, of all its processes
    seconds: float = 0
    foreign: float = 0  # share of the machine that went to others
    pss: float = 0  # KiB, peak of the sum over all its processes; 0 unless sampled
    high: float = 0  # KiB, peak of resident memory if it is one process; else 0


def pinned(core):
    """For a process about to start: its core, and a group of its own."""
    def prepare():
        os.sched_setaffinity(0, {core})
        os.setpgid(0, 0)
    return prepare


def touch(folder, size):
    """Has the machine hand out the memory that files of `size` bytes will need, so that
    no run pays for it (a virtual machine's host may have taken it back)."""
    name = pathlib.Path(folder) / "touched"
    with open(name, "wb", buffering=0) as out:
        for _ in range(0, size, len(PIECE)):
            out.write(PIECE)
    name.unlink()


def available():
    """Bytes of memory that programs can still have."""
    return 1024 * value_of("/proc/meminfo", "MemAvailable:")


def busy():
    """Seconds that all cores worked since the machine began."""
    with open("/proc/stat", encoding="ascii") as lines:
        ticks = list(map(int, lines.readline().split()[1:9]))
    return (sum(ticks) - ticks[3] - ticks[4]) / TICK  # not idle, not waiting for a disk


def cpu_of(pid):
    """Seconds of CPU that a running process has used."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def family(pid):
    """The process and all below it."""
    found = [pid]
    for each in found:
        for task in pathlib.Path(f"/proc/{each}/task").glob("*/children"):
            found += map(int, task.read_text().split())
    return found


def value_of(path, name):
    """KiB after a name such as "Pss:" in a file of /proc."""
    for line in pathlib.Path(path).read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1])
    return 0


def sample(run, pid):
    try:
        pids = family(pid)
        run.pss = max(run.pss, sum(value_of(f"/proc/{p}/smaps_rollup", "Pss:") for p in pids))
        high = value_of(f"/proc/{pid}/status", "VmHWM:")
        run.high = high if len(pids) == 1 and run.high is not None else None
    except OSError:
        pass  # one of them has just ended


def watch(run, pid, sampled):
    """Until its end; ends it when it takes too long."""
    over = time.monotonic() + LIMIT_SECONDS
    handle = os.pidfd_open(pid)
    poll = select.poll()
    poll.register(handle, select.POLLIN)
    while not poll.poll(SAMPLE_MS if sampled else 1000):
        if sampled:
            sample(run, pid)
        if time.monotonic() > over:
            os.killpg(pid, signal.SIGKILL)
            break
    os.close(handle)


def run(command, environment, folder, sampled=False, server=None):
    """Runs a command on the client's core; Failed with its last words if it fails."""
    said = pathlib.Path(folder) / "said"
    result = Run()
    with open(said, "wb") as out:
        others = -busy() + (cpu_of(server) if server else 0)
        began = time.monotonic()
        process = subprocess.Popen(list(map(str, command)), env=environment, stdout=out,
                                   stderr=out, preexec_fn=pinned(CLIENT_CORE))
        try:
            watch(result, process.pid, sampled)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
        _, status, usage = os.wait4(process.pid, 0)
    result.seconds = time.monotonic() - began
    result.cpu = usage.ru_utime + usage.ru_stime
    others += busy() - (cpu_of(server) if server else 0) - result.cpu
    result.foreign = max(0, others / result.seconds / os.cpu_count())
    result.high = result.high or 0
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        words = said.read_text(errors="replace").strip()[-600:]
        raise Failed(f"ended with {process.returncode}: {words}")
    return result
