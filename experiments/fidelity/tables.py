#!/usr/bin/env python3
"""Prints results.csv, vectors.csv and models.csv as Markdown tables: what short
trials bring, and what they save."""

import collections
import csv
import math
import pathlib
import statistics

HERE = pathlib.Path(__file__).parent
# Student's t, two-sided 95 %, by degrees of freedom.
T95 = {1: 12.71, 2: 4.30, 3: 3.18, 4: 2.78, 5: 2.57,
       6: 2.45, 7: 2.36, 8: 2.31, 9: 2.26}


def read(name):
    path = HERE / name
    if not path.exists():
        return []
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.reader(file))[1:]


def interval(values):
    """Mean and half the width of its 95 % confidence interval."""
    mean = statistics.mean(values)
    if len(values) < 2:
        return mean, math.nan
    error = statistics.stdev(values) / math.sqrt(len(values))
    return mean, T95.get(len(values) - 1, 1.96) * error


def print_table(head, rows):
    print("\n| " + " | ".join(head) + " |")
    print("|---|" + "---:|" * (len(head) - 1))
    for row in rows:
        print("| " + " | ".join(row) + " |")


def curve(runs):
    return [statistics.mean(column) for column in zip(*runs.values())]


def first_reach(values, target, cost):
    for i, value in enumerate(values):
        if value >= target:
            return cost * (i + 1) / len(values)
    return None


def function_rows():
    runs = collections.defaultdict(dict)
    cost = 0
    for row in read("results.csv"):
        cost = float(row[3])
        runs[row[0], row[1]][int(row[2])] = [float(v) for v in row[4:]]
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
        yield cells


def ranks(values):
    order = sorted(values)
    return [order.index(v) + (order.count(v) - 1) / 2 for v in values]


def correlation_text(a, b):
    """Pearson's with its 95 % interval (Fisher's z), and that of the ranks."""
    r = statistics.correlation(a, b)
    half = 1.96 / math.sqrt(len(a) - 3)
    low, high = (math.tanh(math.atanh(r) + s * half) for s in (-1, 1))
    return (f"{r:.2f} ({low:.2f} to {high:.2f}), "
            f"{statistics.correlation(ranks(a), ranks(b)):.2f}")


def vector_rows():
    scores = collections.defaultdict(lambda: collections.defaultdict(dict))
    seconds = collections.defaultdict(lambda: collections.defaultdict(list))
    for model, vector, seed, fidelity, score, second in read("vectors.csv"):
        scores[model][seed, fidelity][int(vector)] = float(score)
        seconds[model][fidelity].append(float(second))
    for model, measured in sorted(scores.items()):
        complete = sorted(set.intersection(*map(set, measured.values())))
        if len(complete) < 4:
            continue
        columns = {key: [values[v] for v in complete]
                   for key, values in measured.items()}

        def mean_of(fidelity):
            return [statistics.mean(values) for values in zip(
                *(columns[key] for key in columns if key[1] == fidelity))]

        full = columns["1", "full"]
        cost = (statistics.median(seconds[model]["short"])
                / statistics.median(seconds[model]["full"]))
        yield [model, str(len(complete)), f"{cost:.2f}",
               f"{statistics.stdev(mean_of('full')):.4f}",
               correlation_text(columns["1", "short"], full),
               correlation_text(columns["1", "short"], columns["2", "full"]),
               correlation_text(full, columns["2", "full"]),
               correlation_text(mean_of("short"), mean_of("full"))]


def model_rows():
    runs = collections.defaultdict(lambda: collections.defaultdict(dict))
    for model, trials, seed, cost, *values in read("models.csv"):
        runs[model, cost][trials][seed] = [float(v) for v in values]
    for (model, cost), of_model in sorted(runs.items()):
        seeds = sorted(of_model["full"].keys() & of_model["screened"].keys())
        if not seeds:
            continue

        def mean(trials, at):
            return statistics.mean(of_model[trials][s][at] for s in seeds)

        cells = [model, cost, str(len(seeds))]
        for at in (0, 1):
            m, half = interval([of_model["screened"][s][at]
                                - of_model["full"][s][at] for s in seeds])
            cells += [f"{mean('full', at):.4f}", f"{mean('screened', at):.4f}",
                      f"{m:+.4f} +- {half:.4f}"]
        # Half of the screened search beside the whole of the other.
        m, half = interval([of_model["screened"][s][0]
                            - of_model["full"][s][1] for s in seeds])
        cells += [f"{m:+.4f} +- {half:.4f}",
                  f"{mean('screened', 2) / mean('full', 2):.2f}"]
        yield cells


def main():
    print("# What short trials bring and save\n\n"
          "Made by `run_all`. Differences are paired; +- is half the width of "
          "a 95 % confidence interval.\n\n## Functions")
    print_table(["family", "correlation", "after half the cost",
                 "paired difference", "after all", "paired difference",
                 "cost for what full trials reach"], function_rows())
    print("\n## Short and full recoveries of the same random rank vectors\n\n"
          "Correlation over the vectors (with its 95 % interval), and of their "
          "ranks. Scores are nats per token.")
    print_table(["model", "vectors", "time of a short trial",
                 "deviation of full scores", "short, full: same seed",
                 "short, full: other seed", "full, full: other seed",
                 "short, full: means of two seeds"], vector_rows())
    print("\n## Searches of real models\n\n"
          "Confirmed scores (nats per token, three fresh seeds) of what was "
          "recommended, screened less full.")
    print_table(["model", "cost", "seeds", "full, half the cost", "screened",
                 "difference", "full, all the cost", "screened", "difference",
                 "screened at half less full at all", "processor time"],
                model_rows())


if __name__ == "__main__":
    main()
