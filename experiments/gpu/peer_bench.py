"""Measures the work of `gpu_bench recovery|scoring` with transformers and peft.

    peer_bench.py recovery|scoring --model DIR --input FILE --out FILE
        [--device cuda|cpu] [--micro-batch N] [--warmup N] [--updates N]

Base weights in bf16; adapters in fp32 under autocast to bf16, which is what
the Trainer does with bf16=True. Without the two packages the result says so.
"""

import argparse
import json
import time

import torch

MODULES = ["q_proj", "k_proj", "v_proj", "o_proj",
           "gate_proj", "up_proj", "down_proj"]


def load(arguments):
    import transformers
    model = transformers.LlamaForCausalLM.from_pretrained(
        arguments.model, dtype=torch.bfloat16, attn_implementation="sdpa")
    return model.to(arguments.device)


def measure_recovery(arguments, data):
    import peft
    start = time.monotonic()
    base = load(arguments)
    load_seconds = time.monotonic() - start
    torch.manual_seed(1)
    model = peft.get_peft_model(base, peft.LoraConfig(
        r=8, lora_alpha=16, lora_dropout=0.05, target_modules=MODULES,
        bias="none", task_type="CAUSAL_LM"))
    model.train()
    weights = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(weights, lr=1e-4, weight_decay=0)
    size = arguments.micro_batch
    rows = torch.tensor(data["rows"], device=arguments.device)
    losses, finished = [], []
    for update in range(arguments.warmup + arguments.updates):
        first = update * size % (len(rows) - size + 1)
        ids = rows[first:first + size]
        with torch.autocast(arguments.device, dtype=torch.bfloat16):
            loss = model(input_ids=ids, labels=ids).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        losses.append(loss.item())
        finished.append(time.monotonic())
    seconds = finished[-1] - finished[arguments.warmup - 1]
    num_tokens = arguments.updates * size * rows.shape[1]
    return {"load_seconds": load_seconds, "seconds": seconds,
            "tokens_per_second": num_tokens / seconds,
            "trainable_parameters": sum(w.numel() for w in weights),
            "losses": losses}


@torch.inference_mode()
def score_batch(model, requests, device):
    """Log-likelihoods of (context, continuation) pairs, padded on the right."""
    longest = max(len(c) + len(t) for c, t in requests)
    ids = torch.zeros(len(requests), longest, dtype=torch.long)
    for row, (context, continuation) in enumerate(requests):
        whole = context + continuation
        ids[row, :len(whole)] = torch.tensor(whole)
    ids = ids.to(device)
    logits = model(input_ids=ids).logits
    sums = []
    for row, (context, continuation) in enumerate(requests):
        begin, end = len(context), len(context) + len(continuation)
        log_probabilities = logits[row, begin - 1:end - 1].float().log_softmax(
            -1)
        picked = log_probabilities.gather(-1, ids[row, begin:end, None])
        sums.append(picked.sum())
    return torch.stack(sums).tolist()


def measure_scoring(arguments, data):
    model = load(arguments).eval()
    requests = [(r["context"], c)
                for r in data["requests"] for c in r["continuations"]]
    # Batches of similar length, as lm-eval makes them.
    order = sorted(range(len(requests)), reverse=True,
                   key=lambda i: sum(map(len, requests[i])))
    for _ in range(2):  # the first pass warms up
        scores = [0.0] * len(requests)
        start = time.monotonic()
        for first in range(0, len(order), 32):
            batch = order[first:first + 32]
            for i, score in zip(batch, score_batch(
                    model, [requests[i] for i in batch], arguments.device)):
                scores[i] = score
        seconds = time.monotonic() - start
    num_tokens = sum(len(c) + len(t) for c, t in requests)
    return {"requests": len(requests), "seconds": seconds,
            "tokens_per_second": num_tokens / seconds,
            "log_likelihoods": scores}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("what", choices=("recovery", "scoring"))
    parser.add_argument("--model", required=True)
    parser.add_argument("--input", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--micro-batch", type=int, default=16)
    parser.add_argument("--warmup", type=int, default=3)
    parser.add_argument("--updates", type=int, default=10)
    arguments = parser.parse_args()
    with open(arguments.input, encoding="utf-8") as file:
        data = json.load(file)
    measure = {"recovery": measure_recovery, "scoring": measure_scoring}
    try:
        result = measure[arguments.what](arguments, data)
    except ImportError as error:
        result = {"unavailable": str(error)}
    with open(arguments.out, "w", encoding="utf-8") as file:
        json.dump(result, file, indent=1)


if __name__ == "__main__":
    main()
