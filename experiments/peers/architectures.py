"""Models of every supported architecture, made and saved by the real
transformers, read by this project.

    architectures.py [--bin DIR] [--golden DIR] [--out FILE]

Weights are random by a formula. Each model is saved as fp32, as bf16 and in
shards; its logits here and there must agree within 1e-4 (fp32 arithmetic).
With --golden, writes the values that the unit tests compare with.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile

import numpy
import torch
import transformers

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
TOLERANCE = 1e-4  # fp32, logits of order 1
LENGTH = 24

SMALL = {"vocab_size": 40, "hidden_size": 32, "num_hidden_layers": 2,
         "num_attention_heads": 4, "num_key_value_heads": 2,
         "intermediate_size": 48, "max_position_embeddings": 64}
LLAMA3 = {"rope_type": "llama3", "rope_theta": 500000.0, "factor": 8.0,
          "low_freq_factor": 1.0, "high_freq_factor": 4.0,
          "original_max_position_embeddings": 32}
CASES = {
    "llama": ("llama", {"num_key_value_heads": 4}),
    "llama3": ("llama", {"rope_parameters": LLAMA3,
                         "tie_word_embeddings": True}),
    "llama_biases": ("llama", {"attention_bias": True, "mlp_bias": True}),
    "mistral": ("mistral", {"sliding_window": None}),
    "mistral_window": ("mistral", {"sliding_window": 5}),
    "qwen2": ("qwen2", {"tie_word_embeddings": True}),
    "qwen3": ("qwen3", {"head_dim": 16}),
    "qwen3_biases": ("qwen3", {"head_dim": 16, "attention_bias": True}),
}


def name_hash(name):
    """64-bit FNV-1a."""
    value = 0xcbf29ce484222325
    for byte in name.encode():
        value = (value ^ byte) * 0x100000001b3 % 2**64
    return value


def uniform(name, count):
    """`count` numbers in [-1, 1), multiples of 2^-23: splitmix64 from the
    name's hash."""
    with numpy.errstate(over="ignore"):
        step = numpy.uint64(0x9e3779b97f4a7c15)
        z = numpy.uint64(name_hash(name)) + step * numpy.arange(
            1, count + 1, dtype=numpy.uint64)
        z = (z ^ (z >> numpy.uint64(30))) * numpy.uint64(0xbf58476d1ce4e5b9)
        z = (z ^ (z >> numpy.uint64(27))) * numpy.uint64(0x94d049bb133111eb)
        z ^= z >> numpy.uint64(31)
    return (z >> numpy.uint64(40)).astype(numpy.float64) / 2**23 - 1


def weight(name, shape):
    """Keeps activations near one; norms near one."""
    values = uniform(name, int(numpy.prod(shape))).reshape(shape)
    if "norm" in name:
        values = 1 + 0.25 * values
    elif len(shape) == 2 and "embed" not in name:
        values *= (3 / shape[1]) ** 0.5
    return torch.from_numpy(values.astype(numpy.float32))


@torch.no_grad()
def make_model(model_type, changes):
    config = transformers.AutoConfig.for_model(
        model_type, **{**SMALL, **changes})
    model = transformers.AutoModelForCausalLM.from_config(
        config, dtype=torch.float32, attn_implementation="eager").eval()
    for name, parameter in model.named_parameters():
        parameter.copy_(weight(name, tuple(parameter.shape)))
    return model


def sample_ids():
    generator = torch.Generator().manual_seed(5)
    return torch.randint(0, SMALL["vocab_size"], (LENGTH,),
                         generator=generator).tolist()


@torch.no_grad()
def theirs(model, ids):
    return model(input_ids=torch.tensor([ids])).logits[0].float().numpy()


def ours(programs, folder, ids):
    prefix = os.path.join(folder, "ours")
    ids_file = os.path.join(folder, "ids.json")
    with open(ids_file, "w", encoding="utf-8") as file:
        json.dump([ids], file)
    done = subprocess.run(
        [os.path.join(programs, "dump_logits"), "--model", folder, "--ids",
         ids_file, "--out", prefix], stdin=subprocess.DEVNULL, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        sys.exit(f"architectures.py: {done.stdout.strip()}")
    return numpy.fromfile(prefix + ".logits", dtype="<f4").reshape(
        len(ids), -1)


def compare(programs, model_type, changes, ids):
    """(way of saving, largest difference of a logit) of one model."""
    ways = {"fp32": (torch.float32, {}), "bf16": (torch.bfloat16, {}),
            "fp16": (torch.float16, {}),
            "shards": (torch.float32, {"max_shard_size": "20KB"})}
    for way, (dtype, options) in ways.items():
        with tempfile.TemporaryDirectory() as folder:
            make_model(model_type, changes).to(dtype).save_pretrained(
                folder, **options)
            reader = transformers.AutoModelForCausalLM.from_pretrained(
                folder, dtype=torch.float32, attn_implementation="eager")
            difference = numpy.abs(ours(programs, folder, ids) -
                                   theirs(reader.eval(), ids)).max()
        yield way, float(difference)


def shortest(value):
    """The shortest decimal that a float32 is read back from."""
    return float(str(numpy.float32(value)))


def write_golden(folder, name, model, ids):
    with tempfile.TemporaryDirectory() as saved:
        model.save_pretrained(saved)
        with open(os.path.join(saved, "config.json"),
                  encoding="utf-8") as file:
            config = json.load(file)
    golden = {"transformers": transformers.__version__, "config": config,
              "ids": ids,
              "logits": [[shortest(x) for x in row]
                         for row in theirs(model, ids)]}
    with open(os.path.join(folder, name + ".json"), "w",
              encoding="utf-8") as file:
        json.dump(golden, file)
        file.write("\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--bin", default=os.path.join(
        ROOT, "build", "release", "bin"))
    parser.add_argument("--golden", help="a folder; compares nothing then")
    parser.add_argument("--out",
                        default=os.path.join(HERE, "architectures.json"))
    arguments = parser.parse_args()
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    torch.set_num_threads(1)

    ids = sample_ids()
    if arguments.golden:
        for name, (model_type, changes) in CASES.items():
            write_golden(arguments.golden, name,
                         make_model(model_type, changes), ids)
        return 0
    results = {name: dict(compare(arguments.bin, *case, ids))
               for name, case in CASES.items()}
    for name, ways in results.items():
        print(f"{name:16}" + "".join(f"{way} {difference:.1e}  "
                                     for way, difference in ways.items()))
    with open(arguments.out, "w", encoding="utf-8") as file:
        json.dump({"transformers": transformers.__version__,
                   "torch": torch.__version__, "tolerance": TOLERANCE,
                   "largest_difference": results}, file, indent=1)
        file.write("\n")
    worst = max(max(ways.values()) for ways in results.values())
    print(f"largest difference of a logit: {worst:.1e}, {TOLERANCE} allowed; "
          f"written: {arguments.out}")
    return 0 if worst <= TOLERANCE else 1


if __name__ == "__main__":
    sys.exit(main())
