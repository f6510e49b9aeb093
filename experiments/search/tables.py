#!/usr/bin/env python3
"""Prints tables of results.csv (own strategies) and peers/results.csv (other
libraries, run on the same functions with the same noise) as Markdown. Rows of
peers.csv, recorded once elsewhere, stand in where a library was not run.
Regret is 0 at the best known value and 1 at the mean of random points."""

import collections
import csv
import pathlib
import statistics

HERE = pathlib.Path(__file__).parent
DEFAULT = "structured"
CHECKPOINTS = ("25", "50", "100", "300")
PLUS_MINUS = "\N{PLUS-MINUS SIGN}"
# 97.5 % quantiles of Student's t by degrees of freedom.
T_QUANTILES = (None, 12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306,
               2.262)


def read(name):
    path = HERE / name
    if not path.exists():
        return []
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def cell_of(row):
    return row["family"], row["layers"], row["noise"], row["sources"]


def name_of(cell):
    family, layers, noise, sources = cell
    given = "" if sources == "none" else f", {sources} sources"
    return f"{family}, {layers} layers, noise {noise}{given}"


def spread(values):
    """Mean and standard error."""
    if not values:
        return ""
    mean = statistics.mean(values)
    if len(values) < 2:
        return f"{mean:.3f}"
    error = statistics.stdev(values) / len(values) ** 0.5
    return f"{mean:.3f} {PLUS_MINUS} {error:.3f}"


def interval(differences):
    """Mean and half the width of its 95 % confidence interval."""
    count = len(differences)
    error = statistics.stdev(differences) / count ** 0.5
    return statistics.mean(differences), T_QUANTILES[count - 1] * error


def regrets_of(rows):
    """cell -> strategy -> checkpoint or "recommended" -> instance -> regret.

    @25 to @100 are of the runs of 100 trials, @300 of those of 300."""
    cells = collections.defaultdict(
        lambda: collections.defaultdict(lambda: collections.defaultdict(dict)))
    for row in rows:
        columns = cells[cell_of(row)][row["strategy"]]
        names = (("300",) if row["trials"] == "300" else
                 (*CHECKPOINTS[:3], "recommended"))
        for name in names:
            value = row["recommended" if name == "recommended"
                        else f"regret_{name}"]
            if value:
                columns[name][row["instance"]] = float(value)
    return cells


def print_row(name, columns):
    fields = [spread(list(columns[n].values()))
              for n in (*CHECKPOINTS, "recommended")]
    instances = max((len(values) for values in columns.values()), default=0)
    print(f"| {name} | {instances} | " + " | ".join(fields) + " |")


def in_order(strategies):
    """The default first, then by what was reached at 100 trials."""
    def place(name):
        reached = strategies[name]["100"].values()
        return (name != DEFAULT,
                statistics.mean(reached) if reached else 1, name)
    return sorted(strategies, key=place)


def print_cells(own, peers, recorded):
    for cell in sorted({*own, *peers}):
        print(f"\n### {name_of(cell)}\n")
        print("| method | instances | @25 | @50 | @100 | @300 | "
              "recommended @100 |")
        print("|---|---|---|---|---|---|---|")
        for name in in_order(own[cell]):
            print_row(f"**{name}**", own[cell][name])
        for name in in_order(peers[cell]):
            print_row(name, peers[cell][name])
        measured = {**own[cell], **peers[cell]}
        for row in recorded:
            # Also where fewer instances were run again than were recorded.
            again = len(measured.get(row["method"], {}).get("100", ()))
            if cell_of(row) == cell and again < int(row["instances"]):
                fields = [row[f"regret_{n}"] for n in CHECKPOINTS]
                print(f"| {row['method']} (recorded) | {row['instances']} | "
                      + " | ".join(fields) + " | |")


def verdict(mean, half_width):
    if mean + half_width < 0:
        return "better"
    return "worse" if mean - half_width > 0 else "tie"


def print_difference(name, n, ours, theirs):
    shared = sorted(ours[n].keys() & theirs[n].keys())
    if len(shared) < 2:
        return
    differences = [ours[n][i] - theirs[n][i] for i in shared]
    mean, half_width = interval(differences)
    wins = sum(d < 0 for d in differences)
    print(f"| {name} | @{n} | {mean:+.3f} {PLUS_MINUS} {half_width:.3f} | "
          f"{wins}/{len(shared)} | {verdict(mean, half_width)} |")


def print_differences(own, peers):
    print(f"\n## `{DEFAULT}` less another method, paired by instance\n")
    print("Mean difference of regrets with its 95 % confidence interval "
          "(negative: less regret).")
    for cell in sorted(own):
        if DEFAULT not in own[cell]:
            continue
        ours = own[cell][DEFAULT]
        others = {**own[cell], **peers[cell]}
        print(f"\n### {name_of(cell)}, {DEFAULT} less ...\n")
        print("| method | at | difference | less on | verdict |")
        print("|---|---|---|---|---|")
        for name in in_order(others):
            if name != DEFAULT:
                for n in ("50", "100", "300"):
                    print_difference(name, n, ours, others[name])


def print_file(title, name):
    rows = read(name)
    if not rows:
        return
    print(f"\n## {title}\n")
    print("| " + " | ".join(rows[0]) + " |")
    print("|" + "---|" * len(rows[0]))
    for row in rows:
        print("| " + " | ".join(row.values()) + " |")


def main():
    own, peers = (regrets_of(read("results.csv")),
                  regrets_of(read("peers/results.csv")))
    print(f"# Regret, mean {PLUS_MINUS} standard error\n")
    print("Bold: strategies of this project. Recorded: not run again.")
    print_cells(own, peers, read("peers.csv"))
    print_differences(own, peers)
    print_file("One ask and one tell, milliseconds of processor time",
               "overhead.csv")
    print_file("Ours and Optuna's in turn", "peers/overhead.csv")
    print_file("One ask and one tell with a study file", "stores.csv")
    print_file("Ours and Optuna's study file in turn", "peers/stores.csv")
    print_file("Scoring candidates beside a matrix product", "candidates.csv")


if __name__ == "__main__":
    main()
