"""Real peft, transformers, gguf and llama.cpp against this project, in fp32 on
the CPU.

    compare.py [--model DIR ...] [--bin DIR] [--old-peft DIR] [--out FILE]

For each model, `rankadaptor` trains adapters, prunes and exports; the real
readers load what it wrote, and all logits must agree within 1e-4. The other way
round, models that transformers made and adapters that peft made are loaded
here.
"""

import argparse
import importlib.metadata
import json
import os
import sys
import tempfile
import warnings

import peft
import safetensors.torch
import torch
import transformers

import ours
import random_models
import readers
from ours import Failure, Ours, read_json, write_json
from reference_tokenizer import ReferenceTokenizer

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
TOLERANCE = 1e-4  # fp32, logits of order 10
MODULES = ["q_proj", "k_proj", "v_proj", "o_proj",
           "gate_proj", "up_proj", "down_proj"]
POLICIES = ("fixed_alpha", "fixed_alpha_over_rank", "rank_stabilised")
FP32 = ("--dtype", "float32")  # whatever the model's files are
PROMPT = "Once upon a time"
# Only their ids are compared.
TEXTS = ["It's 1234567 o'clock, isn't IT'S?", "a  b   c\n\n  d\te",
         "x = [i ** 2 for i in range(10)]  # squares\n",
         "Z\u00fcrich, na\u00efve caf\u00e9s; \u4f60\u597d \U0001f600"]
GREEDY_TOKENS = 40
# What transformers 4.45, which peft 0.6 runs with, does not know.
NEWER_THAN_PEFT_0_6 = ("qwen3",)


def rank_vectors(num_layers):
    """Uniform; mixed; mixed with layers that are not adapted."""
    candidates = [2, 12, 4, 8, 6, 10]
    mixed = [candidates[i % 6] for i in range(num_layers)]
    gaps = [0 if i % 3 == 1 else mixed[i] for i in range(num_layers)]
    return {"uniform 8": [8] * num_layers, "mixed": mixed,
            "mixed with 0": gaps}


def recoveries(num_layers, in_brief):
    """(scale policy, name, ranks). Scales and ranks are a matter of adapters,
    not of architectures: other models get one adapter."""
    for policy in POLICIES:
        for name, ranks in rank_vectors(num_layers).items():
            if not in_brief or (policy, name) == (POLICIES[-1],
                                                  "mixed with 0"):
                yield policy, name, ranks


def largest(left, right):
    return max((a - b).abs().max().item() for a, b in zip(left, right))


