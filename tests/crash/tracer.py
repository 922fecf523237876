"""Kills by strace: SIGKILL as a process enters its Nth call of a name.

strace counts each process apart, so the main process and the importer each have
points of their own.  The main process is followed from its start; the importer
is stopped as it asks to die with its parent (its first act), then attached to.
"""
import collections
import os
import select
import signal
import subprocess

from runs import Run

# All that has to do with files, and what goes over the wire between them.
CALLS = "%file,%desc,sendto,recvfrom"
WAITING = {"poll", "ppoll", "select", "pselect6", "epoll_wait", "epoll_pwait", "epoll_ctl",
           "epoll_create1", "eventfd2", "execve", "execveat"}
FROM_START = ["strace", "-D", "-qq", "-o"]  # -D: the run is our child, not strace's


def kill_at(name, number):
    return ["/dev/null", "-e", f"trace={name}", "-e", f"inject={name}:signal=KILL:when={number}"]


def counting(path):
    return [path, "-e", f"trace={CALLS}", "-c", "-U", "calls,name"]


def counted(path):
    """Calls by name, of strace's table."""
    counts = collections.Counter()
    with open(path, encoding="utf-8") as table:
        for line in table:
            words = line.split()
            if len(words) == 2 and words[0].isdigit() and words[1] not in WAITING | {"total"}:
                counts[words[1]] = int(words[0])
    return counts


def run_main(arguments, *run):
    """A run with these strace arguments on its main process."""
    return Run(*run, before=[*FROM_START, *arguments])


def run_all(arguments, *run):
    """A run with these strace arguments on all its processes and threads."""
    return Run(*run, before=[*FROM_START, *arguments, "-f"])


def stopped_importer(pipe):
    """The importer's id, once strace has told of its stop."""
    for line in pipe:
        if "stopped by SIGSTOP" in line:
            return int(line.split()[0])
    raise OSError("the run ended before there was an importer")


def end_process(pid):
    """Kills a process that is nobody's child, and waits for its end."""
    handle = os.pidfd_open(pid)
    os.kill(pid, signal.SIGKILL)
    select.select([handle], [], [])
    os.close(handle)


def attach(pid, arguments):
    """A strace of this process, which has it when this returns."""
    tracer = subprocess.Popen(["strace", "-p", str(pid), "-o", *arguments], text=True,
                              stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
    for line in tracer.stderr:
        if line.rstrip().endswith("attached"):
            return tracer
    raise OSError(f"strace cannot attach to process {pid}")


def trace_importer(pipe, arguments):
    """Strace takes over a stopped importer, and goes on with it to its end."""
    pid = stopped_importer(pipe)
    with open(f"/proc/{pid}/status", encoding="utf-8") as status:
        first = next(int(line.split()[1]) for line in status if line.startswith("TracerPid"))
    end_process(first)
    tracer = attach(pid, arguments)
    os.kill(pid, signal.SIGCONT)
    tracer.stderr.close()
    tracer.wait()


def run_importer(arguments, *run):
    """A run with these strace arguments on its importer; returns when that has ended."""
    end, told = os.pipe()
    stop = [f"/dev/fd/{told}", "-f", "-e", "trace=prctl", "-e", "inject=prctl:signal=STOP:when=1"]
    started = Run(*run, before=[*FROM_START, *stop], inherited=[told])
    os.close(told)
    try:
        with open(end, encoding="utf-8") as pipe:
            trace_importer(pipe, arguments)
    except OSError:
        started.kill_all()
        raise
    return started
