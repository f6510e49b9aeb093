#!/usr/bin/env python3
"""Converts pickled weights of a Hugging Face folder to safetensors.

    convert_checkpoint.py FROM TO

FROM holds config.json and pytorch_model.bin, or its shards with
pytorch_model.bin.index.json, or the adapter_model.bin of an old PEFT adapter.
TO must not exist; it gets the same tensors in the same dtypes, one .safetensors
file for each pickle, and copies of the configuration and tokenizer files.
Nothing but tensors is unpickled (weights_only). One shard is in memory at a
time. Needs torch and safetensors (pip install torch safetensors numpy).
Exit codes: 0 done; 2 bad usage or input.
"""

import json
import os
import shutil
import sys

# Tables that old LLaMA checkpoints carry and every program computes.
IGNORED = "rotary_emb.inv_freq"
COPIED = (".json", ".model", ".txt", ".md", ".jinja")


class Refused(Exception):
    """One sentence: the file, the value, what is allowed."""


def read_json(path):
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except (OSError, ValueError) as error:
        raise Refused(f"{path}: cannot be read as JSON: {error}") from error


def find_pickles(folder):
    """(pickles, name of the result without its extension)."""
    index = os.path.join(folder, "pytorch_model.bin.index.json")
    if os.path.exists(index):
        shards = read_json(index).get("weight_map")
        if not isinstance(shards, dict) or not shards:
            raise Refused(f"{index}: weight_map is missing or empty")
        names = sorted(set(shards.values()))
        for name in names:
            if not isinstance(name, str) or os.path.basename(name) != name:
                raise Refused(f"{index}: weight_map names {name!r}, which is "
                              "not a file of the same folder")
        return names, "model"
    for name, result in (("pytorch_model.bin", "model"),
                         ("adapter_model.bin", "adapter_model")):
        if os.path.exists(os.path.join(folder, name)):
            return [name], result
    raise Refused(f"{folder}: has none of pytorch_model.bin, "
                  "pytorch_model.bin.index.json, adapter_model.bin")


def load_pickle(path):
    """Name -> tensor, each with memory of its own and in one piece."""
    import torch
    try:
        loaded = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        reason = str(error).split("\n", maxsplit=1)[0]
        raise Refused(f"{path}: holds more than tensors or is damaged, and is "
                      f"not loaded ({reason})") from error
    if not isinstance(loaded, dict):
        raise Refused(f"{path}: holds a {type(loaded).__name__}, not a "
                      "dictionary of tensors")
    tensors = {}
    for name, tensor in loaded.items():
        if not isinstance(name, str) or not isinstance(tensor, torch.Tensor):
            raise Refused(f"{path}: {name!r} is a {type(tensor).__name__}, "
                          "not a tensor")
        if not name.endswith(IGNORED):
            tensors[name] = tensor.clone().contiguous()
    return tensors


def drop_tied_output(folder, tensors):
    """safetensors has no shared tensors; a tied output matrix is left out."""
    config = os.path.join(folder, "config.json")
    if os.path.exists(config) and read_json(config).get("tie_word_embeddings"):
        tensors.pop("lm_head.weight", None)


def write_weights(folder, out):
    from safetensors.torch import save_file
    pickles, stem = find_pickles(folder)
    weight_map, total = {}, 0
    for number, pickle in enumerate(pickles, 1):
        tensors = load_pickle(os.path.join(folder, pickle))
        drop_tied_output(folder, tensors)
        name = (f"{stem}.safetensors" if len(pickles) == 1 else
                f"{stem}-{number:05}-of-{len(pickles):05}.safetensors")
        for tensor in tensors:
            if tensor in weight_map:
                raise Refused(f"{pickle}: tensor {tensor} is also in "
                              f"{weight_map[tensor]}")
            weight_map[tensor] = name
        total += sum(t.numel() * t.element_size() for t in tensors.values())
        save_file(tensors, os.path.join(out, name), {"format": "pt"})
        print(f"{pickle} -> {name}: {len(tensors)} tensors")
    if len(pickles) > 1:
        with open(os.path.join(out, f"{stem}.safetensors.index.json"), "w",
                  encoding="utf-8") as file:
            json.dump({"metadata": {"total_size": total},
                       "weight_map": weight_map}, file, indent=1)


def copy_other_files(folder, out):
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        if (os.path.isfile(path) and name.endswith(COPIED) and
                not name.endswith(".bin.index.json")):
            shutil.copy(path, os.path.join(out, name))


def convert(folder, out):
    if not os.path.isdir(folder):
        raise Refused(f"{folder}: no such folder")
    if os.path.exists(out):
        raise Refused(f"{out}: exists already; name a new folder")
    unfinished = out.rstrip("/") + ".unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    os.makedirs(unfinished)
    try:
        write_weights(folder, unfinished)
        copy_other_files(folder, unfinished)
        os.rename(unfinished, out)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise


def main(arguments):
    if len(arguments) != 2 or arguments[0].startswith("-"):
        print(__doc__, file=sys.stderr)
        return 2
    try:
        convert(*arguments)
    except ImportError as error:
        print(f"convert_checkpoint.py: {error}; pip install torch safetensors "
              "numpy", file=sys.stderr)
        return 2
    except (Refused, OSError) as error:
        print(f"convert_checkpoint.py: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
