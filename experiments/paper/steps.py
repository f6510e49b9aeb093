"""The commands that make a cell's scores. A step is done when what it makes is
there, so that a table that was stopped goes on, and cells share what they have
in common: the pruned model, a recovery."""

import dataclasses
import hashlib
import json
import pathlib
import subprocess

import cells

HERE = pathlib.Path(__file__).parent


@dataclasses.dataclass
class Step:
    command: list
    makes: pathlib.Path

    def run(self):
        if self.makes.exists():
            return
        print("$", " ".join(str(word) for word in self.command), flush=True)
        subprocess.run([str(word) for word in self.command], check=True)


def _sets(assignments):
    return [word for each in assignments for word in ("--set", each)]


def _key(*parts):
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:10]


class Paths:
    """Where things are: the program, checkpoints, data, and results."""

    def __init__(self, program, models, data, work):
        self.program = pathlib.Path(program)
        self.models = pathlib.Path(models)
        self.data = pathlib.Path(data).resolve()
        self.work = pathlib.Path(work)

    def pruned(self, cell):
        name = f"{cell.model}-{cell.pruner}-{cell.rate}"
        if cell.prune:
            name += "-" + _key(cell.prune)
        return self.work / name

    def recovered(self, cell):
        name = f"{cell.method}-" + _key(cell.train, cell.search, cell.ranks)
        return self.pruned(cell) / "recovered" / name


def prune_sets(cell):
    """--set of `prune` for the cell."""
    if cell.pruner == "shortened":
        blocks = cells.BLOCKS[cell.model][cell.rate]
        own = [f"pruning.depth.num_blocks={blocks}"]
    else:
        layers = (f"{{start: {cells.FIRST_PRUNED}, "
                  f"end: {cells.PRUNED_END[cell.model]}}}")
        own = [f"pruning.width.ratio={cells.RATIOS[cell.rate]}",
               f"pruning.width.attention_layers={layers}",
               f"pruning.width.mlp_layers={layers}"]
    return own + list(cell.prune)


def prune_command(cell, paths, model_folder):
    return [paths.program, "prune", "--model", model_folder, "--config",
            HERE / "configs" / f"{cell.pruner}.yaml", *_sets(prune_sets(cell))]


def prune_step(cell, paths):
    part = "depth" if cell.pruner == "shortened" else "width"
    text = paths.data / "bookcorpus.txt"
    command = prune_command(cell, paths, paths.models / cell.model)
    command += _sets([f"pruning.{part}.calibration.text_file={text}"])
    return Step(command + ["--out", paths.pruned(cell)], paths.pruned(cell))


def recover_step(cell, paths):
    out = paths.recovered(cell)
    data = paths.data / "alpaca_data_cleaned.json"
    command = [paths.program, "recover", "--model", paths.pruned(cell),
               "--config", HERE / "configs" / "recover.yaml", "--out", out,
               *_sets([f"recovery.data.alpaca={data}"] +
                      [f"recovery.{each}" for each in cell.train])]
    if cell.method == "ranks":
        ranks = paths.pruned(cell) / f"ranks-{_key(cell.ranks)}.json"
        ranks.parent.mkdir(parents=True, exist_ok=True)
        ranks.write_text(json.dumps(cell.ranks), encoding="utf-8")
        command += ["--ranks", ranks]
    if cell.method == "adalora":
        command += _sets(["adalora={initial_rank: 12, target_rank: 8}"])
    return Step(command, out)


def eval_step(cell, paths, adapter=None):
    out = (adapter or paths.pruned(cell)) / "scores"
    tasks = [cell.only] if cell.only else list(cells.TASKS)
    command = [paths.program, "eval", "--model", paths.pruned(cell), "--tasks",
               *tasks, "--data-dir", paths.data / "benchmarks", "--preset",
               cell.preset, "--device", "cuda", "--dtype", "bfloat16", "--out",
               out]
    if adapter:
        command += ["--adapter", adapter]
    return Step(command, out)


def search_sets(cell, paths, objective):
    begin, end = cell.free_layers()
    llama = "evaluator.llama"
    return [f"{llama}.model={paths.pruned(cell).resolve()}",
            f"{llama}.recovery.data.alpaca="
            f"{paths.data / 'alpaca_data_cleaned.json'}",
            f"{llama}.scoring.data_dir={paths.data / 'benchmarks'}",
            f"{llama}.scoring.preset={cell.preset}",
            f"{llama}.objective={objective}",
            f"{llama}.ranks.layers={{start: {begin}, end: {end}}}",
            *(f"{llama}.recovery.{each}" for each in cell.train), *cell.search]


def search_steps(cell, paths, objectives):
    """One search per objective: a task, or the average of all."""
    steps = []
    for objective in objectives:
        report = paths.recovered(cell) / f"{objective}.json"
        report.parent.mkdir(parents=True, exist_ok=True)
        steps.append(Step(
            [paths.program, "search", HERE / "configs" / "search.yaml",
             "--study", report.with_suffix(".db"), "--resume", "--json",
             report, *_sets(search_sets(cell, paths, objective))], report))
    return steps


def steps_of(cell, paths, objectives):
    steps = [prune_step(cell, paths)]
    if cell.method == "none":
        return steps + [eval_step(cell, paths)]
    if cell.method == "rankadaptor":
        return steps + search_steps(cell, paths, objectives)
    recovery = recover_step(cell, paths)
    return steps + [recovery, eval_step(cell, paths, recovery.makes)]


def scores_of(cell, paths, objectives):
    """Task -> percent of what was measured; empty where nothing was."""
    if cell.method == "rankadaptor":
        return _searched_scores(cell, paths, objectives)
    folder = (paths.pruned(cell) if cell.method == "none"
              else paths.recovered(cell)) / "scores"
    files = sorted(folder.glob("results_*.json"))
    if not files:
        return {}
    results = json.loads(files[-1].read_text(encoding="utf-8"))["results"]
    return {task: 100 * results[task][cells.METRICS[task]]
            for task in cells.TASKS if task in results}


def _searched_scores(cell, paths, objectives):
    scores = {}
    for objective in objectives:
        report = paths.recovered(cell) / f"{objective}.json"
        if not report.exists():
            continue
        rows = json.loads(report.read_text(encoding="utf-8"))["rows"]
        best = next(row for row in rows if row["is_best"])
        if objective == "average":
            scores.update((task, 100 * best["metrics"][task])
                          for task in cells.TASKS if task in best["metrics"])
        else:
            scores[objective] = 100 * best["objective"]["mean"]
    return scores
