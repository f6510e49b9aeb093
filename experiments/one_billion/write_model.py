#!/usr/bin/env python3
"""Writes a Llama-shaped model with random weights: bf16, sharded safetensors,
with the tokenizer of experiments/tinyworld.

    write_model.py FOLDER [--layers N]

The shape is TinyLlama's: 1,100,048,384 parameters, 2.2 GB. Weights are as large
as those of a fresh model; one tensor is in memory at a time. FOLDER must not
exist.
"""

import argparse
import json
import math
import os
import random
import shutil
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TOKENIZER = os.path.join(HERE, "..", "tinyworld", "model", "tokenizer.model")
CONFIG = {
    "architectures": ["LlamaForCausalLM"], "model_type": "llama",
    "vocab_size": 32000, "hidden_size": 2048, "intermediate_size": 5632,
    "num_hidden_layers": 22, "num_attention_heads": 32,
    "num_key_value_heads": 4, "max_position_embeddings": 2048,
    "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "hidden_act": "silu",
    "tie_word_embeddings": False, "bos_token_id": 1, "eos_token_id": 2,
    "torch_dtype": "bfloat16"}
SIGNS = b"\x3c" * 128 + b"\xbc" * 128
SHARD_BYTES = 500_000_000


def tensors(config):
    """(name, shape) in the order of the shards."""
    hidden, wide = config["hidden_size"], config["intermediate_size"]
    head = hidden // config["num_attention_heads"]
    kv = head * config["num_key_value_heads"]
    yield "model.embed_tokens.weight", (config["vocab_size"], hidden)
    for layer in range(config["num_hidden_layers"]):
        prefix = f"model.layers.{layer}."
        yield prefix + "input_layernorm.weight", (hidden,)
        for name, rows in (("q", hidden), ("k", kv), ("v", kv),
                           ("o", hidden)):
            yield f"{prefix}self_attn.{name}_proj.weight", (rows, hidden)
        yield prefix + "post_attention_layernorm.weight", (hidden,)
        for name in ("gate", "up"):
            yield f"{prefix}mlp.{name}_proj.weight", (wide, hidden)
        yield prefix + "mlp.down_proj.weight", (hidden, wide)
    yield "model.norm.weight", (hidden,)
    yield "lm_head.weight", (config["vocab_size"], hidden)


def num_bytes(shape):
    return 2 * math.prod(shape)


def in_shards(named):
    """Lists of (name, shape), each list of SHARD_BYTES at most."""
    shards, size = [[]], 0
    for name, shape in named:
        if size + num_bytes(shape) > SHARD_BYTES and shards[-1]:
            shards.append([])
            size = 0
        shards[-1].append((name, shape))
        size += num_bytes(shape)
    return shards


def values(chance, shape):
    """Little-endian bf16. The upper byte is sign and exponent: magnitudes are
    from 2**-7 to 2**-5, which is 0.019 in the quadratic mean."""
    if len(shape) == 1:
        return b"\x80\x3f" * shape[0]  # ones
    count = num_bytes(shape) // 2
    weights = bytearray(2 * count)
    weights[0::2] = chance.randbytes(count)
    weights[1::2] = chance.randbytes(count).translate(SIGNS)
    return weights


def write_shard(path, members, chance):
    header, end = {"__metadata__": {"format": "pt"}}, 0
    for name, shape in members:
        header[name] = {"dtype": "BF16", "shape": shape,
                        "data_offsets": [end, end + num_bytes(shape)]}
        end += num_bytes(shape)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for _, shape in members:
            file.write(values(chance, shape))


def write_json(path, value):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(value, file, indent=1)
        file.write("\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("folder")
    parser.add_argument("--layers", type=int,
                        default=CONFIG["num_hidden_layers"])
    arguments = parser.parse_args()
    if os.path.exists(arguments.folder):
        sys.exit(f"write_model.py: {arguments.folder}: exists already; name a "
                 "new folder")
    os.makedirs(arguments.folder)
    config = {**CONFIG, "num_hidden_layers": arguments.layers}
    chance = random.Random(1)
    shards = in_shards(tensors(config))
    weight_map = {}
    for number, members in enumerate(shards, 1):
        name = f"model-{number:05}-of-{len(shards):05}.safetensors"
        write_shard(os.path.join(arguments.folder, name), members, chance)
        weight_map.update({tensor: name for tensor, _ in members})
    total = sum(num_bytes(shape) for _, shape in tensors(config))
    write_json(os.path.join(arguments.folder, "model.safetensors.index.json"),
               {"metadata": {"total_size": total}, "weight_map": weight_map})
    write_json(os.path.join(arguments.folder, "config.json"), config)
    shutil.copy(TOKENIZER, arguments.folder)
    print(f"{total // 2:,} parameters in {len(shards)} files")


if __name__ == "__main__":
    main()
