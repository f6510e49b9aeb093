#!/usr/bin/env python3
"""Prints what scores.csv says of the measured table."""

import collections
import csv
import math
import pathlib

HERE = pathlib.Path(__file__).parent
TABLE = HERE.parent / "rank_table" / "stories260K.csv"
LAYERS = ("layer 1", "layer 2", "layer 3")
SUM = 24


def mean(values):
    return sum(values) / len(values)


def read(file):
    with open(file, newline="", encoding="utf-8") as stream:
        yield from csv.DictReader(stream)


def vector(row):
    return tuple(int(row[layer]) for layer in LAYERS)


def measured():
    """Vector -> mean over the seeds on the items that drive the search."""
    values = collections.defaultdict(list)
    for row in read(TABLE):
        if row["split"] == "search":
            values[vector(row)].append(float(row["tinystories"]))
    return {key: mean(each) for key, each in values.items()}


def ranks(values):
    order = sorted(range(len(values)), key=values.__getitem__)
    result = [0.0] * len(values)
    i = 0
    while i < len(order):
        j = i
        while j < len(order) and values[order[j]] == values[order[i]]:
            j += 1
        for k in range(i, j):
            result[order[k]] = (i + j - 1) / 2
        i = j
    return result


def spearman(a, b):
    x, y = ranks(a), ranks(b)
    mx, my = mean(x), mean(y)
    top = sum((p - mx) * (q - my) for p, q in zip(x, y))
    return top / math.sqrt(sum((p - mx) ** 2 for p in x) *
                           sum((q - my) ** 2 for q in y))


KINDS = {"all": lambda v: True,
         f"sum at most {SUM}": lambda v: sum(v) <= SUM,
         f"sum {SUM}": lambda v: sum(v) == SUM}


def correlations(column, keep):
    """The number of vectors, and Spearman's correlation by nested seed."""
    truth = {key: value for key, value in measured().items() if keep(key)}
    scores = collections.defaultdict(dict)
    for row in read(HERE / "scores.csv"):
        if vector(row) in truth:
            scores[row["seed"]][vector(row)] = float(row[column])
    return len(truth), [
        spearman([values[key] for key in truth], list(truth.values()))
        for values in scores.values()]


def print_correlations():
    print("| scored on | vectors | Spearman with the measured table, by seed "
          "of the nested recovery | mean |")
    print("|---|---|---|---:|")
    for column, name in (("all items", "all search items"),
                         ("quarter", "a quarter of them")):
        for what, keep in KINDS.items():
            count, values = correlations(column, keep)
            print(f"| {name} | {what}: {count} | "
                  + ", ".join(f"{value:.2f}" for value in values)
                  + f" | {mean(values):.2f} |")
    print()


if __name__ == "__main__":
    print_correlations()
