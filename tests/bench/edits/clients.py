# SPDX-License-Identifier: MIT
"""Who does the work: each client as a command line, and what it must leave behind.

    client = clients.ALL["floor"]
    why = client.missing(tools)           "" when it can run
    client.prepare(tools, work)
    measuring.run(client.command(tools, work), client.environment(work), ...)
    client.check(work, answer)
"""
import csv
import dataclasses
import filecmp
import json
import os
import pathlib
import shutil
import subprocess

import measuring
import server

PYTHON = "/usr/bin/python3"
PEERS = pathlib.Path(__file__).parents[1] / "peers"
OLDEST_NODE = 20  # the oldest that the npm client runs on
PROMPT = "Row {}: make the sky a warm orange sunset"


@dataclasses.dataclass
class Tools:
    """Where the programs are."""
    program: pathlib.Path  # diffgentor
    bench: pathlib.Path  # folder of the bench_* programs
    peers: pathlib.Path  # folder with npm's packages


@dataclasses.dataclass
class Work:
    """What a run is to do."""
    url: str
    picture: pathlib.Path  # to upload
    out: pathlib.Path  # folder for the results, not made yet
    rows: int
    in_flight: int
    bundle: pathlib.Path = None  # certificates to trust; None: plain HTTP


class Client:
    """The default: positional arguments as the C programs take them, PNGs as results."""
    label = ""
    fixed_rows = 0  # of the run whose CPU is taken off
    most = 1 << 30  # requests in flight
    tls = True
    hunger_mib = 0  # memory per request in flight, to be touched before

    def __init__(self, name, label):
        self.name, self.label = name, label

    def missing(self, tools):
        return "" if (tools.bench / f"bench_{self.name}").exists() else "not built"

    def prepare(self, tools, work):
        pass

    def command(self, tools, work):
        trust = ["--ca", work.bundle] if work.bundle else []
        return [tools.bench / f"bench_{self.name}", *positional(work), *trust]

    def environment(self, work):
        return plain_environment()

    def check(self, work, answer):
        """Every picture is there, and nothing but the answer's bytes."""
        names = sorted(p.name for p in work.out.glob("*.png"))
        if names != [f"{i:06d}.png" for i in range(work.rows)]:
            raise measuring.Failed(f"{len(names)} pictures of {work.rows}")
        for name in names:
            if not filecmp.cmp(work.out / name, answer, shallow=False):
                raise measuring.Failed(f"{name} is not what the server sent")


def positional(work):
    return [work.url, work.picture, work.out, work.rows, work.in_flight]


def plain_environment():
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("DG_", "OPENAI_", "NODE_"))}
    return {k: v for k, v in kept.items() if not k.lower().endswith("_proxy")}


class Raw(Client):
    tls = False


class Diffgentor(Client):
    """The real program with all that it does: workflow, ledger, results.csv.  It takes no
    empty table, so the run whose CPU is taken off has one row, and the rest is divided by
    one row less.  No question for models first: the server knows nothing but edits."""
    fixed_rows = 1

    def __init__(self, name, label, processes):
        super().__init__(name, label)
        self.processes = processes

    def missing(self, tools):
        return ""

    def prepare(self, tools, work):
        with open(f"{work.out}.csv", "w", encoding="ascii", newline="") as out:
            table = csv.writer(out, lineterminator="\n")
            table.writerow(["image_url", "instruction"])
            table.writerows([work.picture, PROMPT.format(i)] for i in range(work.rows))

    def command(self, tools, work):
        return [tools.program, "edit", "--input", f"{work.out}.csv", "--output_dir", work.out,
                "--max_global_workers", work.in_flight, "--num_processes", self.processes,
                "--no_preflight", "--quiet"]

    def environment(self, work):
        trust = {"SSL_CERT_FILE": str(work.bundle)} if work.bundle else {}
        return dict(plain_environment(), **trust, OPENAI_API_BASE=work.url,
                    OPENAI_API_KEY="sk-bench-01")


