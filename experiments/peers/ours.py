"""What this project's programs make of models, adapters and token ids."""

import json
import os
import subprocess

import numpy
import torch


class Failure(Exception):
    """A program failed or a result is not what it must be."""


def run(command):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True)
    if done.returncode != 0:
        raise Failure(f"{' '.join(command)} ended with {done.returncode}:\n"
                      f"{done.stdout.strip()[-2000:]}")


def write_json(path, value):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(value, file)
    return path


def read_json(*parts):
    with open(os.path.join(*parts), encoding="utf-8") as file:
        return json.load(file)


def sample_ids(vocab_size, bos):
    """Sequences of several lengths, beginning with BOS if there is one."""
    generator = torch.Generator().manual_seed(7)
    lists = []
    for length in (5, 17, 64, 120):
        ids = torch.randint(3, vocab_size, (length,),
                            generator=generator).tolist()
        lists.append(ids if bos is None else [bos] + ids)
    return lists


class Ours:
    """The programs in `programs`; files go to `folder`."""

    def __init__(self, programs, folder, ids):
        self.programs = programs
        self.folder = folder
        self.ids = ids
        self.num_exports = 0
        self.ids_file = write_json(self.path("ids.json"), ids)
        self.text_file = self.path("text.txt")
        with open(self.text_file, "w", encoding="utf-8") as file:
            file.write("<|endoftext|>".join(
                f"Once upon a time there were {n} little birds in a tree."
                for n in range(64)))

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def rankadaptor(self, *arguments):
        run([os.path.join(self.programs, "rankadaptor"), *arguments])

    def logits(self, model, adapter=None):
        """(logits of each sequence, log-likelihood of each sequence)."""
        prefix = self.path("ours")
        run([os.path.join(self.programs, "dump_logits"), "--model", model,
             "--ids", self.ids_file, "--out", prefix] +
            (["--adapter", adapter] if adapter else []))
        vocab = read_json(model, "config.json")["vocab_size"]
        flat = numpy.fromfile(prefix + ".logits", dtype="<f4")
        logits = torch.from_numpy(flat.reshape(-1, vocab)).split(
            [len(i) for i in self.ids])
        return logits, read_json(prefix + ".json")

    def recover(self, model, name, policy, ranks):
        """Trains an adapter; returns its folder."""
        out = self.path(f"{policy} {name}")
        config = write_json(out + " config.json", {
            "schema_revision": 1, "seed": 3,
            "recovery": {
                "data": {"text": self.text_file, "cutoff_length": 64},
                "steps": 8, "batch_size": 8, "warmup_steps": 2,
                "learning_rate": 0.01,
                "lora": {"alpha": 16, "scale_policy": policy}}})
        self.rankadaptor("recover", "--model", model, "--config", config,
                         "--ranks", write_json(out + " ranks.json", ranks),
                         "--out", out)
        return out

    def prune(self, model, name, pruning):
        """Prunes as the config's field `pruning` says; returns the folder."""
        out = self.path(name)
        config = write_json(out + " config.json",
                            {"schema_revision": 1, "pruning": pruning})
        self.rankadaptor("prune", "--model", model, "--config", config,
                         "--out", out)
        return out

    def export(self, source, form, *options):
        self.num_exports += 1
        out = self.path(f"export {self.num_exports}")
        self.rankadaptor("export", source, "--format", form, "--out", out,
                         *options)
        return out

    def expect_refusal(self, reason, source, form, *options):
        """The export must end in a sentence with `reason` in it."""
        try:
            self.export(source, form, *options)
        except Failure as failure:
            if "ended with 2:" in str(failure) and reason in str(failure):
                return
            raise
        raise Failure(f"{source} was exported as {form}, expected was a "
                      f"refusal: {reason}")
