# SPDX-License-Identifier: MIT
"""Rounds: every client does every cell once, all in turn, and again.

    bench = runner.Bench(tools, folder, say=print)
    bench.round([cells.by_name()["256k-16"]])
    bench.figures["256k-16"]["floor"]        a Figures for each round; None where it failed
"""
import dataclasses
import shutil

import clients
import data
import measuring
import server

MIB = 1 << 20


@dataclasses.dataclass
class Figures:
    """Of one client in one cell and one round."""
    cpu: float  # ms an edit, what the client costs without rows taken off
    seconds: float
    rate: float  # edits/s
    foreign: float  # share of the machine that went to others
    waiting: int  # most requests that the server had at once
    connections: int
    pss: float = 0  # KiB per request in flight, what one request takes taken off
    peak: float = 0  # MiB, all processes together
    high: float = 0  # MiB, peak of resident memory, of one process
    beyond: float = 0  # ms an edit, without what durable writes cost (cell "tiny")


class Bench:
    def __init__(self, tools, folder, say):
        self.tools, self.folder, self.say = tools, folder, say
        self.figures, self.faults, self.absent = {}, [], {}
        self.certificate = None
        data.make(folder)

    def missing(self, name):
        """Why a client cannot run; asked once."""
        if name not in self.absent:
            self.absent[name] = clients.ALL[name].missing(self.tools)
        return self.absent[name]

    def runs(self, cell):
        """Those of a cell's clients that are there and able to do it."""
        able = [clients.ALL[name] for name in cell.clients if not self.missing(name)]
        return [c for c in able if c.most >= cell.in_flight and (c.tls or not cell.tls)]

    def round(self, chosen):
        for cell in chosen:
            for client in self.runs(cell):
                of_client = self.figures.setdefault(cell.name, {}).setdefault(client.name, [])
                try:
                    of_client.append(self.measure(cell, client))
                    self.say(f"{cell.name} {client.name}: {of_client[-1].cpu:.3f} ms")
                except measuring.Failed as why:
                    of_client.append(None)
                    self.faults.append(f"{cell.name}, {client.label}: {why}")
                    self.say("error: " + self.faults[-1])

    def measure(self, cell, client):
        """The cell's rows, less what the client costs with none, or with one."""
        few = 1 if cell.memory else client.fixed_rows
        base, _ = self.run(cell, client, few)
        full, totals = self.run(cell, client, cell.rows)
        rows = cell.rows - few
        more = max(1, min(cell.in_flight, cell.rows) - few)
        return Figures(
            cpu=1000 * (full.cpu - base.cpu) / rows, seconds=full.seconds,
            rate=cell.rows / full.seconds, foreign=full.foreign,
            waiting=totals["max_in_flight"], connections=totals["connections"],
            pss=(full.pss - base.pss) / more, peak=full.pss / 1024, high=full.high / 1024)

    def run(self, cell, client, rows):
        """A fresh server, one run, its results looked at and thrown away."""
        out = self.folder / "out"
        answer = self.folder / f"out-{cell.answer}.png"
        work = clients.Work("", self.folder / f"in-{cell.upload}.png", out, rows, cell.in_flight)
        if cell.tls:
            self.certificate = self.certificate or server.Certificate(self.folder)
            work.bundle = self.certificate.bundle
        self.make_room(client, work, answer.stat().st_size)
        try:
            with server.Standin(self.tools.bench / "bench_standin", answer, cell.latency_ms,
                                self.certificate if cell.tls else None) as standin:
                work.url = standin.url
                client.prepare(self.tools, work)
                run = measuring.run(
                    client.command(self.tools, work), client.environment(work), self.folder,
                    sampled=cell.memory, server=standin.pid)
            check_totals(standin.totals, rows)
            client.check(work, answer)
        finally:
            shutil.rmtree(out, ignore_errors=True)
        return run, standin.totals

    def make_room(self, client, work, answer_bytes):
        """Room for the results is a must; memory that the client may take is touched too."""
        need = work.rows * answer_bytes
        free = shutil.disk_usage(self.folder).free
        if free < need:
            raise measuring.Failed(f"{self.folder} has no room for {need // MIB} MiB (--folder)")
        need += min(work.rows, work.in_flight) * client.hunger_mib * MIB
        measuring.touch(self.folder, min(need, free, measuring.available() * 3 // 4))


def check_totals(totals, rows):
    """Each row asked once, each request answered and whole."""
    if totals["requests"] != rows or totals["answered"] != rows or totals["malformed"]:
        raise measuring.Failed(f"the server counted {totals} for {rows} rows")
