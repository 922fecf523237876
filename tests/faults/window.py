#!/usr/bin/python3
"""What a limit looks like from the server: the most requests in any window.

    window.py --window 60 --limit 120 [--path images/edits] LOG...

Reads request logs of the rehearsal server, takes the moment at which each request had
arrived, and prints the most that any window holds and how much of the limit was used
between the first and the last.  Exits with 1 if a window holds more than the limit, or
with --use PERCENT if less than that was used.
"""
import argparse
import json
import sys


def arrivals(names, path):
    times = []
    for name in names:
        with open(name, encoding="utf-8") as log:
            for line in log:
                entry = json.loads(line)
                if entry["path"].endswith(path):
                    times.append(entry["time_ms"])
    return sorted(times)


def most_in_window(times, window_ms):
    most, first = 0, 0
    for last, moment in enumerate(times):
        while times[first] <= moment - window_ms:
            first += 1
        most = max(most, last - first + 1)
    return most


def use_percent(times, window_ms, limit):
    """Of what the limit allows between the first arrival and the last; the first window's
    fill is there at once and does not count."""
    span = times[-1] - times[0]
    if len(times) <= limit or span == 0:
        return 100.0
    return 100.0 * (len(times) - limit) / (limit * span / window_ms)


def main():
    options = argparse.ArgumentParser()
    options.add_argument("logs", nargs="+")
    options.add_argument("--window", type=float, default=60)
    options.add_argument("--limit", type=int, required=True)
    options.add_argument("--use", type=float, default=0)
    options.add_argument("--path", default="images/edits")
    given = options.parse_args()
    times = arrivals(given.logs, given.path)
    if not times:
        sys.exit("no request in the logs")
    window_ms = given.window * 1000
    most = most_in_window(times, window_ms)
    use = use_percent(times, window_ms, given.limit)
    print(f"{len(times)} requests in {(times[-1] - times[0]) / 1000:.1f} s: at most {most} in any "
          f"{given.window:g} s, {use:.1f} % used")
    if most > given.limit:
        sys.exit(f"more than {given.limit} in a window")
    if use < given.use:
        sys.exit(f"less than {given.use:g} % used")


if __name__ == "__main__":
    main()
