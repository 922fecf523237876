"""Runs of `diffgentor edit` over one small table, each with its processes on a leash.

    table = Table(folder, 10)
    run = Run(table, server, "out", "--max_global_workers", "1")
    run.process.kill()
    code = run.wait(1)        no process of the run is left a second later
"""
import os
import select
import shutil
import signal
import subprocess
import tempfile

from rehearsal import KEY, PROGRAM

MOST_SECONDS = 60  # of anything
SAMPLE = os.path.join(os.path.dirname(__file__), "../../scripts/examples/data/cat.png")


def scratch():
    """A folder in memory, where there is one: a kill is no power cut."""
    place = None if os.environ.get("TMPDIR") or not os.path.isdir("/dev/shm") else "/dev/shm"
    return tempfile.TemporaryDirectory(prefix="diffgentor-crash-", dir=place)


def environment(server):
    keep = {k: v for k, v in os.environ.items()
            if not k.startswith(("DG_", "OPENAI_", "LUA_")) and not k.lower().endswith("_proxy")}
    return keep | {"OPENAI_API_BASE": server.url, "OPENAI_API_KEY": KEY}


class Table:
    """`count` rows, each with a prompt of its own; the same picture in all."""

    def __init__(self, folder, count):
        self.count = count
        self.prompts = [f"Row {k}" for k in range(count)]
        self.pictures = {}  # name -> bytes, as of a run that nothing disturbed
        self.path = os.path.join(folder, "data.csv")
        shutil.copy(SAMPLE, os.path.join(folder, "cat.png"))
        with open(self.path, "w", encoding="utf-8") as out:
            out.write("image_url,instruction\n")
            out.writelines(f"cat.png,{prompt}\n" for prompt in self.prompts)

    def remember(self, out):
        for name in os.listdir(out):
            if name.endswith(".png"):
                with open(os.path.join(out, name), "rb") as picture:
                    self.pictures[name] = picture.read()


class Run:
    """A run that has started; `before` is what its command stands behind (strace)."""

    def __init__(self, table, server, out, *options, before=(), inherited=()):
        self.error_name = out + ".err"
        command = [PROGRAM, "edit", "--input", table.path, "--output_dir", out, "--quiet"]
        # Whoever of the run lives holds the pipe's other end open, and writes nothing.
        self.leash, held = os.pipe()
        with open(self.error_name, "wb") as errors:
            self.process = subprocess.Popen(
                [*before, *command, *options], env=environment(server), pass_fds=[held, *inherited],
                stdin=subprocess.DEVNULL, stdout=errors, stderr=errors, start_new_session=True)
        os.close(held)

    def gone(self, seconds):
        """True once all processes of the run have ended; may be asked once."""
        ended, _, _ = select.select([self.leash], [], [], seconds)
        os.close(self.leash)
        return bool(ended)

    def wait(self, after=MOST_SECONDS):
        """The exit code, negative for a signal, once the whole run is gone: the main
        process first, the others so many seconds after it at the latest."""
        try:
            code = self.process.wait(MOST_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill_all()
            raise
        if not self.gone(after):
            self.kill_all()
            raise TimeoutError(f"a process of the run lives on after {after} s")
        return code

    def kill_all(self):
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def child(self):
        """The importer, None while there is none."""
        pid = self.process.pid
        try:
            with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as children:
                return next(map(int, children.read().split()), None)
        except FileNotFoundError:
            return None

    def errors(self):
        with open(self.error_name, encoding="utf-8", errors="replace") as text:
            return text.read()
