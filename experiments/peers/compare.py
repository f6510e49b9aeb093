"""Real peft and transformers against this project, in fp32 on the CPU.

    compare.py [--model DIR ...] [--bin DIR] [--out FILE]

For each model: `rankadaptor recover` trains adapters for several rank vectors
and scale policies; peft loads each beside the unpruned model, transformers
loads the merged checkpoint, and all logits must agree within 1e-4. The other
way round, an adapter that peft wrote is loaded here.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile

import numpy
import peft
import torch
import transformers

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
TOLERANCE = 1e-4  # fp32, logits of order 10
MODULES = ["q_proj", "k_proj", "v_proj", "o_proj",
           "gate_proj", "up_proj", "down_proj"]
POLICIES = ("fixed_alpha", "fixed_alpha_over_rank", "rank_stabilised")


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


def sample_ids(config):
    """Sequences of several lengths, beginning with BOS."""
    generator = torch.Generator().manual_seed(7)
    lists = []
    for length in (5, 17, 64, 120):
        ids = torch.randint(3, config.vocab_size, (length,),
                            generator=generator).tolist()
        lists.append([config.bos_token_id] + ids)
    return lists


def rank_vectors(num_layers):
    """Uniform; mixed; mixed with layers that are not adapted."""
    candidates = [2, 12, 4, 8, 6, 10]
    mixed = [candidates[i % 6] for i in range(num_layers)]
    gaps = [0 if i % 3 == 1 else mixed[i] for i in range(num_layers)]
    return {"uniform 8": [8] * num_layers, "mixed": mixed,
            "mixed with 0": gaps}


class Comparison:

    def __init__(self, model_folder, programs, folder):
        self.model_folder = model_folder
        self.programs = programs
        self.folder = folder
        self.base = load_model(model_folder)
        self.ids = sample_ids(self.base.config)
        self.ids_file = write_json(self.path("ids.json"), self.ids)

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def recover(self, name, policy, ranks):
        """Trains an adapter with this project's command."""
        out = self.path(f"{policy} {name}")
        ranks_file = write_json(out + " ranks.json", ranks)
        text = self.path("text.txt")
        with open(text, "w", encoding="utf-8") as file:
            file.write("<|endoftext|>".join(
                f"Once upon a time there were {n} little birds in a tree."
                for n in range(64)))
        config = write_json(out + " config.json", {
            "schema_revision": 1, "seed": 3,
            "recovery": {
                "data": {"text": text, "cutoff_length": 64}, "steps": 8,
                "batch_size": 8, "warmup_steps": 2, "learning_rate": 0.01,
                "lora": {"alpha": 16, "scale_policy": policy}}})
        run([os.path.join(self.programs, "rankadaptor"), "recover", "--model",
             self.model_folder, "--config", config, "--ranks", ranks_file,
             "--out", out])
        return out

    def ours(self, model_folder, adapter=None):
        """(logits of each sequence, log-likelihood of each sequence)."""
        prefix = self.path("ours")
        run([os.path.join(self.programs, "dump_logits"), "--model",
             model_folder, "--ids", self.ids_file, "--out", prefix] +
            (["--adapter", adapter] if adapter else []))
        flat = numpy.fromfile(prefix + ".logits", dtype="<f4").reshape(
            -1, self.base.config.vocab_size)
        logits = torch.from_numpy(flat).split([len(i) for i in self.ids])
        with open(prefix + ".json", encoding="utf-8") as file:
            return logits, json.load(file)

    @torch.no_grad()
    def theirs(self, model):
        logits = [model(input_ids=torch.tensor([ids])).logits[0]
                  for ids in self.ids]
        sums = []
        for ids, one in zip(self.ids, logits):
            log_probabilities = one[:-1].log_softmax(-1)
            targets = torch.tensor(ids[1:])[:, None]
            sums.append(log_probabilities.gather(-1, targets).sum().item())
        return logits, sums

    def differences(self, ours, theirs):
        """Largest difference of logits, and of log-likelihoods per token."""
        logits = max((a - b).abs().max().item()
                     for a, b in zip(ours[0], theirs[0]))
        sums = max(abs(a - b) / (len(ids) - 1)
                   for a, b, ids in zip(ours[1], theirs[1], self.ids))
        return {"logits": logits, "log_likelihood_per_token": sums}

    def adapter_in_peft(self, adapter):
        model = peft.PeftModel.from_pretrained(
            load_model(self.model_folder), adapter).eval()
        theirs = self.theirs(model)
        moved = max((a - b).abs().max().item() for a, b in
                    zip(theirs[0], self.theirs(self.base)[0]))
        if moved < 100 * TOLERANCE:
            raise Failure(f"{adapter} changes the logits by {moved} only: "
                          "the comparison would show nothing")
        return self.differences(self.ours(self.model_folder, adapter), theirs)

    def merged_in_transformers(self, adapter):
        out = adapter + " merged"
        run([os.path.join(self.programs, "rankadaptor"), "export", adapter,
             "--format", "merged", "--out", out])
        return self.differences(self.ours(self.model_folder, adapter),
                                self.theirs(load_model(out)))

    def adapter_from_peft(self):
        """rank_pattern and alpha_pattern as people write them: short names
        and regular expressions."""
        torch.manual_seed(11)
        model = peft.get_peft_model(load_model(self.model_folder),
                                    peft.LoraConfig(
            r=4, lora_alpha=8, target_modules=MODULES, task_type="CAUSAL_LM",
            rank_pattern={"layers.1.self_attn.q_proj": 2, "down_proj": 6,
                          r".*layers\.0\.mlp\.up_proj": 3},
            alpha_pattern={"down_proj": 24}))
        for name, parameter in model.named_parameters():
            if "lora_B" in name:
                torch.nn.init.normal_(parameter, std=0.05)
        out = self.path("from peft")
        model.save_pretrained(out)
        return self.differences(self.ours(self.model_folder, out),
                                self.theirs(model.eval()))

    def rows(self):
        name = os.path.basename(self.model_folder.rstrip("/"))
        yield name, "no adapter", self.differences(
            self.ours(self.model_folder), self.theirs(self.base))
        for policy in POLICIES:
            for ranks_name, ranks in rank_vectors(
                    self.base.config.num_hidden_layers).items():
                case = f"{ranks_name}, {policy}"
                adapter = self.recover(ranks_name, policy, ranks)
                yield name, f"peft: {case}", self.adapter_in_peft(adapter)
                yield (name, f"merged: {case}",
                       self.merged_in_transformers(adapter))
        yield name, "written by peft", self.adapter_from_peft()


