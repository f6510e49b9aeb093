"""Logits of a model with an adapter, as peft 0.6 computes them.

    old_peft.py MODEL ADAPTER IDS OUT.npy
"""

import json
import sys

import numpy
import peft
import torch
import transformers


@torch.no_grad()
def main():
    model_folder, adapter, ids_file, out = sys.argv[1:]
    if not peft.__version__.startswith("0.6."):
        sys.exit(f"old_peft.py: this is peft {peft.__version__}")
    transformers.logging.set_verbosity_error()
    model = transformers.AutoModelForCausalLM.from_pretrained(
        model_folder, torch_dtype=torch.float32, attn_implementation="eager")
    model = peft.PeftModel.from_pretrained(model, adapter).eval()
    with open(ids_file, encoding="utf-8") as file:
        lists = json.load(file)
    numpy.save(out, torch.cat(
        [model(input_ids=torch.tensor([ids])).logits[0] for ids in lists]
    ).numpy())


if __name__ == "__main__":
    main()
