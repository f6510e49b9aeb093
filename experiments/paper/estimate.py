"""What a cell costs before anything runs: parameters kept (asked of the
program, which needs the shape of the model alone), trainable parameters,
memory and time. Memory and time are estimates; what they rest on is printed
with them."""

import dataclasses
import pathlib
import re
import shutil
import subprocess
import tempfile

import cells
import steps

HERE = pathlib.Path(__file__).parent
HIDDEN = {"llama-7b": 4096, "vicuna-7b": 4096, "llama-13b": 5120}
HEAD_DIM = 128
ALPACA_ROWS = 51760
EPOCHS = 2
CUTOFF = 256
# Requests of the seven tasks and their mean length in tokens, roughly.
REQUESTS = 3270 * 2 + 1838 * 2 + 10042 * 4 + 1267 * 2 + (2376 + 1172 + 500) * 4
REQUEST_TOKENS = 90
GIB = 2 ** 30


@dataclasses.dataclass
class Shape:
    """What pruning leaves: (heads, kv heads, channels) of each layer."""
    hidden: int
    layers: list
    kept: int
    share: str


def plan_shape(cell, paths):
    """`rankadaptor prune --dry-run` on the model's shape."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(HERE / "shapes" / f"{cell.model}.json",
                    pathlib.Path(folder) / "config.json")
        command = steps.prune_command(cell, paths, folder) + ["--dry-run"]
        text = subprocess.run([str(word) for word in command], check=True,
                              stdout=subprocess.PIPE, text=True).stdout
    layers = [tuple(int(word) for word in line.split()[1:4])
              for line in text.splitlines() if re.match(r"\d+ +\d+ +\d+", line)]
    kept, share = re.search(r"([\d,]+) of .*\(([\d.]+ %)\)", text).groups()
    return Shape(HIDDEN[cell.model], layers, int(kept.replace(",", "")), share)


def adapter_parameters(shape, ranks):
    """LoRA on the seven projections of every layer."""
    total = 0
    for (heads, kv_heads, channels), rank in zip(shape.layers, ranks):
        q, kv = heads * HEAD_DIM, kv_heads * HEAD_DIM
        total += rank * (2 * (shape.hidden + q) + 2 * (shape.hidden + kv) +
                         3 * (shape.hidden + channels))
    return total


def trainable(cell, shape):
    """Text for the trainable parameters of the cell's method."""
    def count(rank):
        return adapter_parameters(shape, [rank] * len(shape.layers))

    if cell.method == "none":
        return "0"
    if cell.method == "lora":
        return f"{count(8):,}"
    if cell.method == "ranks":
        return f"{adapter_parameters(shape, cell.ranks):,}"
    if cell.method == "adalora":
        # Ranks begin at 12 and fall to a mean of 8.
        return f"{count(12):,} at first, about {count(8):,} at the end"
    begin, end = cell.free_layers()

    def bound(rank):
        return adapter_parameters(
            shape, [rank if begin <= layer < end else 8
                    for layer in range(len(shape.layers))])
    return f"{bound(2):,} to {bound(12):,}"


def micro_batch(cell):
    for assignment in cell.train:
        if assignment.startswith("micro_batch_size="):
            return int(assignment.split("=")[1])
    return 16


def memory_bytes(cell, shape):
    """bf16 weights; adapters with gradient and two moments in fp32; the inputs
    that each step of a layer keeps for its backward pass, in bf16; logits."""
    ranks = [12] * len(shape.layers)
    tokens = micro_batch(cell) * CUTOFF
    activations = sum(
        2 * tokens * (6 * shape.hidden + 4 * heads * HEAD_DIM + 4 * channels)
        for heads, _, channels in shape.layers)
    return (2 * shape.kept + 16 * adapter_parameters(shape, ranks) +
            activations + tokens * 32000 * 8)


def trial_seconds(shape, teraflops):
    """Recovery: forward and the gradient of the activations, 4 operations per
    parameter and token. Scoring: 2."""
    recovery = 4 * shape.kept * ALPACA_ROWS * EPOCHS * CUTOFF
    scoring = 2 * shape.kept * REQUESTS * REQUEST_TOKENS
    return (recovery + scoring) / (teraflops * 1e12)


def trials(cell, objectives):
    """Recoveries that the cell needs, as configs/search.yaml says: 40 trials,
    then three seeds of two finalists and of uniform rank 8."""
    if cell.method == "none":
        return 0
    return len(objectives) * (40 + 3 * 3) if cell.method == "rankadaptor" else 1