class Curl(Client):
    """Stores the answers as they come, JSON with base64: a bound, not a peer."""
    most = 300  # its own limit

    def missing(self, tools):
        return "" if shutil.which("curl") else "not there"

    def prepare(self, tools, work):
        work.out.mkdir()
        trust = f'cacert = "{work.bundle}"\n' if work.bundle else ""
        with open(f"{work.out}.config", "w", encoding="ascii") as out:
            for i in range(work.rows):
                out.write(("next\n" if i else "") + trust + CURL_EDIT.format(
                    url=work.url, picture=work.picture, prompt=PROMPT.format(i),
                    name=work.out / f"{i:06d}.json"))

    def command(self, tools, work):
        if work.rows == 0:
            return ["curl", "--version"]
        return ["curl", "--parallel", "--parallel-immediate", "--parallel-max", work.in_flight,
                "--silent", "--show-error", "--fail-early", "--config", f"{work.out}.config"]

    def check(self, work, answer):
        names = sorted(work.out.glob("*.json"))
        if len(names) != work.rows:
            raise measuring.Failed(f"{len(names)} answers of {work.rows}")
        for name in names:
            if not filecmp.cmp(name, names[0], shallow=False):
                raise measuring.Failed(f"{name.name} is not {names[0].name}")
        if names and "b64_json" not in json.loads(names[0].read_text())["data"][0]:
            raise measuring.Failed("no picture in the answer")


CURL_EDIT = """url = "{url}/images/edits"
form = "model=gpt-image-1"
form = "prompt={prompt}"
form = "size=1024x1024"
form = "image=@{picture};type=image/png"
header = "Authorization: Bearer sk-bench-01"
header = "Expect:"
fail
output = "{name}"
"""


class Node(Client):
    hunger_mib = 4

    def missing(self, tools):
        if not (shutil.which("node") and shutil.which("npm")):
            return "node is not there"
        version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True)
        if int(version.stdout.lstrip("v").split(".")[0]) < OLDEST_NODE:
            return f"node {version.stdout.strip()} is older than {OLDEST_NODE}"
        return install_peers(tools.peers)

    def command(self, tools, work):
        return ["node", tools.peers / f"{self.name}.mjs", *positional(work)]

    def environment(self, work):
        trust = {"NODE_EXTRA_CA_CERTS": str(work.bundle)} if work.bundle else {}
        return dict(plain_environment(), **trust)


def install_peers(folder):
    """npm's packages, beside copies of the scripts that use them; says what went wrong."""
    folder.mkdir(exist_ok=True)
    wanted = (PEERS / "package.json").read_text()
    is_done = folder / "installed.json"
    for name in PEERS.glob("*.mjs"):
        shutil.copy(name, folder)
    if is_done.exists() and is_done.read_text() == wanted:
        return ""
    shutil.copy(PEERS / "package.json", folder)
    done = subprocess.run(["npm", "install", "--prefix", folder, "--no-audit", "--no-fund",
                           "--no-package-lock", "--silent"], capture_output=True, text=True)
    if done.returncode != 0:
        return "npm install failed: " + (done.stderr.strip().splitlines() or ["no reason"])[0]
    is_done.write_text(wanted)
    return ""


class Aiohttp(Client):
    hunger_mib = 2

    def missing(self, tools):
        found = subprocess.run([PYTHON, "-c", "import aiohttp"], capture_output=True)
        return "" if found.returncode == 0 else "python3-aiohttp is not there"

    def command(self, tools, work):
        trust = [work.bundle] if work.bundle else []
        return [PYTHON, PEERS / "aiohttp_client.py", *positional(work), *trust]


ALL = {client.name: client for client in (
    Diffgentor("diffgentor", "diffgentor", 4),
    Diffgentor("diffgentor-1", "diffgentor, 1 process", 1),
    Client("floor", "bare libcurl (floor)"),
    Raw("raw", "bare sockets"),
    Curl("curl", "curl --parallel (no decoding)"),
    Aiohttp("aiohttp", "aiohttp"),
    Node("undici", "undici"),
    Node("openai", "openai (npm)"),
)}