class Comparison:
    """One model; rows() yields (case, differences)."""

    def __init__(self, model, programs, old_peft, folder):
        self.model = model
        self.config = read_json(model, "config.json")
        self.num_layers = self.config["num_hidden_layers"]
        self.ids = ours.sample_ids(self.config["vocab_size"],
                                   self.config["bos_token_id"])
        self.has_old_peft = (self.config["model_type"]
                             not in NEWER_THAN_PEFT_0_6)
        self.ours = Ours(programs, folder, self.ids)
        self.old_peft = readers.OldPeft(sys.executable, old_peft, folder)
        self.base_logits = readers.in_transformers(model, self.ids)

    def differences(self, mine, theirs):
        """Largest difference of logits, and of log-likelihoods per token."""
        sums = 0
        for ids, logits, total in zip(self.ids, theirs, mine[1]):
            chosen = logits[:-1].log_softmax(-1).gather(
                -1, torch.tensor(ids[1:])[:, None])
            sums = max(sums, abs(chosen.sum().item() - total) /
                       (len(ids) - 1))
        return {"logits": largest(mine[0], theirs),
                "log_likelihood_per_token": sums}

    # --- Adapters ------------------------------------------------------------

    def check_moved(self, adapter, theirs):
        moved = largest(theirs, self.base_logits)
        if moved < 100 * TOLERANCE:
            raise Failure(f"{adapter} changes the logits by {moved} only: "
                          "the comparison would show nothing")

    def adapter_rows(self, case, adapter):
        mine = self.ours.logits(self.model, adapter)
        theirs = readers.in_peft(self.model, adapter, self.ids)
        self.check_moved(adapter, theirs)
        yield f"peft: {case}", self.differences(mine, theirs)
        # The scales that 0.6 has no field for.
        if "rank_stabilised" in case and self.has_old_peft:
            yield f"peft 0.6: {case}", self.differences(
                mine, self.old_peft.logits(self.model, adapter, self.ids,
                                           self.ours.ids_file))
        merged = self.ours.export(adapter, "merged", *FP32, "--model",
                                  self.model)
        yield f"merged: {case}", self.differences(
            mine, readers.in_transformers(merged, self.ids))

    def uniform_rows(self, adapter):
        """Padded to one rank, read by `r` and `lora_alpha` alone."""
        mine = self.ours.logits(self.model, adapter)
        out = self.ours.export(adapter, "peft", "--uniform-rank", "16",
                               "--model", self.model)
        config = read_json(out, "adapter_config.json")
        config["rank_pattern"] = config["alpha_pattern"] = {}
        write_json(os.path.join(out, "adapter_config.json"), config)
        yield "peft: padded to rank 16", self.differences(
            mine, readers.in_peft(self.model, out, self.ids))
        if self.has_old_peft:
            yield "peft 0.6: padded to rank 16", self.differences(
                mine, self.old_peft.logits(self.model, out, self.ids,
                                           self.ours.ids_file))

    def adapter_from_peft(self):
        """rank_pattern and alpha_pattern as people write them: short names
        and regular expressions."""
        torch.manual_seed(11)
        model = peft.get_peft_model(readers.load(self.model), peft.LoraConfig(
            r=4, lora_alpha=8, target_modules=MODULES, task_type="CAUSAL_LM",
            rank_pattern={"layers.1.self_attn.q_proj": 2, "down_proj": 6,
                          r".*layers\.0\.mlp\.up_proj": 3},
            alpha_pattern={"down_proj": 24}))
        for name, parameter in model.named_parameters():
            if "lora_B" in name:
                torch.nn.init.normal_(parameter, std=0.05)
        out = self.ours.path("from peft")
        model.save_pretrained(out)
        return self.differences(self.ours.logits(self.model, out),
                                readers.logits_of(model.eval(), self.ids))

    # --- Models --------------------------------------------------------------

    def pruned(self):
        layers = {"start": 1, "end": self.num_layers - 1}
        return self.ours.prune(self.model, "width pruned", {"width": {
            "ratio": 0.5, "attention_layers": layers,
            "mlp_layers": {"start": 2, "end": self.num_layers},
            "calibration": {"text_file": self.ours.text_file, "unit": "file",
                            "num_windows": 2, "window_tokens": 16}}})

    def evenly_pruned(self):
        """A quarter of all layers: one shape, with a number of heads that does
        not divide the hidden size."""
        layers = {"start": 0, "end": self.num_layers}
        return self.ours.prune(self.model, "evenly pruned", {"width": {
            "ratio": 0.25, "attention_layers": layers, "mlp_layers": layers,
            "calibration": {"text_file": self.ours.text_file, "unit": "file",
                            "num_windows": 2, "window_tokens": 16}}})

    def shallow(self):
        """The model without its second layer, layers renumbered."""
        out = self.ours.path("fewer layers")
        model = readers.load(self.model)
        del model.model.layers[1]
        model.config.num_hidden_layers -= 1
        for i, layer in enumerate(model.model.layers):
            layer.self_attn.layer_idx = i
        if getattr(model.config, "layer_types", None):
            del model.config.layer_types[1]
        model.save_pretrained(out)
        random_models.copy_tokenizer(self.model, out)
        return out

    def model_rows(self, name, source, adapter=None):
        """Every form of a model, with an adapter where one is given."""
        mine = self.ours.logits(source, adapter)
        options = [*FP32, *(["--model", source] if adapter else [])]
        source = adapter or source
        padded = self.ours.export(source, "padded", *options)
        yield f"padded: {name}", self.differences(
            mine, readers.in_transformers(padded, self.ids))
        # What llama.cpp cannot load as it is, it can as padded.
        reason = self.refused_by_llama_cpp(name)
        if reason:
            self.ours.expect_refusal(reason, source, "gguf", *options)
            if "shape" not in reason:
                return
            source, options = padded, FP32
        container = self.ours.export(source, "gguf", *options)
        architecture = readers.check_container(container)
        padding = "padded " if reason else ""
        yield f"llama.cpp {padding}{architecture}: {name}", self.differences(
            mine, readers.in_llama_cpp(container, self.ids))
        yield f"greedy text: {name}", greedy_difference(padded, container)

    def refused_by_llama_cpp(self, name):
        """What our sentence must say of a model that llama.cpp has no
        architecture for."""
        if self.config.get("sliding_window"):
            return "sliding_window = "
        if self.config["model_type"] == "qwen3":
            if self.config["attention_bias"]:
                return "a bias of o_proj"
            if "width" in name:
                return "a shape per layer"
        return None

    def half_rows(self, source):
        """Rounded weights; computed in fp32 by all."""
        for dtype in ("bfloat16", "float16"):
            padded = self.ours.export(source, "padded", "--dtype", dtype)
            mine = self.ours.logits(padded)
            yield f"padded, {dtype}", self.differences(
                mine, readers.in_transformers(padded, self.ids))

    def reload_row(self, pruned):
        """Our per-layer form gives every bit back."""
        again = self.ours.export(pruned, "pruned")
        left, right = (safetensors.torch.load_file(
            os.path.join(f, "model.safetensors")) for f in (pruned, again))
        same = left.keys() == right.keys() and all(
            torch.equal(left[name], right[name]) for name in left)
        equal = largest(self.ours.logits(pruned)[0],
                        self.ours.logits(again)[0])
        return {"logits": equal if same else float("inf"),
                "log_likelihood_per_token": 0.0}

    def rows(self):
        yield "no adapter", self.differences(self.ours.logits(self.model),
                                             self.base_logits)
        adapter = None
        in_brief = os.path.basename(self.model) in random_models.IN_BRIEF
        for policy, name, ranks in recoveries(self.num_layers, in_brief):
            adapter = self.ours.recover(self.model, name, policy, ranks)
            yield from self.adapter_rows(f"{name}, {policy}", adapter)
        yield from self.uniform_rows(adapter)
        yield "written by peft", self.adapter_from_peft()
        yield from self.model_rows("dense", self.model)
        pruned = self.pruned()
        yield "reloaded, bit for bit", self.reload_row(pruned)
        yield from self.model_rows("width-pruned", pruned)
        yield from self.half_rows(pruned)
        yield from self.model_rows("all layers pruned alike",
                                   self.evenly_pruned())
        recovered = self.ours.recover(
            pruned, "recovered", "fixed_alpha",
            rank_vectors(self.num_layers)["mixed"])
        yield from self.model_rows("width-pruned and recovered", pruned,
                                   recovered)
        yield from self.model_rows("fewer layers", self.shallow())


