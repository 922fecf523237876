#!/usr/bin/python3
"""Runs the `console` blocks of a Markdown file and compares what they print.

    run.py PROGRAM FILE

The commands run in one shell, in an empty folder where `scripts` is the
repository's and `diffgentor` is PROGRAM, beside a rehearsal server of their
own.  Times, ports and request ids may differ.
"""
import difflib
import os
import re
import subprocess
import sys
import tempfile

PROGRAM, FILE = map(os.path.abspath, sys.argv[1:3])
NEEDS_COMMANDS = os.path.basename(FILE) == "README.md"  # the others may have none
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
STEADY = [(r"127\.0\.0\.1:\d+", "HOST"), (r"req_\w+", "req_ID"), (r"( attempts? in ).*", r"\1TIME"),
          (r"\d+\.\d\d s\b", "N s"), (r"[\d.]+ answers/s", "N answers/s"), (r" {2,}", "  ")]


def steady(text):
    for pattern, replacement in STEADY:
        text = re.sub(pattern, replacement, text)
    return text


def blocks(text):
    return re.findall(r"^```console\n(.*?)^```$", text, re.M | re.S)


def commands(block):
    """(command, expected output) pairs: `$ ` begins a command, `> ` goes on with it."""
    pairs = []
    for line in block.splitlines(keepends=True):
        if line.startswith("$ "):
            pairs.append([line[2:], ""])
        elif line.startswith("> ") and not pairs[-1][1]:
            pairs[-1][0] += line[2:]
        else:
            pairs[-1][1] += line
    return pairs


def ask(shell, command):
    shell.stdin.write(command + "\necho \"===$?\"\n")
    shell.stdin.flush()
    output = ""
    for line in shell.stdout:
        ended = re.match(r"===(\d+)$", line)
        if ended:
            return output if ended[1] == "0" else f"{output}[exit code {ended[1]}]\n"
        output += line
    sys.exit(f"the shell ended in: {command}")


def environment(folder, url):
    kept = {k: v for k, v in os.environ.items() if not re.match(r"DG_|OPENAI_|LUA_|.*_proxy$", k, re.I)}
    os.symlink(os.path.join(ROOT, "scripts"), os.path.join(folder, "scripts"))
    os.mkdir(os.path.join(folder, ".bin"))
    os.symlink(PROGRAM, os.path.join(folder, ".bin", "diffgentor"))
    return {**kept, "PATH": f"{folder}/.bin:{kept['PATH']}", "OPENAI_API_BASE": url, "LC_ALL": "C.UTF-8"}


def main():
    pairs = [pair for block in blocks(open(FILE, encoding="utf-8").read()) for pair in commands(block)]
    server = subprocess.Popen([PROGRAM, "serve"], stdout=subprocess.PIPE, text=True)
    url = server.stdout.readline().split()[-1]
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        shell = subprocess.Popen(["sh"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                 stderr=subprocess.STDOUT, cwd=folder, env=environment(folder, url))
        for command, expected in pairs:
            expected, got = steady(expected), steady(ask(shell, command))
            if expected != got:
                wrong += 1
                print(f"$ {command}" + "".join(difflib.unified_diff(
                    expected.splitlines(True), got.splitlines(True), "documented", "printed")))
        shell.stdin.close()
        shell.wait()
    server.terminate()
    server.wait()
    print(f"{os.path.relpath(FILE, ROOT)}: {len(pairs)} commands, {wrong} differ")
    return 1 if wrong or (not pairs and NEEDS_COMMANDS) else 0


if __name__ == "__main__":
    sys.exit(main())
