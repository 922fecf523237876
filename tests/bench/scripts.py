#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What scripts cost: the memory of a row that waits, and the CPU of a workflow with every hook
overridden against the bundled one, in pairs.

    scripts.py PROGRAM [--check]      --check: memory alone, for ctest
"""
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile

import world

PAIRS, ROWS, SLEEPERS = 7, 4000, 2000
MOST_KIB = 8  # of a row that waits, beyond its transfer

SLEEPING = """
local M, seen, base = {}, 0, nil
local function heap() collectgarbage() collectgarbage() return collectgarbage("count") end
function M:request(row, request)
  seen = seen + 1
  if seen == 1 then base = heap() end
  if seen == %d then print(("%%.2f"):format((heap() - base) / seen)) io.stdout:flush() end
  return request
end
return M
""" % SLEEPERS

FULL = """
local edit = require("diffgentor.edit"):extend()
function edit:setup(settings) end
function edit:keep(row) return row.instruction ~= "" end
function edit:images(row) return row.image_url end
function edit:prompt(row) return self.super:prompt(row) end
function edit:request(row, request) request.quality = "high" return request end
function edit:reply(row, reply) return reply end
function edit:name(row) return nil end
function edit:result(row, reply) end
return edit
"""


def run(program, environment, folder, *arguments):
    """Standard output, and the CPU seconds of the program and its children."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([program, *arguments, "--input", folder / "data.csv", "--num_processes",
                           "1", "--quiet", "--no_preflight"], env=environment, check=True,
                          stdout=subprocess.PIPE, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return done.stdout, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def sleepers(program, folder):
    server = world.Server(program, 3000)
    out, _ = run(program, server.environment(), folder, "edit", "--hook", folder / "sleeping.lua",
                 "--output_dir", folder / "sleeping", "--max_global_workers", str(SLEEPERS),
                 "--filter_rows", f"0:{SLEEPERS}")
    server.close()
    return float(out.split()[0])


def overhead(program, folder):
    """CPU of the workflow with all hooks over that of the bundled one, pair by pair."""
    server = world.Server(program, 0)
    ratios = []
    for pair in range(PAIRS):
        plain = run(program, server.environment(), folder, "edit", "--quality", "high",
                    "--output_dir", folder / f"plain{pair}")[1]
        full = run(program, server.environment(), folder, "script", folder / "full.lua",
                   "--output_dir", folder / f"full{pair}")[1]
        ratios.append(full / plain)
    server.close()
    return ratios


def main():
    program = os.path.abspath(sys.argv[1])
    picture = pathlib.Path(__file__).parents[2] / "scripts/examples/data/cat.png"
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        world.make_input(folder, picture, ROWS)
        (folder / "sleeping.lua").write_text(SLEEPING)
        (folder / "full.lua").write_text(FULL)
        kib = sleepers(program, folder)
        print(f"Lua memory of each of {SLEEPERS} rows that wait: {kib:.2f} KiB")
        if "--check" in sys.argv:
            sys.exit(kib >= MOST_KIB)
        ratios = overhead(program, folder)
        print(f"CPU with every hook overridden, over {ROWS} edits: "
              f"{statistics.median(ratios):.3f} x the bundled workflow "
              f"(median of {PAIRS} pairs, {min(ratios):.3f} to {max(ratios):.3f})")


main()
