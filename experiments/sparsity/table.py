#!/usr/bin/env python3
"""The table of this experiment, out of its studies.

    table.py OUT MODEL...        writes OUT/results.csv, prints Markdown
    table.py --limit REPORT.json prints the parameters of the uniform ratio

Differences are paired by seed with the uniform ratio; the interval is
Student's t with 95 % for five seeds.
"""
import csv
import json
import math
import pathlib
import sqlite3
import statistics
import sys

QUANTILE = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776}  # by number of seeds
FINALIST, BASELINE = 3, 4
# What a study's rows are called, and which rows count.
ROWS = [("ratios", (BASELINE,), "uniform ratio"),
        # One configuration, which is both.
        ("global", (FINALIST, BASELINE), "global ranking"),
        ("ratios", (FINALIST,), "searched ratios"),
        ("ratios-ranks", (FINALIST,), "searched ratios and ranks")]


def losses(study, purposes):
    """Of the best configuration with such a purpose: seed -> loss."""
    groups = {}
    with sqlite3.connect(f"file:{study}?mode=ro", uri=True) as database:
        for choices, seed, objective in database.execute(
                "SELECT choices, seed, objective FROM trials WHERE state = 1 "
                f"AND purpose IN ({', '.join(map(str, purposes))})"):
            groups.setdefault(choices, {})[seed] = -objective
    return min(groups.values(), key=lambda g: statistics.mean(g.values()))


def cells(row, uniform):
    values = list(row.values())
    text = [f"{statistics.mean(values):.4f}", f"{statistics.stdev(values):.4f}"]
    if row is uniform:
        return text + ["-", "-"]
    paired = [row[seed] - uniform[seed] for seed in row if seed in uniform]
    mean = statistics.mean(paired)
    margin = (QUANTILE[len(paired)] * statistics.stdev(paired) /
              math.sqrt(len(paired)))
    interval = f"{mean - margin:+.4f} to {mean + margin:+.4f}"
    return text + [f"{mean:+.4f}", interval]


def main():
    if sys.argv[1] == "--limit":
        report = json.loads(pathlib.Path(sys.argv[2]).read_text())
        print(next(row["num_parameters"] for row in report["rows"]
                   if "num_parameters" in row))
        return
    out, models = pathlib.Path(sys.argv[1]), sys.argv[2:]
    lines = []
    print("| model | | loss | sd | vs uniform ratio | 95 % confidence |")
    print("|---|---|---:|---:|---:|---|")
    for model in models:
        rows = {name: losses(out / f"{model}-{kind}.study.db", purposes)
                for kind, purposes, name in ROWS}
        for name, row in rows.items():
            for seed, loss in sorted(row.items()):
                lines.append([model, name, seed, loss])
            print("| " + " | ".join(
                [model, name] + cells(row, rows["uniform ratio"])) + " |")
    with open(out / "results.csv", "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["model", "row", "seed", "loss"])
        writer.writerows(lines)


if __name__ == "__main__":
    main()
