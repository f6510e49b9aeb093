"""What a trial takes here and with transformers, peft and lm-eval (glued.py).

    measure.py [--repeats N] [--model NAME ...]

Runs both programs in turn, each short and long; the difference is what a step
of recovery or a document takes, the rest is the start (the interpreter, the
libraries, the model). Processor time, medians; writes results.csv.
"""

import argparse
import csv
import glob
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile

import torch
import transformers

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
WORLD = os.path.join(ROOT, "experiments", "tinyworld")
DATA = os.path.join(WORLD, "data")
RANKADAPTOR = os.path.join(ROOT, "build", "release", "bin", "rankadaptor")
TASKS = ["facts", "echo", "counting", "comparison", "grammar"]

# name: (width or None for the small world's own model, steps, documents of
# each task), the latter two short and long.
MODELS = {"tinyworld": (None, (20, 120), (20, 220)),
          "wide": (768, (2, 6), (4, 24))}


def make_wide(folder, width):
    """The small world's tokenizer under a model of GPT-2's size."""
    config = transformers.LlamaConfig(
        vocab_size=448, hidden_size=width, intermediate_size=2048,
        num_hidden_layers=12, num_attention_heads=12, bos_token_id=1,
        eos_token_id=2, max_position_embeddings=256)
    torch.manual_seed(0)
    transformers.LlamaForCausalLM(config).save_pretrained(folder)
    for name in ("tokenizer.model", "tokenizer_config.json"):
        shutil.copy(os.path.join(WORLD, "model", name), folder)
    return folder


def seconds(command):
    """Processor time of a program and its threads."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, stdin=subprocess.DEVNULL, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout[-2000:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime -
            before.ru_utime - before.ru_stime)


class Trial:
    """Commands that recover and score one model."""

    def __init__(self, model, folder):
        self.model = model
        self.folder = folder

    def path(self, name):
        return os.path.join(self.folder, name)

    def fresh(self, name):
        shutil.rmtree(self.path(name), ignore_errors=True)
        return self.path(name)

    def glued(self, command, *arguments):
        return [sys.executable, os.path.join(HERE, "glued.py"), command,
                "--model", self.model, *arguments]

    def recover_glued(self, steps):
        return self.glued("recover", "--text",
                          os.path.join(DATA, "recovery.txt"), "--steps",
                          str(steps), "--out", self.fresh("glued"))

    def recover_here(self, steps):
        config = self.path("recover.json")
        with open(config, "w", encoding="utf-8") as file:
            json.dump({"schema_revision": 1, "seed": 1, "recovery": {
                "data": {"text": os.path.join(DATA, "recovery.txt"),
                         "document_separator": "\n", "append_eos": True,
                         "cutoff_length": 64},
                "steps": steps, "batch_size": 16, "micro_batch_size": 16,
                "learning_rate": 3e-3, "warmup_steps": min(5, steps),
                "lora": {"alpha": 16, "dropout": 0}}}, file)
        return [RANKADAPTOR, "recover", "--model", self.model, "--config",
                config, "--out", self.fresh("here")]

    def score_glued(self, documents):
        return self.glued("score", "--adapter", self.path("glued"), "--tasks",
                          DATA, "--limit", str(documents), "--out",
                          self.path("glued.json"))

    def score_here(self, documents):
        return [RANKADAPTOR, "eval", "--model", self.model, "--adapter",
                self.path("glued"), "--tasks",
                ",".join(os.path.join(DATA, f"{t}.yaml") for t in TASKS),
                "--limit", str(documents), "--out", self.fresh("scores")]

    def accuracies(self):
        """Of the same adapter: (lm-eval's, ours)."""
        with open(self.path("glued.json"), encoding="utf-8") as file:
            theirs = json.load(file)
        [written] = glob.glob(os.path.join(self.path("scores"), "*.json"))
        with open(written, encoding="utf-8") as file:
            ours = json.load(file)["results"]
        return theirs, {t: ours[t]["acc,none"] for t in TASKS}


def measure(trial, name, repeats):
    _, steps, documents = MODELS[name]
    kinds = [("recover", trial.recover_here, trial.recover_glued, steps, 1),
             ("score", trial.score_here, trial.score_glued, documents,
              len(TASKS))]
    for kind, here, glued, (short, long), times in kinds:
        taken = {(who, n): [] for who in (here, glued) for n in (short, long)}
        for _ in range(repeats):
            for who, n in taken:
                taken[who, n].append(seconds(who(n)))
        for who, label in ((here, "rankadaptor"), (glued, "glued")):
            pairs = list(zip(taken[who, short], taken[who, long]))
            each = statistics.median(
                (b - a) / (long - short) / times for a, b in pairs)
            start = statistics.median(taken[who, short]) - short * times * each
            yield {"model": name, "what": kind, "program": label,
                   "start_s": f"{start:.2f}", "each_ms": f"{1e3 * each:.2f}"}
    theirs, ours = trial.accuracies()
    print(f"{name}: accuracies of the same adapter: lm-eval {theirs}, "
          f"here {ours}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--model", nargs="*", default=list(MODELS))
    arguments = parser.parse_args()
    rows = []
    for name in arguments.model:
        with tempfile.TemporaryDirectory() as folder:
            width = MODELS[name][0]
            model = (os.path.join(WORLD, "model") if width is None else
                     make_wide(os.path.join(folder, "model"), width))
            rows += measure(Trial(model, folder), name, arguments.repeats)
    with open(os.path.join(HERE, "results.csv"), "w", newline="",
              encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    for row in rows:
        print(*row.values())


main()