def load_model(folder):
    return transformers.LlamaForCausalLM.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager").eval()


def default_models():
    """The embedded model, and the story models where they are."""
    shared = os.environ.get("RANKADAPTOR_MODELS_DIR", os.path.join(
        ROOT, "..", "shared", "data", "models"))
    candidates = [os.path.join(ROOT, "experiments", "tinyworld", "model"),
                  os.path.join(shared, "stories260K"),
                  os.path.join(shared, "stories-12L")]
    return [c for c in candidates
            if os.path.exists(os.path.join(c, "config.json"))]


def versions():
    return {m.__name__: m.__version__ for m in (peft, torch, transformers)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--model", action="append", help="a folder; repeatable")
    parser.add_argument("--bin", default=os.path.join(
        ROOT, "build", "release", "bin"))
    parser.add_argument("--out", default=os.path.join(
        ROOT, "build", "peers", "result.json"))
    arguments = parser.parse_args()
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()

    results = []
    for model in arguments.model or default_models():
        with tempfile.TemporaryDirectory() as folder:
            for name, case, difference in Comparison(
                    model, arguments.bin, folder).rows():
                ok = all(d <= TOLERANCE for d in difference.values())
                results.append({"model": name, "case": case, "ok": ok,
                                **difference})
                print(f"{name:14}{case:44}{difference['logits']:10.1e}"
                      f"{difference['log_likelihood_per_token']:10.1e}"
                      f"  {'ok' if ok else 'TOO LARGE'}", flush=True)
    os.makedirs(os.path.dirname(os.path.abspath(arguments.out)), exist_ok=True)
    with open(arguments.out, "w", encoding="utf-8") as file:
        json.dump({"versions": versions(), "tolerance": TOLERANCE,
                   "results": results}, file, indent=1)
        file.write("\n")
    num_bad = sum(not r["ok"] for r in results)
    print(f"{len(results) - num_bad} within {TOLERANCE}, {num_bad} not; "
          f"written: {arguments.out}")
    return 1 if num_bad or not results else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failure as failure:
        print(f"compare.py: {failure}", file=sys.stderr)
        sys.exit(1)
