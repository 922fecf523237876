"""The rehearsal server that a crash test pays: what it was asked for, and how often."""
import collections
import json
import os
import subprocess
import urllib.request

PROGRAM = os.path.abspath(os.environ.get("DIFFGENTOR", "build/release/diffgentor"))
KEY = "sk-test-0123456789abcdef"


class Server:
    """A `diffgentor serve` of its own, with its request log in `folder`."""

    def __init__(self, folder, *options):
        self.log = os.path.join(folder, "requests.jsonl")
        self.read, self.prompts = 0, []  # of the log: bytes, edits
        command = [PROGRAM, "serve", "--port", "0", "--picture", "fixed", "--request_log", self.log]
        self.process = subprocess.Popen(  # dies with the thread that started it
            ["setpriv", "--pdeathsig", "KILL", *command, *options],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.url = self.process.stdout.readline().removeprefix("listening on ").strip()

    def stats(self):
        with urllib.request.urlopen(self.url + "/rehearsal/stats") as answer:
            return json.load(answer)

    def read_log(self):
        with open(self.log, "rb") as log:
            log.seek(self.read)
            for line in log:
                if not line.endswith(b"\n"):
                    break
                self.read += len(line)
                entry = json.loads(line)
                if entry["n"] is not None:  # of an edit that has arrived whole
                    self.prompts.append(entry["prompt"])

    def mark(self):
        """How many edits have arrived, now that all that have are in the log."""
        while len(self.prompts) < self.stats()["requests"]:
            self.read_log()
        return len(self.prompts)

    def requests(self, mark):
        """How often each prompt has arrived since the mark."""
        self.mark()
        return collections.Counter(self.prompts[mark:])

    def close(self):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()
