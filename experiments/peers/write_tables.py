"""Writes the tables of README.md, here and at the top, from result.json,
architectures.json and tokenizers.json.

    write_tables.py
"""

import json
import os
import re

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
# Column: how the cases begin that belong to it.
COLUMNS = {"no adapter": "no adapter", "peft 0.21": "peft: ",
           "peft 0.6": "peft 0.6: ", "merged": "merged: ",
           "written by peft": "written by peft", "padded": "padded",
           "llama.cpp": "llama.cpp ", "reloaded": "reloaded",
           "greedy text": "greedy text"}
# What was exported, and who loaded it: the cases of the short table.
SHORT = [("adapter, one rank per layer", "peft 0.21", "peft: "),
         ("the same, and padded to one rank", "peft 0.6", "peft 0.6: "),
         ("adapter folded in", "transformers 5", "merged: "),
         ("pruned by width or depth, padded", "transformers 5", "padded: "),
         ("the same as GGUF", "llama.cpp", "llama.cpp ")]


def read(name):
    with open(os.path.join(HERE, name), encoding="utf-8") as file:
        return json.load(file)


def table(header, rows):
    lines = ["| " + " | ".join(row) + " |" for row in [header, *rows]]
    lines.insert(1, "|---" * len(header) + "|")
    return "\n".join(lines)


def cell(column, rows):
    if not rows:
        return "-"
    if not all(row["ok"] for row in rows):
        return "NOT EQUAL"
    if column == "reloaded":
        return "equal"
    count = f" ({len(rows)})"
    if column == "greedy text":
        return "same" + count
    return f"{max(row['logits'] for row in rows):.1e}{count}"


def models_table(results):
    names = list(dict.fromkeys(row["model"] for row in results))
    return table(["model", *COLUMNS], [
        [name, *(cell(column, [row for row in results if row["model"] == name
                               and row["case"].startswith(start)])
                 for column, start in COLUMNS.items())] for name in names])


def short_table(results):
    rows = []
    for what, reader, start in SHORT:
        cases = [row for row in results if row["case"].startswith(start)]
        models = len({row["model"] for row in cases})
        rows.append([what, reader, f"{len(cases)} of {models} models",
                     f"{max(row['logits'] for row in cases):.1e}"])
    return table(["exported", "loaded by", "cases",
                  "largest difference of a logit"], rows)


def architectures_table(differences):
    ways = ["fp32", "bf16", "fp16", "shards"]
    return table(["model", *ways], [
        [name, *(f"{found[way]:.1e}" for way in ways)]
        for name, found in differences.items()])


def tokenizers_table(results):
    return table(["kind", "strings", "ids", "different"], [
        [kind, *(f"{found[what]:,}" for what in ("strings", "ids",
                                                 "different"))]
        for kind, found in results.items()])


def insert(path, name, text):
    """Between the marks `name: begin` and `name: end`."""
    with open(path, encoding="utf-8") as file:
        whole = file.read()
    marked = re.compile(rf"(<!-- {name}: begin[^\n]*-->\n).*?"
                        rf"(<!-- {name}: end -->)", re.DOTALL)
    whole, count = marked.subn(lambda m: m[1] + text + "\n" + m[2], whole)
    if count != 1:
        raise SystemExit(f"write_tables.py: {path} has no place for {name}")
    with open(path, "w", encoding="utf-8") as file:
        file.write(whole)


def main():
    results = read("result.json")["results"]
    here = os.path.join(HERE, "README.md")
    insert(here, "models", models_table(results))
    insert(here, "architectures", architectures_table(
        read("architectures.json")["largest_difference"]))
    insert(here, "tokenizers", tokenizers_table(
        read("tokenizers.json")["results"]))
    insert(os.path.join(ROOT, "README.md"), "peers", short_table(results))


if __name__ == "__main__":
    main()
