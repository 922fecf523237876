# SPDX-License-Identifier: MIT
"""What is measured: each cell is one piece of work that several clients do in turn.

    cells.by_name()["256k-16"].clients
"""
import dataclasses
import itertools

C_PROGRAMS = ("diffgentor", "diffgentor-1", "floor", "raw")
FAST = C_PROGRAMS + ("curl",)
EVERYONE = FAST + ("aiohttp", "undici", "openai")


@dataclasses.dataclass(frozen=True)
class Cell:
    name: str
    upload: str  # see data.UPLOADS
    in_flight: int
    rows: int
    latency_ms: int = 0
    tls: bool = False
    clients: tuple = EVERYONE
    answer: str = "1536k"  # see data.ANSWERS
    memory: bool = False  # memory is what counts; watching it costs some time


def sweep_cell(upload, in_flight, tls=False, latency_ms=0, clients=EVERYONE):
    """256k-16, 2m-256-tls-100ms: rows enough for connections to be used again, except
    where all rows are to wait at once."""
    name = f"{upload}-{in_flight}" + ("-tls" if tls else "")
    name += f"-{latency_ms}ms" if latency_ms else ""
    rows = {1: 30 if latency_ms else 100, 16: 400, 256: 512}.get(in_flight, in_flight)
    return Cell(name, upload, in_flight, rows, latency_ms, tls, clients)


# Those that the goals speak of.
MAIN = [
    sweep_cell("256k", 16),
    sweep_cell("2m", 16),
    sweep_cell("256k", 1000, latency_ms=1000),
    sweep_cell("2m", 1000, latency_ms=1000),
    sweep_cell("256k", 16, tls=True),
    sweep_cell("2m", 16, tls=True),
    sweep_cell("256k", 256, tls=True, latency_ms=1000, clients=C_PROGRAMS),
    Cell("memory-1000", "256k", 1000, 1000, latency_ms=1000, memory=True),
    Cell("memory-4000", "256k", 4000, 4000, latency_ms=10000, answer="256k", memory=True,
         clients=("diffgentor", "diffgentor-1", "floor")),
    Cell("tiny", "tiny", 16, 10000, answer="tiny", clients=C_PROGRAMS),
]

# Whether the cost of a row depends on how many there are; a million, so not by default.
LONG = [
    Cell("tiny-1k", "tiny", 16, 1000, answer="tiny", clients=("diffgentor-1", "floor")),
    Cell("tiny-1m", "tiny", 16, 1000000, answer="tiny", clients=("diffgentor-1",), memory=True),
]

SWEEP = [sweep_cell(upload, in_flight, tls, latency)
         for in_flight, upload, tls, latency in itertools.product(
             (1, 16, 256, 1000), ("256k", "2m"), (False, True), (0, 100, 1000))]

# Short, for a test: whether all do their work.
CHECK = [Cell("check", "256k", 4, 16, clients=FAST),
         Cell("check-tls", "256k", 4, 16, tls=True, clients=("diffgentor", "floor"))]


def by_name():
    return {cell.name: cell for cell in SWEEP + MAIN + LONG}
