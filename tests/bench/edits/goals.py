# SPDX-License-Identifier: MIT
"""What is to be reached, as a table: a figure of diffgentor in a cell, against a peer's in
the same round (or against its own in another cell), and the limit.

    for line in goals.lines(figures): print(line)
"""
import dataclasses
import statistics


@dataclasses.dataclass(frozen=True)
class Goal:
    cell: str
    figure: str  # of runner.Figures, or of a side measurement
    limit: float
    peer: str = ""  # "": the figure itself counts
    against: str = ""  # the peer's cell; "": the same one
    client: str = "diffgentor"
    at_least: bool = False


# The peers are one process each, and so is what is held against them; the table shows
# what the usual four cost, too.
ONE = "diffgentor-1"


def cpu(cell, **limits):
    return [Goal(cell, "cpu", limit, peer, client=ONE) for peer, limit in limits.items()]


GOALS = [
    *cpu("256k-16", floor=1.15, raw=1.3, curl=1.25, openai=1 / 7, aiohttp=1 / 3.4),
    *cpu("2m-16", floor=1.15, raw=1.3, curl=1.25, openai=1 / 6.5, aiohttp=1 / 4),
    *cpu("256k-1000-1000ms", floor=1.15, raw=1.5, openai=1 / 12),
    *cpu("2m-1000-1000ms", floor=1.15, raw=1.5, openai=1 / 12),
    *cpu("256k-16-tls", floor=1.15, openai=1 / 4.5),
    *cpu("2m-16-tls", floor=1.15, openai=1 / 4.5),
    Goal("256k-256-tls-1000ms", "cpu", 1.5, ONE, against="256k-16-tls", client=ONE),
    Goal("256k-1000-1000ms", "seconds", 1.35, "raw", client=ONE),
    Goal("memory-1000", "pss", 120),
    Goal("memory-1000", "pss", 1 / 25, "openai"),
    Goal("memory-4000", "peak", 250),
    Goal("tiny", "beyond", 2, "floor", client=ONE),
    Goal("tiny-1m", "cpu", 1.1, ONE, against="tiny-1k", client=ONE),
    Goal("start", "over_true", 8, client="diffgentor"),
    Goal("base64", "to_memcpy", 1.2, client="avx2"),
    Goal("base64", "to_memcpy", 4, client="plain"),
    Goal("csv", "rate", 2, "csv.reader", client="bench_csv", at_least=True),
    Goal("csv", "rate", 1.2, "csv.DictReader", client="csv.next (Lua)", at_least=True),
    Goal("requests", "per_attempt", 1, client="no resets"),
    Goal("requests", "per_attempt", 1, client="10 % reset"),
]


def values(figures, cell, client, name):
    """Of each round; None where there is none."""
    rounds = figures.get(cell, {}).get(client, [])
    return [None if each is None else getattr(each, name) for each in rounds]


def measured(figures, goal):
    """The goal's figure or ratio in each round that has it."""
    own = values(figures, goal.cell, goal.client, goal.figure)
    if not goal.peer:
        return [a for a in own if a is not None]
    peers = values(figures, goal.against or goal.cell, goal.peer, goal.figure)
    return [a / b for a, b in zip(own, peers) if a is not None and b]


def shown(value):
    """3.20, or 1/7.1 for what is below a half."""
    return f"1/{1 / value:.1f}" if 0 < value < 0.5 else f"{value:.2f}"


def lines(figures):
    for goal in GOALS:
        found = measured(figures, goal)
        if not found:
            continue
        middle = statistics.median(found)
        held = middle >= goal.limit if goal.at_least else middle <= goal.limit
        against = f" : {goal.against} {goal.peer}".replace(":  ", ": ") if goal.peer else ""
        low, high = sorted((min(found), max(found)))
        yield (f"goal {goal.cell} {goal.figure} of {goal.client}{against}: measured "
               f"{shown(middle)} ({shown(low)} to {shown(high)}), "
               f"{'at least' if goal.at_least else 'limit'} {shown(goal.limit)}, "
               f"{'held' if held else 'missed'}")
