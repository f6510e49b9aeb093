#!/usr/bin/env python3
"""Prunes by global importance ranking to at most a number of parameters.

    global_ranking.py RANKADAPTOR CONFIG PARAMETERS OUT

CONFIG is a sparsity study's. The ratio of scope `global` is bisected until a
higher one would leave less than PARAMETERS allow; OUT/kept_indices.json is what
stays, OUT/study.yaml a study of the `llama` evaluator that recovers it with
rank 8, with the seeds, the data and the items of CONFIG.
"""
import copy
import json
import pathlib
import struct
import subprocess
import sys

import yaml

STEPS = 8


def num_parameters(folder):
    with open(folder / "model.safetensors", "rb") as file:
        (size,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(size))
    header.pop("__metadata__", None)
    total = 0
    for tensor in header.values():
        count = 1
        for n in tensor["shape"]:
            count *= n
        total += count
    return total


def absolute(config, folder):
    """Paths of the config, which is written elsewhere, in full."""
    if isinstance(config, list):
        return [absolute(entry, folder) for entry in config]
    if not isinstance(config, dict):
        return config
    full = {}
    for name, value in config.items():
        if name in ("model", "text_file", "text") and isinstance(value, str):
            value = str((folder / value).resolve())
        full[name] = absolute(value, folder)
    return full


def main():
    program, config_file, limit, out = sys.argv[1:]
    out = pathlib.Path(out)
    out.mkdir(parents=True, exist_ok=True)
    config_file = pathlib.Path(config_file)
    study = absolute(yaml.safe_load(config_file.read_text()),
                     config_file.parent)
    sparsity = study["evaluator"]["sparsity"]
    low, high, best = 0.0, 0.95, None
    for step in range(STEPS):
        ratio = (low + high) / 2
        width = dict(sparsity["pruning"], ratio=ratio, scope="global")
        prune = {"schema_revision": 1, "pruning": {"width": width}}
        (out / "prune.yaml").write_text(yaml.safe_dump(prune))
        folder = out / f"step-{step}"
        subprocess.run([program, "prune", "--model", sparsity["model"],
                        "--config", str(out / "prune.yaml"),
                        "--out", str(folder)],
                       check=True, stdout=subprocess.DEVNULL)
        left = num_parameters(folder)
        print(f"ratio {ratio:.4f}: {left:,} parameters", flush=True)
        if left > int(limit):
            low = ratio
        else:
            high, best = ratio, folder
    if best is None:
        sys.exit(f"no ratio below {high} leaves at most {limit} parameters")
    kept = (best / "kept_indices.json").read_text()
    (out / "kept_indices.json").write_text(kept)
    llama = copy.deepcopy(sparsity)
    llama["pruning"] = {"kept_indices": "kept_indices.json"}
    llama.pop("ratios", None)
    llama["ranks"] = {"candidates": [8]}
    study["evaluator"] = {"llama": llama}
    study["search"] = {"num_initial_trials": 1, "max_trials": 1}
    (out / "study.yaml").write_text(yaml.safe_dump(study))


if __name__ == "__main__":
    main()
