#!/usr/bin/env python3
"""Prints what search_table wrote: regrets in thousandths of a nat, mean and
half the width of its 95 % confidence interval (Student's t) over the seeds.

    searches_table.py FILE.csv"""

import collections
import csv
import math
import sys

# Student's t, two-sided 95 %, by the number of seeds.
T95 = {10: 2.262, 30: 2.045, 60: 2.001}
AT = (4, 8, 12, 24)


def mean(values):
    return sum(values) / len(values)


def plus_minus(values, digits):
    m = mean(values)
    variance = sum((v - m) ** 2 for v in values) / (len(values) - 1)
    margin = T95[len(values)] * math.sqrt(variance / len(values))
    return f"{m:.{digits}f} \u00b1 {margin:.{digits}f}"


def searches(file):
    """(strategy, source) -> seed -> its rows in order."""
    found = collections.defaultdict(lambda: collections.defaultdict(list))
    with open(file, newline="", encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            found[row["strategy"], row["source"]][row["seed"]].append(row)
    return found


def trials_to_the_best(rows):
    """One more than all if it was never tried."""
    tried = rows[:-1]  # the last row is the recommendation
    return next((n + 1 for n, row in enumerate(tried)
                 if float(row["observed"]) == 0), len(tried) + 1)


def print_searches(file):
    print("| strategy | source | " + " | ".join(map(str, AT)) +
          " | trials to the best | recommended: mean | confirmed |")
    print("|---|---|" + "---:|" * (len(AT) + 3))
    for (strategy, source), by_seed in searches(file).items():
        runs = by_seed.values()
        cells = [plus_minus([1000 * float(rows[n - 1]["observed"])
                             for rows in runs], 1) for n in AT]
        cells.append(plus_minus(list(map(trials_to_the_best, runs)), 1))
        for column in ("mean", "confirmed"):
            cells.append(plus_minus([1000 * float(rows[-1][column])
                                     for rows in runs], 1))
        print(f"| {strategy} | {source} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    print_searches(sys.argv[1])
