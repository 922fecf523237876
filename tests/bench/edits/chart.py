# SPDX-License-Identifier: MIT
"""Bars as SVG, readable on light and on dark pages; in brackets the ratio to diffgentor's.

    chart.draw(figures, folder)         cpu.svg and memory.svg, of the cells that are there
"""
import html
import statistics

import clients
import table

WIDTH, LABEL, VALUE = 760, 215, 150  # pixels: of it all, of the names, of the numbers
BAR, STEP, PANEL = 16, 24, 58  # of a bar, from bar to bar, above the first bar of a panel
OURS = ("diffgentor", "diffgentor-1")
STYLE = """<style>
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.title { font-weight: 600; font-size: 15px }
.note { fill: #59636e }
rect { fill: #8c959f }
.page { fill: #ffffff }
.ours { fill: #0969da }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .note { fill: #9198a1 }
  rect { fill: #6e7681 }
  .page { fill: #0d1117 }
  .ours { fill: #4493f8 }
}
</style>"""

# title, what is under it, cell, figure, how a value is shown
CPU = [("CPU per edit, 256 KiB up", "milliseconds, 16 in flight, 1.5 MB down, plain HTTP",
        "256k-16", "cpu", "{:.2f} ms"),
       ("CPU per edit, 2 MB up", "milliseconds, the same otherwise", "2m-16", "cpu", "{:.2f} ms")]
MEMORY = [("Memory per request, 1000 in flight",
           "KiB at the peak, all processes, what one request takes taken off",
           "memory-1000", "pss", "{:,.0f} KiB"),
          ("Time of 1000 edits at once", "seconds, answers after 1 s, 256 KiB up, 1.5 MB down",
           "256k-1000-1000ms", "seconds", "{:.1f} s")]


def text(x, y, words, kind="", anchor="start"):
    kind = f' class="{kind}"' if kind else ""
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}"{kind}>{html.escape(words)}</text>'


def bars_of(figures, cell, name, shape):
    """(client, value, words), the least first; the words end with the ratio to diffgentor's."""
    found = []
    for client, rounds in figures.get(cell, {}).items():
        values = [getattr(each, name) for each in rounds if each]
        over = table.ratio(figures, cell, client, "diffgentor", name)
        if values and over is not None:
            value = max(0, statistics.median(values))
            ratio = "" if client == "diffgentor" else f" ({over:.{0 if over > 10 else 2}f} x)"
            found.append((client, value, shape.format(value) + ratio))
    return sorted(found, key=lambda bar: bar[1])


def panel(figures, top, title, note, cell, name, shape):
    """The SVG of a panel, and where it ends."""
    bars = bars_of(figures, cell, name, shape)
    most = max(value for _, value, _ in bars) or 1
    parts = [text(8, top + 20, title, "title"), text(8, top + 40, note, "note")]
    for at, (client, value, words) in enumerate(bars):
        y = top + PANEL + at * STEP
        wide = max(1, value / most * (WIDTH - LABEL - VALUE))
        kind = ' class="ours"' if client in OURS else ""
        parts += [text(LABEL - 8, y + 13, clients.ALL[client].label, anchor="end"),
                  f'<rect x="{LABEL}" y="{y}" width="{wide:.1f}" height="{BAR}" rx="2"{kind}/>',
                  text(LABEL + wide + 6, y + 13, words)]
    return "\n".join(parts), top + PANEL + len(bars) * STEP + 14


def picture(figures, panels):
    top, parts = 0, []
    for each in panels:
        part, top = panel(figures, top, *each)
        parts.append(part)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top}" '
            f'width="{WIDTH}" height="{top}" role="img">\n{STYLE}\n'
            f'<rect class="page" width="{WIDTH}" height="{top}" rx="6"/>\n'
            + "\n".join(parts) + "\n</svg>\n")


def draw(figures, folder):
    for name, panels in (("cpu.svg", CPU), ("memory.svg", MEMORY)):
        there = [each for each in panels if bars_of(figures, each[2], each[3], each[4])]
        if there:
            (folder / name).write_text(picture(figures, there))
