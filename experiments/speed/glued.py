"""One trial as one would write it with transformers, peft and lm-eval: a LoRA
recovery, or the scoring of what it made. fp32 on the CPU.

    glued.py recover --model DIR --text FILE --steps N --out DIR
    glued.py score --model DIR --adapter DIR --tasks DIR --limit N --out FILE
"""

import argparse
import json
import os
import random

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_DATASETS_OFFLINE"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"

import peft  # noqa: E402  (the environment comes first)
import torch  # noqa: E402
import transformers  # noqa: E402

MODULES = ["q_proj", "k_proj", "v_proj", "o_proj",
           "gate_proj", "up_proj", "down_proj"]
TASKS = ["facts", "echo", "counting", "comparison", "grammar"]


def load(folder):
    model = transformers.AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32)
    return model, transformers.AutoTokenizer.from_pretrained(folder)


def rows(tokenizer, text, cutoff):
    with open(text, encoding="utf-8") as file:
        lines = [line.rstrip("\n") for line in file if line.strip()]
    return [tokenizer(line).input_ids[:cutoff - 1] + [tokenizer.eos_token_id]
            for line in lines]


def batches(data, size, steps):
    """Batches of padded rows, the data shuffled anew in each pass."""
    order = []
    for _ in range(steps):
        if len(order) < size:
            order = random.sample(range(len(data)), len(data))
        chosen = [data[order.pop()] for _ in range(size)]
        longest = max(map(len, chosen))
        ids = torch.zeros(size, longest, dtype=torch.long)
        labels = torch.full((size, longest), -100)
        mask = torch.zeros(size, longest, dtype=torch.long)
        for i, row in enumerate(chosen):
            ids[i, :len(row)] = labels[i, :len(row)] = torch.tensor(row)
            mask[i, :len(row)] = 1
        yield {"input_ids": ids, "attention_mask": mask, "labels": labels}


def recover(arguments):
    random.seed(1)
    torch.manual_seed(1)
    model, tokenizer = load(arguments.model)
    model = peft.get_peft_model(model, peft.LoraConfig(
        r=8, lora_alpha=16, lora_dropout=0.0, target_modules=MODULES,
        task_type="CAUSAL_LM"))
    parameters = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(parameters, lr=3e-3, weight_decay=0.0)
    schedule = transformers.get_linear_schedule_with_warmup(
        optimizer, 5, arguments.steps)
    model.train()
    data = rows(tokenizer, arguments.text, 64)
    for batch in batches(data, 16, arguments.steps):
        loss = model(**batch).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
    model.save_pretrained(arguments.out)


def score(arguments):
    from lm_eval import simple_evaluate
    from lm_eval.api.task import ConfigurableTask
    from lm_eval.models.huggingface import HFLM
    model, tokenizer = load(arguments.model)
    model = peft.PeftModel.from_pretrained(model, arguments.adapter)
    tasks = [ConfigurableTask(config={
        "task": name, "dataset_path": "json", "output_type": "multiple_choice",
        "dataset_kwargs": {"data_files": {"validation": os.path.join(
            arguments.tasks, name + ".jsonl")}},
        "test_split": "validation", "doc_to_text": "{{context}}",
        "doc_to_choice": "{{choices}}", "doc_to_target": "{{gold}}",
        "metric_list": [{"metric": "acc"}]}) for name in TASKS]
    lm = HFLM(pretrained=model, tokenizer=tokenizer, batch_size=32,
              add_bos_token=True, device="cpu")
    results = simple_evaluate(lm, tasks=tasks, limit=arguments.limit,
                              bootstrap_iters=0)["results"]
    with open(arguments.out, "w", encoding="utf-8") as file:
        json.dump({name: results[name]["acc,none"] for name in TASKS}, file)


def main():
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(required=True)
    training = commands.add_parser("recover")
    training.set_defaults(run=recover)
    training.add_argument("--text", required=True)
    training.add_argument("--steps", type=int, required=True)
    scoring = commands.add_parser("score")
    scoring.set_defaults(run=score)
    scoring.add_argument("--adapter", required=True)
    scoring.add_argument("--tasks", required=True)
    scoring.add_argument("--limit", type=int, required=True)
    for command in (training, scoring):
        command.add_argument("--model", required=True)
        command.add_argument("--out", required=True)
    arguments = parser.parse_args()
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
    arguments.run(arguments)


main()
