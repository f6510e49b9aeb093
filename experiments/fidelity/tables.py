#!/usr/bin/env python3
"""Prints results.csv as tables: what short trials bring, and what they save."""

import collections
import csv
import math
import pathlib

# Student's t, two-sided 95 %, by degrees of freedom.
T95 = {1: 12.71, 2: 4.30, 3: 3.18, 4: 2.78, 5: 2.57,
       6: 2.45, 7: 2.36, 8: 2.31, 9: 2.26}


def read(path):
    runs = collections.defaultdict(dict)
    cost = 0
    with open(path, newline="") as file:
        for row in csv.reader(file):
            if row[0] == "family":
                continue
            cost = float(row[3])
            runs[row[0], row[1]][int(row[2])] = [float(v) for v in row[4:]]
    return runs, cost


def mean(values):
    return sum(values) / len(values)


def interval(values):
    """Mean and half the width of its 95 % confidence interval."""
    m = mean(values)
    if len(values) < 2:
        return m, math.nan
    variance = sum((v - m) ** 2 for v in values) / (len(values) - 1)
    return m, T95.get(len(values) - 1, 1.96) * math.sqrt(variance / len(values))


def curve(runs):
    return [mean(column) for column in zip(*runs.values())]


def first_reach(values, target, cost):
    for i, value in enumerate(values):
        if value >= target:
            return cost * (i + 1) / len(values)
    return None


def main():
    runs, cost = read(pathlib.Path(__file__).with_name("results.csv"))
    print("| family | correlation | after half the cost | paired difference |"
          " after all | paired difference | cost for what full trials reach |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    for (family, correlation), of_cell in sorted(runs.items()):
        full = runs[family, "0"]
        values = curve(of_cell)
        cells = [family,
                 "full only" if correlation == "0" else correlation]
        for at in (len(values) // 2 - 1, len(values) - 1):
            cells.append(f"{values[at]:.2f}")
            common = sorted(set(full) & set(of_cell))
            m, half = interval([of_cell[i][at] - full[i][at] for i in common])
            cells.append("" if correlation == "0" else
                         f"{m:+.2f} +- {half:.2f}")
        reach = first_reach(values, curve(full)[-1], cost)
        cells.append(f"{cost:.0f}" if correlation == "0" else
                     "not reached" if reach is None else
                     f"{reach:.0f} ({1 - reach / cost:.0%} saved)")
        print("| " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
