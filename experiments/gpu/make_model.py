"""Writes a LLaMA with random weights as a Hugging Face folder in bf16, and the
token ids that the speed measurements use.

    make_model.py --shape 7b|tiny --device cuda|cpu --model DIR --input FILE
"""

import argparse
import json
import os
import random

import torch

SHAPES = {
    # LLaMA-7B (Touvron et al., 2023, table 2).
    "7b": {"hidden_size": 4096, "intermediate_size": 11008,
           "num_attention_heads": 32, "num_hidden_layers": 32,
           "vocab_size": 32000},
    "tiny": {"hidden_size": 32, "intermediate_size": 64,
             "num_attention_heads": 4, "num_hidden_layers": 2,
             "vocab_size": 64},
}


def config_of(shape):
    return {
        **SHAPES[shape],
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "num_key_value_heads": SHAPES[shape]["num_attention_heads"],
        "head_dim": (SHAPES[shape]["hidden_size"] //
                     SHAPES[shape]["num_attention_heads"]),
        "hidden_act": "silu",
        "rms_norm_eps": 1e-6,
        "rope_theta": 10000.0,
        "max_position_embeddings": 2048,
        "initializer_range": 0.02,
        "attention_bias": False,
        "mlp_bias": False,
        "tie_word_embeddings": False,
        "bos_token_id": 1,
        "eos_token_id": 2,
        "torch_dtype": "bfloat16",
    }


def tensor_shapes(config):
    """Names and shapes of all weights, in the order of the file."""
    hidden, inner = config["hidden_size"], config["intermediate_size"]
    yield "model.embed_tokens.weight", (config["vocab_size"], hidden)
    for layer in range(config["num_hidden_layers"]):
        prefix = f"model.layers.{layer}."
        for name in "qkvo":
            yield f"{prefix}self_attn.{name}_proj.weight", (hidden, hidden)
        yield f"{prefix}mlp.gate_proj.weight", (inner, hidden)
        yield f"{prefix}mlp.up_proj.weight", (inner, hidden)
        yield f"{prefix}mlp.down_proj.weight", (hidden, inner)
        yield f"{prefix}input_layernorm.weight", (hidden,)
        yield f"{prefix}post_attention_layernorm.weight", (hidden,)
    yield "model.norm.weight", (hidden,)
    yield "lm_head.weight", (config["vocab_size"], hidden)


def write_model(folder, config, device):
    """Tensor by tensor, so that the whole model is never in memory."""
    header, offset = {"__metadata__": {"format": "pt"}}, 0
    for name, shape in tensor_shapes(config):
        end = offset + 2 * torch.Size(shape).numel()
        header[name] = {"dtype": "BF16", "shape": list(shape),
                        "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    torch.manual_seed(0)
    os.makedirs(folder)
    with open(os.path.join(folder, "model.safetensors"), "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for _, shape in tensor_shapes(config):
            tensor = torch.ones(shape, dtype=torch.bfloat16, device=device)
            if len(shape) == 2:
                tensor.normal_(0, config["initializer_range"])
            tensor.cpu().view(torch.int16).numpy().tofile(file)
    with open(os.path.join(folder, "config.json"), "w",
              encoding="utf-8") as file:
        json.dump(config, file, indent=1)


def make_input(vocab_size, num_rows, row_length, num_questions):
    """Rows to train on; questions with four choices, of mixed lengths."""
    rng = random.Random(0)

    def ids(length):
        return [rng.randrange(3, vocab_size) for _ in range(length)]

    return {
        "rows": [[1] + ids(row_length - 1) for _ in range(num_rows)],
        "requests": [
            {"context": [1] + ids(rng.randrange(row_length // 8, row_length)),
             "continuations": [ids(rng.randrange(2, 20)) for _ in range(4)]}
            for _ in range(num_questions)],
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--shape", choices=SHAPES, required=True)
    parser.add_argument("--device", choices=("cuda", "cpu"), required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--input", required=True)
    parser.add_argument("--row-length", type=int, default=256)
    parser.add_argument("--rows", type=int, default=16)
    parser.add_argument("--questions", type=int, default=128)
    arguments = parser.parse_args()
    config = config_of(arguments.shape)
    write_model(arguments.model, config, arguments.device)
    with open(arguments.input, "w", encoding="utf-8") as file:
        json.dump(make_input(config["vocab_size"], arguments.rows,
                             arguments.row_length, arguments.questions), file)


if __name__ == "__main__":
    main()
