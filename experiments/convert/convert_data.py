#!/usr/bin/env python3
"""Turns data sets of Hugging Face into the local files that are read here.

    convert_data.py OUT [--only NAME ...]     downloads and converts
    convert_data.py OUT --check               compares OUT with its checksums

Writes OUT/benchmarks (one <task>.jsonl for each of the seven tasks), OUT/
finetune/alpaca.json and OUT/text/calibration.txt, and OUT/SHA256SUMS, which
`sha256sum --check` reads too. A data set with another number of rows than it
is known to have is refused. Needs the datasets library (pip install datasets)
and a network for the first form; docs/data.md has the instructions.
Exit codes: 0 done; 2 bad usage or input.
"""

import argparse
import hashlib
import json
import os
import sys

SUMS = "SHA256SUMS"
NUM_CALIBRATION_LINES = 20000


class Refused(Exception):
    """One sentence: what, the value, what is allowed."""


def fields(*names):
    """A conversion that keeps these fields of a row."""
    def keep(row):
        return {name: row[name] for name in names}
    return keep


def boolq(row):
    return {"question": row["question"], "passage": row["passage"],
            "label": int(row["label"])}


def multiple_choice(question):
    def keep(row):
        return {"id": row["id"], question: row[question],
                "choices": {"text": list(row["choices"]["text"]),
                            "label": list(row["choices"]["label"])},
                "answerKey": row["answerKey"]}
    return keep


def hellaswag(row):
    return {"activity_label": row["activity_label"], "ctx_a": row["ctx_a"],
            "ctx_b": row["ctx_b"], "endings": list(row["endings"]),
            "label": str(row["label"])}


# name: (data set, configuration, split, rows, conversion, file)
TASKS = {
    "boolq": ("aps/super_glue", "boolq", "validation", 3270, boolq),
    "piqa": ("ybisk/piqa", None, "validation", 1838,
             fields("goal", "sol1", "sol2", "label")),
    "hellaswag": ("Rowan/hellaswag", None, "validation", 10042, hellaswag),
    "winogrande": ("allenai/winogrande", "winogrande_xl", "validation", 1267,
                   fields("sentence", "option1", "option2", "answer")),
    "arc_easy": ("allenai/ai2_arc", "ARC-Easy", "test", 2376,
                 multiple_choice("question")),
    "arc_challenge": ("allenai/ai2_arc", "ARC-Challenge", "test", 1172,
                      multiple_choice("question")),
    "openbookqa": ("allenai/openbookqa", "main", "test", 500,
                   multiple_choice("question_stem")),
}
ALPACA = ("yahma/alpaca-cleaned", None, "train", 51760)
CALIBRATION = ("bookcorpus/bookcorpus", None, "train")
NAMES = [*TASKS, "alpaca", "calibration"]


def download(name, config, split):
    """The rows of a data set, from the network or the library's cache."""
    import datasets
    try:
        return datasets.load_dataset(name, config, split=split, streaming=True)
    except RuntimeError:
        # Data sets that come as a script, which newer versions do not run.
        return datasets.load_dataset(name, config, split=split, streaming=True,
                                     revision="refs/convert/parquet")


def write(out, file, lines):
    """Atomically; returns the file's name and checksum."""
    path = os.path.join(out, file)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    digest = hashlib.sha256()
    with open(path + ".unfinished", "wb") as unfinished:
        for line in lines:
            data = line.encode()
            digest.update(data)
            unfinished.write(data)
    os.replace(path + ".unfinished", path)
    return file, digest.hexdigest()


def to_json(row):
    return json.dumps(row, ensure_ascii=False) + "\n"


def converted(name, rows, conversion):
    results = []
    for number, row in enumerate(rows):
        try:
            results.append(conversion(row))
        except (KeyError, TypeError, ValueError) as error:
            raise Refused(f"{name}: row {number} has not the expected form: "
                          f"{error!r}") from error
    return results


def check_count(name, rows, expected):
    if len(rows) != expected:
        raise Refused(f"{name}: has {len(rows)} rows, {expected} are expected")


def convert_task(name, out, load):
    data_set, config, split, count, conversion = TASKS[name]
    rows = converted(name, load(data_set, config, split), conversion)
    check_count(name, rows, count)
    return write(out, f"benchmarks/{name}.jsonl", map(to_json, rows))


def convert_alpaca(out, load):
    data_set, config, split, count = ALPACA
    rows = converted("alpaca", load(data_set, config, split),
                     fields("instruction", "input", "output"))
    check_count("alpaca", rows, count)
    return write(out, "finetune/alpaca.json",
                 [json.dumps(rows, ensure_ascii=False, indent=0), "\n"])


def convert_calibration(out, load):
    """The first lines of the corpus, one document each."""
    def lines():
        count = 0
        for row in load(*CALIBRATION):
            text = " ".join(str(row["text"]).split())
            if text:
                yield text + "\n"
                count += 1
            if count == NUM_CALIBRATION_LINES:
                return
        raise Refused(f"calibration: has {count} lines of text, "
                      f"{NUM_CALIBRATION_LINES} are expected")
    return write(out, "text/calibration.txt", lines())


def read_sums(out):
    path = os.path.join(out, SUMS)
    if not os.path.exists(path):
        return {}
    with open(path, encoding="utf-8") as file:
        return {line[66:].rstrip("\n"): line[:64] for line in file}


def convert(out, names, load):
    sums = read_sums(out)
    for name in names:
        if name == "alpaca":
            file, digest = convert_alpaca(out, load)
        elif name == "calibration":
            file, digest = convert_calibration(out, load)
        else:
            file, digest = convert_task(name, out, load)
        sums[file] = digest
        write(out, SUMS, (f"{d}  {f}\n" for f, d in sorted(sums.items())))
        print(f"{name} -> {file}")


def check(out):
    sums = read_sums(out)
    if not sums:
        raise Refused(f"{os.path.join(out, SUMS)}: no such file or empty")
    for file, expected in sums.items():
        path = os.path.join(out, file)
        if not os.path.exists(path):
            raise Refused(f"{path}: no such file")
        with open(path, "rb") as data:
            actual = hashlib.file_digest(data, "sha256").hexdigest()
        if actual != expected:
            raise Refused(f"{path}: has SHA-256 {actual}, {SUMS} says "
                          f"{expected}")
    print(f"{len(sums)} files are as {SUMS} says")


def main(arguments, load=download):
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("out")
    parser.add_argument("--only", nargs="+", choices=NAMES, default=NAMES)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args(arguments)
    try:
        if options.check:
            check(options.out)
        else:
            convert(options.out, options.only, load)
    except ImportError as error:
        print(f"convert_data.py: {error}; pip install datasets",
              file=sys.stderr)
        return 2
    except (Refused, OSError) as error:
        print(f"convert_data.py: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