def greedy_difference(padded, container):
    """0 if llama.cpp, from text on, says what transformers does, else 1. The
    ids of texts are those of the tokenizer's own library."""
    tokenizer = ReferenceTokenizer(padded)
    texts = [PROMPT, *(TEXTS if tokenizer.has_all_bytes() else [])]
    if tokenizer.merges_spaces():
        texts = [text for text in texts if "  " not in text]
    prompts, theirs = readers.llama_cpp_text(container, texts, GREEDY_TOKENS)
    prompt = prompts[0]
    expected = [tokenizer.encode(text) for text in texts]
    same = prompts == expected and theirs == readers.greedy_in_transformers(
        padded, prompt, GREEDY_TOKENS)
    return {"logits": 0.0 if same else 1.0, "log_likelihood_per_token": 0.0}


def default_models():
    """The embedded model, the story models where they are, random ones."""
    shared = os.environ.get("RANKADAPTOR_MODELS_DIR", os.path.join(
        ROOT, "..", "shared", "data", "models"))
    models = [random_models.EMBEDDED] + [
        os.path.join(shared, name)
        for name in ("stories260K", "babyllama-tok105", "stories-12L")]
    return [m for m in models if os.path.exists(
        os.path.join(m, "config.json"))] + list(random_models.MODELS)


def versions():
    return {name: importlib.metadata.version(name) for name in (
        "gguf", "llama-cpp-python", "peft", "sentencepiece", "tokenizers",
        "torch", "transformers")}


def write_results(path, results):
    """After each model: a run that is cut short loses one at most."""
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"versions": versions(), "tolerance": TOLERANCE,
                   "results": results}, file, indent=1)
        file.write("\n")


def model_name(model):
    if os.path.abspath(model) == random_models.EMBEDDED:
        return "tinyworld"
    return os.path.basename(model.rstrip("/"))


def compare(model, programs, old_peft):
    """The rows of one model; the last says so where a program failed."""
    name = model_name(model)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        try:
            comparison = Comparison(model, programs, old_peft, folder)
            for case, difference in comparison.rows():
                ok = all(d <= TOLERANCE for d in difference.values())
                rows.append({"model": name, "case": case, "ok": ok,
                             **difference})
                print(f"{name:22}{case:52}{difference['logits']:10.1e}"
                      f"{difference['log_likelihood_per_token']:10.1e}"
                      f"  {'ok' if ok else 'TOO LARGE'}", flush=True)
        except Failure as failure:
            rows.append({"model": name, "case": "failed", "ok": False,
                         "error": str(failure)})
            print(f"{name:22}failed: {failure}", flush=True)
    return rows


def earlier_results(path, again):
    """Those of other models by the same versions."""
    if not os.path.exists(path):
        return []
    written = read_json(path)
    if written["versions"] != versions():
        return []
    names = {model_name(model) for model in again}
    return [r for r in written["results"] if r["model"] not in names]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--model", action="append",
                        help="a folder or the name of a random model; "
                        "repeatable; the file's results of others stay")
    parser.add_argument("--bin", default=os.path.join(
        ROOT, "build", "release", "bin"))
    parser.add_argument("--old-peft", default=os.path.join(
        ROOT, "build", "peers", "old"), help="where peft 0.6 is installed")
    parser.add_argument("--out", default=os.path.join(HERE, "result.json"))
    arguments = parser.parse_args()
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    warnings.simplefilter("ignore", FutureWarning)

    models = arguments.model or default_models()
    results = (earlier_results(arguments.out, models) if arguments.model
               else [])
    num_bad = 0
    with tempfile.TemporaryDirectory() as folder:
        for model in models:
            if model in random_models.MODELS:
                model = random_models.make(model, folder)
            rows = compare(model, arguments.bin, arguments.old_peft)
            num_bad += sum(not row["ok"] for row in rows)
            results += rows
            write_results(arguments.out, results)
    print(f"{num_bad} cases are not within {TOLERANCE}; "
          f"written: {arguments.out}")
    return 1 if num_bad else 0


if __name__ == "__main__":
    sys.exit(main())
