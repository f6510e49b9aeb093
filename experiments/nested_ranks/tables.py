#!/usr/bin/env python3
"""Prints what scores.csv says of the measured table, and what vectors.csv says
of random rank vectors of story models."""

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


def rank_sums(model):
    """By vector, in the order of models()."""
    return [sum(map(int, row["ranks"].split()))
            for row in read(HERE / "vectors.csv")
            if (row["model"], row["how"], row["seed"]) == (model, "full", "1")]


def models():
    """Model -> how -> seed -> scores by vector."""
    found = collections.defaultdict(
        lambda: collections.defaultdict(lambda: collections.defaultdict(list)))
    for row in read(HERE / "vectors.csv"):
        found[row["model"]][row["how"]][row["seed"]].append(float(row["score"]))
    return found


def means(lists):
    return list(map(mean, zip(*lists)))


def others(by_seed, seed):
    """The vectors' means over the other seeds."""
    return means(values for other, values in by_seed.items() if other != seed)


def listed(values):
    return ", ".join(f"{value:.2f}" for value in values)


def print_models():
    """How well one nested and one full recovery foresee the mean of others, and
    the sum of ranks all."""
    print("| model | vectors | nested, full: other seeds | "
          "full, full: other seeds | sum of ranks, full: all seeds |")
    print("|---|---:|---:|---:|---:|")
    for model, scores in models().items():
        full = scores["full"]
        cells = [listed(spearman(values, others(full, seed))
                        for seed, values in scores[how].items())
                 for how in ("nested", "full")]
        cells.append(f"{spearman(rank_sums(model), means(full.values())):.2f}")
        print(f"| {model} | {len(full['1'])} | " + " | ".join(cells) + " |")
    print()


def expected_of_best(by, value, count):
    """The value of whichever of `count` random ones is best by `by`."""
    order = sorted(range(len(by)), key=by.__getitem__)
    return sum(math.comb(below, count - 1) * value[i]
               for below, i in enumerate(order)) / math.comb(len(by), count)


def best_of_first(foreseen, by, value, count):
    """The same of the `count` ones that are foreseen to be best."""
    first = sorted(range(len(by)), key=foreseen.__getitem__)[-count:]
    return value[max(first, key=by.__getitem__)]


def gains(scores, sums, count):
    """Over the mean vector, confirmed by the seeds that did not choose: of
    random ones, of the largest sums, of those that nested recoveries prefer."""
    random, largest, nested = [], [], []
    for seed, by in scores["full"].items():
        value = others(scores["full"], seed)
        random.append(expected_of_best(by, value, count) - mean(value))
        largest.append(best_of_first(sums, by, value, count) - mean(value))
        for foreseen in scores["nested"].values():
            nested.append(best_of_first(foreseen, by, value, count) -
                          mean(value))
    return mean(random), mean(largest), mean(nested)


def print_gains():
    counts = (1, 2, 4, 8, 16, 40)
    print("| model | vectors measured in full | "
          + " | ".join(map(str, counts)) + " |")
    print("|---|---|" + "---:|" * len(counts))
    for model, scores in models().items():
        by_count = [gains(scores, rank_sums(model), count) for count in counts]
        for name, values in zip(("random ones", "the largest sums of ranks",
                                 "the best by nested ranks"), zip(*by_count)):
            print(f"| {model} | {name} | "
                  + " | ".join(f"{1000 * value:.1f}" for value in values)
                  + " |")


if __name__ == "__main__":
    print_correlations()
    print_models()
    print_gains()
