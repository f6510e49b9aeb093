#!/usr/bin/env python3
"""What an Optuna sampler takes for one ask and one tell after so many finished
trials, 26 layers of six levels.

    measure_overhead.py SAMPLER TRIALS [FILE.db]

SAMPLER is random, tpe, cmaes or gp. Prints a CSV row as the project's own
programs do: without a file as measure_overhead, with one (SQLite) as
bench_ask_tell."""

import resource
import statistics
import sys
import time
import warnings

import optuna

LAYERS = 26
CHOICES = optuna.distributions.IntDistribution(2, 12, step=2)
STEPS = {"gp": 4}  # a suggestion takes seconds


def make_sampler(name):
    if name == "gp":
        import torch
        torch.set_num_threads(1)
    samplers = optuna.samplers
    return {"random": samplers.RandomSampler, "tpe": samplers.TPESampler,
            "cmaes": samplers.CmaEsSampler,
            "gp": samplers.GPSampler}[name](seed=1)


def finished_trials(count):
    """Random ones; neighbours' products beside a sum."""
    import random
    stream = random.Random(1)
    for _ in range(count):
        ranks = [2 * stream.randint(1, 6) for _ in range(LAYERS)]
        params = {f"layer {i}": rank for i, rank in enumerate(ranks)}
        value = sum(ranks) + stream.gauss(0, 1) - 0.1 * sum(
            a * b for a, b in zip(ranks, ranks[1:]))
        yield optuna.trial.create_trial(
            params=params, value=value,
            distributions=dict.fromkeys(params, CHOICES))


def ask_and_tell(study):
    trial = study.ask()
    ranks = [trial.suggest_int(f"layer {i}", 2, 12, step=2)
             for i in range(LAYERS)]
    study.tell(trial, float(sum(ranks)))


def measure(study, steps):
    """Processor time and time that passes of each step, in milliseconds."""
    costs = []
    for _ in range(steps):
        wall, cpu = time.perf_counter(), time.process_time()
        ask_and_tell(study)
        costs.append((1e3 * (time.process_time() - cpu),
                      1e3 * (time.perf_counter() - wall)))
    return zip(*costs)


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    warnings.filterwarnings("ignore")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    name, trials = sys.argv[1], int(sys.argv[2])
    storage = f"sqlite:///{sys.argv[3]}" if len(sys.argv) == 4 else None
    study = optuna.create_study(direction="maximize", storage=storage,
                                sampler=make_sampler(name))
    study.add_trials(finished_trials(trials))
    ask_and_tell(study)  # whatever is done once
    cpu, wall = measure(study, STEPS.get(name, 16))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    row = [f"optuna-{name}", LAYERS, trials, f"{statistics.median(cpu):.2f}",
           f"{statistics.mean(cpu):.2f}", f"{max(cpu):.1f}"]
    if storage:
        row.insert(1, "sqlite")
        row += [f"{statistics.median(wall):.2f}", ""]
    print(*row, f"{peak:.0f}", sep=",")


if __name__ == "__main__":
    main()
