# SPDX-License-Identifier: MIT
"""The figures as Markdown: medians over the rounds, their spread, ratios within a round."""
import statistics

import clients
import goals


def spread(values, digits):
    middle = statistics.median(values)
    return f"{middle:.{digits}f} ({min(values):.{digits}f}-{max(values):.{digits}f})"


def median(rounds, name):
    return statistics.median(getattr(each, name) for each in rounds)


def ratio(figures, cell, client, peer, name="cpu"):
    """The median of a client's figure over a peer's, round by round; None without both."""
    goal = goals.Goal(cell, name, 0, peer, client=client)
    found = goals.measured(figures, goal)
    return statistics.median(found) if found else None


def line(figures, cell, name, rounds):
    over = [ratio(figures, cell.name, name, peer) for peer in ("floor", "diffgentor")]
    cells = [clients.ALL[name].label, spread([r.cpu for r in rounds], 3),
             *("" if each is None else f"{each:.2f}" for each in over),
             f"{median(rounds, 'rate'):.0f}", spread([r.seconds for r in rounds], 2),
             f"{median(rounds, 'waiting'):.0f}"]
    if cell.memory:
        cells += [spread([r.pss for r in rounds], 1), f"{median(rounds, 'peak'):.1f}",
                  f"{median(rounds, 'high'):.1f}" if median(rounds, "high") else ""]
    cells.append(f"{100 * max(r.foreign for r in rounds):.0f}")
    return "| " + " | ".join(cells) + " |"


def head(cell):
    memory = ["KiB/request", "peak MiB", "VmHWM MiB"] if cell.memory else []
    names = ["client", "CPU ms/edit", "to floor", "to diffgentor", "edits/s", "s", "most in flight",
             *memory, "foreign % at most"]
    return "| " + " | ".join(names) + " |\n|" + " --- |" + " ---: |" * (len(names) - 1)


def cell_text(figures, cell, absent):
    kind = "TLS 1.3" if cell.tls else "plain"
    text = [f"\n**{cell.name}**: {cell.rows} rows, {cell.in_flight} in flight, {cell.upload} up, "
            f"{cell.answer} down, {kind}, answers after {cell.latency_ms} ms\n", head(cell)]
    for name in cell.clients:
        rounds = [r for r in figures.get(cell.name, {}).get(name, []) if r]
        if rounds:
            text.append(line(figures, cell, name, rounds))
        elif absent.get(name):
            text.append(f"| {clients.ALL[name].label} | {absent[name]} |")
    return "\n".join(text)


def side_text(figures, name, units):
    """A side measurement: what was measured by whom."""
    text = [f"\n**{name}**\n", "| | " + " | ".join(units) + " |",
            "| --- |" + " ---: |" * len(units)]
    for who, rounds in figures.get(name, {}).items():
        good = [r for r in rounds if r]
        if good:
            shown = [spread([getattr(r, key) for r in good], 3) for key in units.values()]
            text.append(f"| {who} | " + " | ".join(shown) + " |")
    return "\n".join(text)
