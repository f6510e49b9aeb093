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
    """cell -> strategy -> checkpoint, "recommended" or "visited" -> instance ->
    regret.

    @25 to @100 are of the runs of 100 trials, @300 of those of 300."""
    cells = collections.defaultdict(
        lambda: collections.defaultdict(lambda: collections.defaultdict(dict)))
    for row in rows:
        columns = cells[cell_of(row)][row["strategy"]]
        names = (("300",) if row["trials"] == "300" else
                 (*CHECKPOINTS[:3], "recommended", "visited"))
        for name in names:
            value = row[name if name in row else f"regret_{name}"]
            if value:
                columns[name][row["instance"]] = float(value)
    return cells


def print_row(name, columns):
    fields = [spread(list(columns[n].values()))
              for n in (*CHECKPOINTS, "recommended", "visited")]
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
              "recommended @100 | best visited @100 |")
        print("|---" * 8 + "|")
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
                      + " | ".join(fields) + " | | |")


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


def with_ratios(rows):
    """Costs as multiples of the default's at as many trials."""
    ours = {row["trials"]: row for row in rows if row["strategy"] == DEFAULT}
    for row in rows:
        base = ours[row["trials"]]
        for name in ("median", "mean"):
            ratio = float(row[f"{name}_ms"]) / float(base[f"{name}_ms"])
            row[f"{name} / {DEFAULT}"] = f"{ratio:.3g}"
    return rows


# Of the default strategy's best observed point: cell, trials, most regret.
GOALS = (
    (("pair", "26", "0.5", "none"), "50", 0.27),
    (("pair", "26", "0.5", "none"), "100", 0.12),
    (("add", "26", "0.5", "none"), "50", 0.18),
    (("add", "26", "0.5", "none"), "100", 0.16),
    (("nk", "26", "0.5", "none"), "100", 0.53),
    (("nk", "26", "0", "none"), "100", 0.35),
    (("xfer", "26", "0.5", "related"), "25", 0.08),
)
# Milliseconds of processor time of one ask and one tell, in the mean.
COST_GOALS = {"100": 5, "1000": 15, "5000": 60}


def outcome(value, goal):
    return "reached" if value <= goal else f"missed by {value - goal:.2g}"


def best_peer(columns, n):
    """The peer of least regret at n among those with all ten instances."""
    complete = {name: statistics.mean(column[n].values())
                for name, column in columns.items() if len(column[n]) == 10}
    return min(complete, key=complete.get) if complete else None


def difference_text(ours, theirs):
    shared = sorted(ours.keys() & theirs.keys())
    mean, half_width = interval([ours[i] - theirs[i] for i in shared])
    return f"{mean:+.3f} {PLUS_MINUS} {half_width:.3f}"


def short_name(cell):
    family, _, noise, sources = cell
    return (family + (", no noise" if noise == "0" else "")
            + ("" if sources == "none" else f", {sources} sources"))


def print_goal(name, n, goal, ours, peers, result):
    peer = best_peer(peers, n)
    theirs = ("", "") if peer is None else (
        f"{peer} {spread(list(peers[peer][n].values()))}",
        difference_text(ours, peers[peer][n]))
    print(f"| {name} | @{n} | {goal} | {spread(list(ours.values()))} | "
          f"{result} | {theirs[0]} | {theirs[1]} |")


def print_goals(own, peers):
    print(f"\n## What `{DEFAULT}` was to reach\n")
    print("26 layers, noise 0.5 unless said. Beside it the best of the other "
          "libraries that were run on all ten instances, and the difference to "
          "it with its 95 % interval.\n")
    print("| function | at | goal | reached | | best peer | less it |")
    print("|---|---|---|---|---|---|---|")
    for cell, n, goal in GOALS:
        ours = own[cell][DEFAULT][n]
        print_goal(short_name(cell), n, goal, ours, peers[cell],
                   outcome(statistics.mean(ours.values()), goal))
    xfer = ("xfer", "26", "0.5")
    ours, without = (own[(*xfer, sources)][DEFAULT]["100"]
                     for sources in ("unrelated", "none"))
    print_goal(short_name((*xfer, "unrelated")), "100", "as without", ours,
               peers[(*xfer, "unrelated")],
               f"{difference_text(ours, without)} against without")
    permuted = ("permuted", "26", "0.5", "none")
    print_goal(short_name(permuted), "100", "below the best peer",
               own[permuted][DEFAULT]["100"], peers[permuted], "")
    print("\n| finished trials | goal, ms | mean | |\n|---|---|---|---|")
    for row in read("overhead.csv"):
        goal = COST_GOALS.get(row["trials"])
        if row["layers"] == "26" and goal:
            print(f"| {row['trials']} | {goal} | {row['mean_ms']} | "
                  f"{outcome(float(row['mean_ms']), goal)} |")


def print_summary(own, peers):
    """Cells by peers: the difference at 100 trials."""
    names = sorted({name for columns in peers.values() for name in columns})
    print(f"\n## `{DEFAULT}` less other libraries @100\n")
    print("Paired by instance, with 95 % intervals; ten instances unless "
          "another number stands behind.\n")
    print("| function | " + " | ".join(names) + " |")
    print("|---" * (len(names) + 1) + "|")
    for cell in sorted(own):
        ours = own[cell][DEFAULT]["100"] if DEFAULT in own[cell] else {}
        fields = []
        for name in names:
            theirs = peers[cell][name]["100"] if name in peers[cell] else {}
            shared = len(ours.keys() & theirs.keys())
            count = "" if shared in (0, 10) else f" ({shared})"
            fields.append(difference_text(ours, theirs) + count
                          if shared > 1 else "")
        if any(fields):
            print(f"| {name_of(cell)} | " + " | ".join(fields) + " |")


def print_file(title, name, change=lambda rows: rows):
    rows = change(read(name))
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
    print_goals(own, peers)
    print_summary(own, peers)
    print("\n## All strategies and libraries")
    print_cells(own, peers, read("peers.csv"))
    print_differences(own, peers)
    print_file("One ask and one tell, milliseconds of processor time",
               "overhead.csv")
    print_file("Ours and Optuna's in turn", "peers/overhead.csv", with_ratios)
    print_file("One ask and one tell with a study file", "stores.csv")
    print_file("Ours and Optuna's study file in turn", "peers/stores.csv")
    print_file("Scoring candidates beside a matrix product", "candidates.csv")


if __name__ == "__main__":
    main()
