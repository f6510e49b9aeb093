"""One LoRA rank for each layer of a causal language model, recovered by peft on
a text and scored by the loss on another, with transformers.

    evaluator:
      process:
        command: [python3, peft_ranks.py]
        config: {model: MODEL_FOLDER, train_text: FILE, heldout_text: FILE}
"""

import functools

import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

from rankadaptor_evaluator import Cancelled, Measurement, evaluator, run

RANKS = [2, 4, 8]
MODULES = ["q_proj", "k_proj", "v_proj", "o_proj"]
WINDOW_TOKENS = 128


def space(config):
    layers = AutoConfig.from_pretrained(config["model"]).num_hidden_layers
    return {f"layer {i}": RANKS for i in range(layers)}


@functools.cache
def windows(model_folder, file):
    """[num_windows, WINDOW_TOKENS]"""
    tokenizer = AutoTokenizer.from_pretrained(model_folder)
    with open(file, encoding="utf-8") as text:
        ids = tokenizer(text.read(), return_tensors="pt").input_ids[0]
    count = len(ids) // WINDOW_TOKENS
    return ids[:count * WINDOW_TOKENS].reshape(count, WINDOW_TOKENS)


def adapted(config, values):
    ranks = {rf"layers\.{i}\.self_attn\.{module}": values[f"layer {i}"]
             for i in range(len(values)) for module in MODULES}
    # A fixed alpha/rank: the rank does not change the size of a step.
    lora = LoraConfig(target_modules=MODULES, rank_pattern=ranks, lora_alpha=16,
                      alpha_pattern={key: 2 * r for key, r in ranks.items()})
    return get_peft_model(
        AutoModelForCausalLM.from_pretrained(config["model"]), lora)


@evaluator(space, direction="minimize", objective="held-out loss",
           deterministic=True)
def peft_ranks(values, trial):
    torch.manual_seed(trial.seed % 2**63)
    config = trial.config
    model = adapted(config, values)
    optimizer = torch.optim.AdamW(
        [p for p in model.parameters() if p.requires_grad], lr=1e-3)
    rows = windows(config["model"], config["train_text"])
    steps = config.get("steps", 40)
    for step in range(steps):
        if trial.cancelled:
            raise Cancelled("given up on request")
        batch = rows[torch.randint(len(rows), (8,))]
        loss = model(input_ids=batch, labels=batch).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        trial.report((step + 1) / steps, loss.item())
    heldout = windows(config["model"], config["heldout_text"])
    heldout = heldout[1 if trial.confirms else 0::2][:config.get("windows", 32)]
    with torch.no_grad():
        loss = model(input_ids=heldout, labels=heldout).loss.item()
    trainable = sum(p.numel() for p in model.parameters() if p.requires_grad)
    return Measurement(loss, {"trainable parameters": trainable})


if __name__ == "__main__":
    run(peft_ranks)
