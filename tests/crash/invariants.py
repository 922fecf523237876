"""What must hold right after a kill, and once a run has come to its end."""
import csv
import os

from ledger import ANSWERED, DONE, KEPT, Ledger


class Broken(Exception):
    """An invariant does not hold."""


def demand(holds, text, *values):
    if not holds:
        raise Broken(text.format(*values))


def is_whole(table, path, name):
    """The file is there and is, byte for byte, the picture that `name` is to be."""
    if not os.path.isfile(path):
        return False
    with open(path, "rb") as picture:
        return picture.read() == table.pictures[name]


def check_spooled(table, out, position, answer):
    """Each picture of an answer is in the spool, or in its place."""
    demand(answer, "row {} is answered, but its answer is nowhere", position)
    for (_, name), (_, extension) in zip(answer.pictures[::2], answer.pictures[1::2]):
        target = f"{answer.stem}.{extension}"
        demand(is_whole(table, os.path.join(out, ".diffgentor", name), target)
               or is_whole(table, os.path.join(out, target), target),
               "row {} is answered, but its picture is neither spooled nor placed", position)


def after_kill(table, out):
    """What is told in the ledger is so; returns it."""
    ledger = Ledger(out)
    demand(ledger.integrity == "ok", "integrity_check: {}", ledger.integrity)
    for position, row in ledger.rows.items():
        if row.state == DONE:
            demand(ledger.outputs.get(position), "row {} is done without a picture", position)
            for _, name in ledger.outputs[position]:
                demand(is_whole(table, os.path.join(out, name), name),
                       "row {} is done, but {} is not whole", position, name)
        if row.state in (KEPT, ANSWERED):
            check_spooled(table, out, position, ledger.answers.get(position))
    return ledger


def check_rows(table, ledger):
    demand(sorted(ledger.rows) == list(range(table.count)), "{} rows in the ledger",
           len(ledger.rows))
    for position, row in ledger.rows.items():
        attempts = ledger.attempts[position]
        names = [name for _, name in ledger.outputs.get(position, [])]
        demand(row.state == DONE, "row {} is in state {}", position, row.state)
        demand(ledger.errors[position] == "", "row {}: {}", position, ledger.errors[position])
        demand(names == [f"{position:06d}.png"], "row {} made {}", position, names)
        demand(sum(a.verdict == "ok" for a in attempts) == 1,
               "row {} was answered by other than one attempt: {}", position, attempts)
        demand(all(a.ended_ms for a in attempts), "an attempt of row {} never ended", position)
        demand(row.attempts == len(attempts), "row {} counts {} attempts of {}", position,
               row.attempts, len(attempts))
        demand(row.billed == sum(a.billed for a in attempts), "row {} counts {} billed", position,
               row.billed)
    demand(not ledger.answers, "answers are still spooled: {}", list(ledger.answers))


def check_files(table, out):
    demand(len(table.pictures) == table.count, "{} pictures are known", len(table.pictures))
    there = sorted(os.listdir(out))
    wanted = sorted([*table.pictures, "ledger.sqlite3", "results.csv"])
    demand(there == wanted, "other files than pictures, ledger and results: {}",
           sorted(set(there) ^ set(wanted)))
    for name in table.pictures:
        demand(is_whole(table, os.path.join(out, name), name), "{} is not whole", name)


def check_results(table, out):
    with open(os.path.join(out, "results.csv"), newline="", encoding="utf-8") as text:
        rows = list(csv.DictReader(text))
    demand([row["instruction"] for row in rows] == table.prompts,
           "results.csv has not all rows in their order")
    for k, row in enumerate(rows):
        demand(row["status"] == "done" and row["output_image"].endswith(f"{k:06d}.png"),
               "results.csv says of row {}: {}", k, row)


def check_told(position, before, after):
    """An attempt that a kill cut off is told as lost, and as possibly billed."""
    for old, new in zip(before, after):
        demand(old.ended_ms or (new.verdict == "lost" and new.billed == 1),
               "an attempt of row {} was cut off, and became {}", position, new)


def check_paid(table, ledger, asked, snapshots):
    """What the server was asked for, beside what the ledger knew and knows."""
    for position, prompt in enumerate(table.prompts):
        attempts = ledger.attempts[position]
        without = sum(a.verdict != "ok" for a in attempts)
        demand(asked[prompt] <= len(attempts), "row {} was asked for {} times in {} attempts",
               position, asked[prompt], len(attempts))
        demand(asked[prompt] <= 1 + without, "row {} was answered, and asked for again", position)
        for known in snapshots:
            check_told(position, known.attempts[position], attempts)
            row = known.rows.get(position)
            demand(not row or row.state not in (KEPT, ANSWERED, DONE)
                   or asked[prompt] <= row.attempts,
                   "row {} was asked for {} times; a kill had seen it in state {} after {}",
                   position, asked[prompt], row and row.state, row and row.attempts)


def after_end(table, out, asked, snapshots):
    """`asked`: requests by prompt; `snapshots`: what after_kill has returned."""
    ledger = Ledger(out)
    demand(ledger.integrity == "ok", "integrity_check: {}", ledger.integrity)
    check_rows(table, ledger)
    check_files(table, out)
    check_results(table, out)
    check_paid(table, ledger, asked, snapshots)
    return ledger
