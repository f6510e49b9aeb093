#!/usr/bin/env python3
"""Small-scale tables of the paper's methods.

    tables.py collect    the sweeps' studies to results.csv
    tables.py print      results.csv as Markdown

A row of results.csv is one recovery: model, pruner, rate, method, the index of
the confirmation seed, metric, value."""

import csv
import json
import math
import pathlib
import sys

HERE = pathlib.Path(__file__).parent
FIELDS = ("model", "pruner", "rate", "method", "seed", "metric", "value")
METHODS = {"dense": "not pruned", "pruned": "no recovery",
           "uniform 8": "LoRA", "LoRA*": "LoRA*", "AdaLoRA": "AdaLoRA",
           "recommended 1": "RankAdaptor"}
# Student's t, two-sided 95 %, by degrees of freedom.
T95 = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776}


def choices(name):
    return dict(part.split("=", 1) for part in name.split(","))


def samples(rows):
    """(method, metric, values) of a study's result file."""
    for row in rows:
        method = METHODS.get(row["label"], "RankAdaptor")
        for metric in row["metrics"]:
            yield method, metric["name"], metric["samples"]


def collect():
    found = []
    for sweep in ("stories", "tinyworld"):
        folder = HERE / f"{sweep}.sweep"
        for file in sorted(folder.glob("*.study.result.json")):
            cell = {"model": sweep, **choices(file.name.split(".")[0])}
            rows = json.loads(file.read_text(encoding="utf-8"))["rows"]
            for method, metric, values in samples(rows):
                for seed, value in enumerate(values):
                    found.append({**cell, "method": method, "seed": seed,
                                  "metric": metric, "value": f"{value:.6f}"})
    with open(HERE / "results.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, FIELDS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(found)


def mean(values):
    return sum(values) / len(values)


def deviation(values):
    m = mean(values)
    return math.sqrt(sum((v - m) ** 2 for v in values) / (len(values) - 1))


def margin(values):
    """Half the width of the mean's 95 % confidence interval."""
    return T95[len(values) - 1] * deviation(values) / math.sqrt(len(values))


def load():
    """(model, pruner, rate) -> metric -> method -> values by seed."""
    cells = {}
    with open(HERE / "results.csv", newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            cell = (row["model"], row["pruner"], row["rate"])
            by_method = cells.setdefault(cell, {}).setdefault(row["metric"], {})
            by_method.setdefault(row["method"], []).append(float(row["value"]))
    return cells


def plus_minus(values, scale, digits):
    text = f"{scale * mean(values):.{digits}f}"
    if len(values) > 1:
        text += f" \u00b1 {scale * deviation(values):.{digits}f}"
    return text


def paired(better, other, scale, digits):
    differences = [scale * (a - b) for a, b in zip(better, other)]
    return (f"{mean(differences):+.{digits}f} "
            f"\u00b1 {margin(differences):.{digits}f}")


def verdict(differences, lower_is_better):
    """Of RankAdaptor, by the 95 % interval."""
    m, width = mean(differences), margin(differences)
    if abs(m) <= width:
        return "tie"
    return "win" if (m < 0) == lower_is_better else "loss"


def markdown(header, rows):
    print("| " + " | ".join(header) + " |")
    print("|---" * 3 + "|---:" * (len(header) - 3) + "|")
    for row in rows:
        print("| " + " | ".join(row) + " |")
    print()


def print_scores(cells, models, metrics, scale, digits):
    rows = []
    for (model, pruner, rate), by_metric in cells.items():
        if model not in models:
            continue
        for method in by_metric[metrics[-1]]:
            values = [by_metric[metric][method] for metric in metrics]
            rows.append([f"{model}, {pruner} {rate} %", method,
                         str(len(values[0])),
                         *(plus_minus(v, scale, digits) for v in values)])
    markdown(["model, pruning", "recovery", "seeds", *metrics], rows)


def print_differences(cells, models, metric, scale, digits, lower_is_better):
    others = ("LoRA", "LoRA*", "AdaLoRA")
    rows = []
    for (model, pruner, rate), by_metric in cells.items():
        if model not in models:
            continue
        methods = by_metric[metric]
        ours = methods["RankAdaptor"]
        row = [model, pruner, f"{rate} %"]
        for other in others:
            differences = [a - b for a, b in zip(ours, methods[other])]
            row.append(paired(ours, methods[other], scale, digits) + ", " +
                       verdict(differences, lower_is_better))
        rows.append(row)
    markdown(["model", "pruner", "rate",
              *(f"RankAdaptor - {other}" for other in others)], rows)


STORIES = ("stories260K", "stories-12L")
PAIRED = ("Differences paired by seed with their 95 % confidence intervals, "
          "and what they\nsay of RankAdaptor.\n")


def print_stories(cells):
    print("Loss on held-out stories, nats per token, lower is better; mean "
          "and standard\ndeviation.\n")
    print_scores(cells, STORIES, ["stories"], 1, 4)
    print(PAIRED)
    print_differences(cells, STORIES, "stories", 1, 4, True)


def print_tinyworld(cells):
    print("Accuracy in percent, scoring preset lm_eval_0_4_bos_on, higher is "
          "better; mean\nand standard deviation.\n")
    print_scores(cells, ("tinyworld",),
                 ["facts", "echo", "counting", "comparison", "average"], 100, 1)
    print(PAIRED)
    print_differences(cells, ("tinyworld",), "average", 100, 1, False)


def print_tables():
    cells = load()
    models = {model for model, _, _ in cells}
    if models.intersection(STORIES):
        print_stories(cells)
    if "tinyworld" in models:
        print_tinyworld(cells)


if __name__ == "__main__":
    if sys.argv[1:] == ["collect"]:
        collect()
    elif sys.argv[1:] == ["print"]:
        print_tables()
    else:
        sys.exit(__doc__)
