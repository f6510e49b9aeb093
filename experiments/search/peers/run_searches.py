#!/usr/bin/env python3
"""Runs searches of other libraries on the benchmark functions and appends one
CSV row a run; rows that the file has already are not run again.

    run_searches.py PROGRAM OUT.csv SEARCHES FAMILIES LAYERS NOISES SOURCES
                    FIRST-LAST TRIALS

PROGRAM is play_function; lists are separated by commas. Seconds are processor
time of this process: what the library takes, not the function."""

import csv
import itertools
import pathlib
import sys
import time

import played_function
import searches

REFERENCE = pathlib.Path(__file__).parent.parent / "reference.csv"
KEY = ("strategy", "family", "layers", "noise", "sources", "instance", "trials")
REGRETS = ("regret_25", "regret_50", "regret_100", "regret_300", "recommended",
           "visited")


def finished_keys(out):
    if not out.exists():
        return set()
    with out.open(newline="", encoding="utf-8") as file:
        return {tuple(row[name] for name in KEY)
                for row in csv.DictReader(file)}


def cells(names, families, layers, noises, sources, instances, trials):
    first, last = instances.split("-")
    for instance in range(int(first), int(last) + 1):
        for values in itertools.product(
                *(text.split(",")
                  for text in (names, families, layers, noises, sources))):
            yield dict(zip(KEY, (*values, str(instance), trials)))


def run(program, cell):
    """The cell's row."""
    function = played_function.PlayedFunction(program, REFERENCE, cell)
    try:
        start = time.process_time()
        searches.SEARCHES[cell["strategy"]](function, int(cell["instance"]))
        seconds = time.process_time() - start
        regrets = function.regrets().split(",")
    finally:
        function.close()
    return [*cell.values(), *regrets, f"{seconds:.3f}"]


def main():
    if len(sys.argv) != 10:
        sys.exit(__doc__)
    program, out = sys.argv[1], pathlib.Path(sys.argv[2])
    finished = finished_keys(out)
    with out.open("a", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        if file.tell() == 0:
            writer.writerow([*KEY, *REGRETS, "seconds"])
        for cell in cells(*sys.argv[3:]):
            if tuple(cell.values()) in finished:
                continue
            writer.writerow(run(program, cell))
            file.flush()


if __name__ == "__main__":
    main()
