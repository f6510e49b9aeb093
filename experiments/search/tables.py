#!/usr/bin/env python3
"""Prints tables of results.csv, with the peers of peers.csv beside, as
Markdown. Regret is 0 at the best known value and 1 at the mean of random
points; cells are mean +- standard error over instances."""

import collections
import csv
import pathlib
import statistics

HERE = pathlib.Path(__file__).parent
CHECKPOINTS = ("25", "50", "100", "300")


def read(name):
    with open(HERE / name, newline="") as file:
        return list(csv.DictReader(file))


def spread(values):
    if not values:
        return ""
    mean = statistics.mean(values)
    if len(values) < 2:
        return f"{mean:.3f}"
    error = statistics.stdev(values) / len(values) ** 0.5
    return f"{mean:.3f} \N{PLUS-MINUS SIGN} {error:.3f}"


def own_rows(results):
    """(family, layers, noise, sources) -> strategy -> column -> values."""
    cells = collections.defaultdict(
        lambda: collections.defaultdict(lambda: collections.defaultdict(list)))
    for row in results:
        cell = (row["family"], row["layers"], row["noise"], row["sources"])
        columns = cells[cell][row["strategy"]]
        if row["trials"] == "300":
            columns["300"].append(float(row["regret_300"]))
            continue
        for n in CHECKPOINTS[:3]:
            columns[n].append(float(row[f"regret_{n}"]))
        columns["recommended"].append(float(row["recommended"]))
    return cells


def print_cells(cells, peers):
    for cell in sorted(cells):
        family, layers, noise, sources = cell
        given = "" if sources == "none" else f", {sources} sources"
        print(f"\n### {family}, {layers} layers, noise {noise}{given}\n")
        print("| method | @25 | @50 | @100 | @300 | recommended @100 |")
        print("|---|---|---|---|---|---|")
        for strategy, columns in sorted(cells[cell].items(), reverse=True):
            fields = [spread(columns[n]) for n in CHECKPOINTS]
            print(f"| **{strategy}** | " + " | ".join(fields) + " | "
                  + spread(columns["recommended"]) + " |")
        for peer in peers:
            key = (peer["family"], peer["layers"], peer["noise"],
                   peer["sources"])
            if key == cell:
                fields = [peer[f"regret_{n}"] for n in CHECKPOINTS]
                print(f"| {peer['method']} ({peer['instances']} instances) | "
                      + " | ".join(fields) + " | |")


def print_differences(results):
    """structured less random on the same instance."""
    values = {}
    for row in results:
        if row["trials"] == "100":
            key = (row["family"], row["layers"], row["noise"],
                   row["sources"], row["instance"])
            values[key, row["strategy"]] = float(row["regret_100"])
    differences = collections.defaultdict(list)
    for key, strategy in values:
        if strategy == "structured" and (key, "random") in values:
            differences[key[:4]].append(
                values[key, "structured"] - values[key, "random"])
    print("\n### structured less random @100, paired\n")
    print("| function | difference | better on |")
    print("|---|---|---|")
    for key, paired in sorted(differences.items()):
        wins = sum(d < 0 for d in paired)
        print(f"| {' '.join(key[:3])} | {spread(paired)} | "
              f"{wins}/{len(paired)} |")


def print_overhead():
    print("\n### Milliseconds of processor time for one ask and one tell\n")
    print("| strategy | layers | finished trials | median | mean with refits | "
          "longest | peak MiB |")
    print("|---|---|---|---|---|---|---|")
    for row in read("overhead.csv"):
        print("| " + " | ".join(row.values()) + " |")


def main():
    results = read("results.csv")
    print_cells(own_rows(results), read("peers.csv"))
    print_differences(results)
    print_overhead()


if __name__ == "__main__":
    main()
