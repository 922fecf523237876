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
        command = [PROGRAM, "serve", "--port", "0", "--picture", "fixed", "--request_log", self.log]
        self.process = subprocess.Popen(  # dies with the thread that started it
            ["setpriv", "--pdeathsig", "KILL", *command, *options],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.url = self.process.stdout.readline().removeprefix("listening on ").strip()

    def stats(self):
        with urllib.request.urlopen(self.url + "/rehearsal/stats") as answer:
            return json.load(answer)

    def mark(self):
        """Where the log ends now that nothing is under way: for requests()."""
        while self.stats()["in_flight"] > 0:
            pass
        return os.path.getsize(self.log)

    def requests(self, mark):
        """How often each prompt has arrived whole since the mark."""
        self.mark()
        with open(self.log, encoding="utf-8") as log:
            log.seek(mark)
            lines = [json.loads(line) for line in log]
        return collections.Counter(
            line["prompt"] for line in lines
            if line["path"].endswith("/images/edits") and line["n"] is not None)

    def close(self):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()
