"""Instruction rows as LLM-Pruner's fine-tuning prepares them, tokenised by the
real tokenizers library.

    instruction_rows.py

For each tokenizer.json of the unit tests, writes instruction_rows.json beside
it: texts begin as the tokenizer says (Llama 3 with BOS, Qwen with nothing), are
truncated, and end with EOS where there is room; of a prompt nothing is learned
unless asked.
"""

import json
import os

import tokenizers

HERE = os.path.dirname(os.path.abspath(__file__))
FOLDER = os.path.join(HERE, "..", "..", "tests", "unit", "llama_checkpoint",
                      "tokenizers")
IGNORED = -100
EXAMPLES = [
    {"instruction": "Name three cafes in Zurich.", "input": "",
     "output": "Odeon, Sprungli and Schober."},
    {"instruction": "Repeat the text.", "input": "It's 12:30 \u00e9\u00e8",
     "output": "It's 12:30 \u00e9\u00e8"},
    {"instruction": "Say nothing.", "input": "", "output": ""},
    {"instruction": "Count to ten", "input": "in digits.",
     "output": "1 2 3 4 5 6 7 8 9 10"},
]


def prompt_of(example):
    """The prompt style without an instruction's template."""
    def punctuated(text, mark):
        if mark == ":" and text.endswith("."):
            return text[:-1] + mark
        return text if not text or text[-1] in ".:?!" else text + mark
    return (punctuated(example["instruction"], ":") + " " +
            punctuated(example["input"], ".") + " ")


def tokenised(tokenizer, text, cutoff):
    return tokenizer.encode(text).ids[:cutoff]


def row_of(tokenizer, eos, example, cutoff, train_on_inputs):
    prompt = prompt_of(example)
    ids = tokenised(tokenizer, prompt + example["output"], cutoff)
    if ids[-1] != eos and len(ids) < cutoff:
        ids.append(eos)
    learned = 0 if train_on_inputs else len(tokenised(tokenizer, prompt,
                                                      cutoff))
    return {"example": example, "cutoff_length": cutoff,
            "train_on_inputs": train_on_inputs, "ids": ids,
            "labels": ([IGNORED] * learned + ids[learned:])[:len(ids)]}


def main():
    for kind in ("gpt2", "llama3", "qwen2"):
        folder = os.path.join(FOLDER, kind)
        tokenizer = tokenizers.Tokenizer.from_file(
            os.path.join(folder, "tokenizer.json"))
        with open(os.path.join(folder, "tokenizer_config.json"),
                  encoding="utf-8") as file:
            eos = tokenizer.token_to_id(json.load(file)["eos_token"])
        rows = [row_of(tokenizer, eos, example, cutoff, train_on_inputs)
                for example in EXAMPLES for cutoff in (256, 24, 8)
                for train_on_inputs in (False, True)]
        with open(os.path.join(folder, "instruction_rows.json"), "w",
                  encoding="utf-8") as file:
            json.dump({"tokenizers": tokenizers.__version__, "rows": rows},
                      file)
            file.write("\n")


if __name__ == "__main__":
    main()
