#!/usr/bin/env python3
"""Runs a table of the paper and prints it in the paper's form, beside the
paper's figures.

    paper.py table2 --dry-run
    paper.py table2 --models MODELS --data DATA --work WORK

MODELS has the folders llama-7b, llama-13b and vicuna-7b; DATA has
bookcorpus.txt (a document a line), alpaca_data_cleaned.json and benchmarks/.
What is in WORK already is not run again. --print runs nothing and prints what
is there."""

import argparse
import pathlib
import sys

import cells
import estimate
import steps

HERE = pathlib.Path(__file__).parent
PRUNERS = {"llm_pruner": "LLM-Pruner", "shortened": "Shortened LLaMA"}
NAMES = {"adalora": "AdaLoRA", "lora": "LoRA", "rankadaptor": "RankAdaptor",
         "none": "no recovery", "ranks": "given ranks"}


def markdown(header, rows):
    yield "| " + " | ".join(header) + " |"
    yield "|---" * 3 + "|---:" * (len(header) - 3) + "|"
    for row in rows:
        yield "| " + " | ".join(row) + " |"


def row_name(cell):
    return [cell.model, f"{PRUNERS[cell.pruner]} {cell.rate} %",
            NAMES.get(cell.name, cell.name)]


def both(measured, printed):
    ours = "-" if measured is None else f"{measured:.2f}"
    return f"{ours} ({printed or '-'})"


def score_row(table, cell, scores):
    paper = cells.paper_scores(table, cell)
    row = row_name(cell)
    row += [both(scores.get(task), paper.get(task)) for task in cells.TASKS]
    average = (sum(scores.values()) / len(scores)
               if len(scores) == len(cells.TASKS) else None)
    return row + [both(average, paper.get("average"))]


def notes(table):
    if table == "figure2":
        yield "Figure 2 is a bar chart: the paper prints no numbers for it."
        return
    for row in cells.figures(table):
        if row.get("note"):
            name = " ".join(value for key, value in row.items()
                            if key in ("pruner", "rate", "method", "column",
                                       "task"))
            yield f"{name}: {row['note']}"


def print_table(table, paths, objectives):
    header = ["model", "pruning", "recovery", *cells.TASKS.values(), "Avg"]
    rows = [score_row(table, cell, steps.scores_of(cell, paths, objectives))
            for cell in cells.table_cells(table)]
    pruners = dict.fromkeys(cell.pruner for cell in cells.table_cells(table))
    presets = ", ".join(f"{cells.PRESETS[pruner]} ({PRUNERS[pruner]})"
                        for pruner in pruners)
    print(f"{table}: measured (the paper's), percent; scoring preset {presets}"
          "\n")
    print("\n".join(markdown(header, rows)) + "\n")
    for note in notes(table):
        print("*", note)


def print_plan(table, paths, objectives, teraflops):
    rows = []
    hours = 0
    for cell in cells.table_cells(table):
        shape = estimate.plan_shape(cell, paths)
        count = estimate.trials(cell, objectives)
        time = count * estimate.trial_seconds(shape, teraflops) / 3600
        hours += time
        memory = estimate.memory_bytes(cell, shape) / estimate.GIB
        rows.append(row_name(cell) + [
            f"{shape.kept:,} ({shape.share})", estimate.trainable(cell, shape),
            f"{count:,}", f"{memory:.0f} GiB", f"{time:.1f} h"])
    header = ["model", "pruning", "recovery", "parameters kept",
              "trainable parameters", "recoveries", "memory", "time"]
    print("\n".join(markdown(header, rows)))
    print(f"\nTogether {hours:.0f} hours. Memory and time are estimates: bf16, "
          f"{estimate.ALPACA_ROWS:,} rows of {estimate.CUTOFF} tokens (most "
          f"are shorter) {estimate.EPOCHS} times, {teraflops:g} TFLOP/s "
          "sustained.")


def run(table, paths, objectives):
    for cell in cells.table_cells(table):
        for step in steps.steps_of(cell, paths, objectives):
            step.run()


def parse(arguments):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("table", choices=cells.TABLES)
    parser.add_argument("--program", default=HERE / "../../build/release/bin/"
                        "rankadaptor", type=pathlib.Path)
    for folder in ("models", "data", "work"):
        parser.add_argument(f"--{folder}", default=folder)
    parser.add_argument("--search-for", choices=("tasks", "average"),
                        default="tasks",
                        help="a search for each task, as in the paper, or one")
    parser.add_argument("--dry-run", action="store_true")
    parser.add_argument("--print", action="store_true")
    parser.add_argument("--tflops", type=float, default=120)
    return parser.parse_args(arguments)


def main(arguments):
    options = parse(arguments)
    paths = steps.Paths(options.program, options.models, options.data,
                        options.work)
    objectives = (["average"] if options.search_for == "average"
                  else list(cells.TASKS))
    if options.dry_run:
        print_plan(options.table, paths, objectives, options.tflops)
        return
    if not options.print:
        run(options.table, paths, objectives)
    print_table(options.table, paths, objectives)


if __name__ == "__main__":
    main(sys.argv[1:])
