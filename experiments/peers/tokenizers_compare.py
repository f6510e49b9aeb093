"""Byte-level BPE here against the real tokenizers library.

    tokenizers_compare.py [--bin DIR] [--golden DIR] [--out FILE]

Trains tokenizers with the library on text made here, with the pre-tokeniser
expressions of Llama 3, Qwen2, GPT-2 and SmolLM, and encodes and decodes 10,000
varied strings in both programs: ids and decoded text must be equal. With
--golden, writes a small tokenizer.json of each kind and strings for the unit
tests.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time

import tokenizers
from tokenizers import (AddedToken, Regex, Tokenizer, decoders, models,
                        normalizers, pre_tokenizers, processors, trainers)

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
          r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
QWEN2 = LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}")
SPECIALS = {"llama3": ["<|begin_of_text|>", "<|end_of_text|>", "<|eot_id|>"],
            "qwen2": ["<|endoftext|>", "<|im_start|>", "<|im_end|>"],
            "gpt2": ["<|endoftext|>"],
            "smollm": ["<|endoftext|>", "<|im_end|>"]}
WORDS = """the of and to in is that it was for on are as with his they I'll
don't we've she'd you're O'Neil it's IT'S Don'T naive cafe hello world token
model layer prune rank adapter search Hello WORLD Zurich""".split()
# Letters, marks, digits, spaces and signs of many scripts.
RANGES = [(0x20, 0x7e), (0xa1, 0x17f), (0x300, 0x36f), (0x370, 0x3ff),
          (0x400, 0x4ff), (0x5d0, 0x5ea), (0x620, 0x669), (0x900, 0x97f),
          (0xe01, 0xe3a), (0x1100, 0x11ff), (0x1e00, 0x1eff), (0x2000, 0x206f),
          (0x20a0, 0x20bf), (0x2150, 0x218b), (0x2460, 0x24ff),
          (0x3040, 0x30ff), (0x4e00, 0x4fff), (0xac00, 0xad00),
          (0xff00, 0xffee), (0x1d400, 0x1d4ff), (0x1f300, 0x1f64f)]
SPACES = [" ", "  ", "\n", "\r\n", "\t", "\n\n", "   \n", "\u00a0", "\u2003",
          "\u3000", "\x0b", "\x0c", "\x85", "\u2028", "\u200b", ""]


def varied_string(chance, specials):
    """Words, digits, punctuation, white space and scripts in any order."""
    parts = []
    for _ in range(chance.randint(0, 12)):
        kind = chance.random()
        if kind < 0.45:
            parts.append(chance.choice(WORDS))
        elif kind < 0.55:
            parts.append(str(chance.randrange(10 ** chance.randint(1, 9))))
        elif kind < 0.65:
            parts.append(chance.choice("'\"!?.,;:-_()[]{}<>|/\\@#$%^&*+=~`") *
                         chance.randint(1, 4))
        elif kind < 0.70:
            parts.append(chance.choice(specials))
        elif kind < 0.75:
            parts.append("'" + chance.choice(["s", "T", "rE", "\u017f", "ll"]))
        else:
            low, high = chance.choice(RANGES)
            parts.append("".join(chr(chance.randint(low, high))
                                 for _ in range(chance.randint(1, 6))))
        if chance.random() < 0.8:
            parts.append(chance.choice(SPACES[:4] if chance.random() < 0.7
                                       else SPACES))
    return "".join(parts)


def training_text():
    chance = random.Random(1)
    for _ in range(4000):
        yield " ".join(chance.choice(WORDS) for _ in range(12)) + "."
        yield varied_string(chance, [""])


def train(kind, vocab_size):
    tokenizer = Tokenizer(models.BPE(ignore_merges=kind == "llama3"))
    if kind == "gpt2":
        split = pre_tokenizers.ByteLevel(add_prefix_space=False)
    elif kind == "smollm":
        split = pre_tokenizers.Sequence([
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False)])
    else:
        split = pre_tokenizers.Sequence([
            pre_tokenizers.Split(Regex(LLAMA3 if kind == "llama3" else QWEN2),
                                 behavior="isolated", invert=False),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tokenizer.pre_tokenizer = split
    if kind == "qwen2":
        tokenizer.normalizer = normalizers.NFC()
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(training_text(), trainers.BpeTrainer(
        vocab_size=vocab_size, show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    tokenizer.add_special_tokens(SPECIALS[kind])
    if kind == "qwen2":
        tokenizer.add_tokens([AddedToken("<tool>", special=False,
                                         normalized=False),
                              AddedToken("caf\u00e9!", special=False,
                                         normalized=True)])
    if kind == "llama3":
        first = SPECIALS[kind][0]
        tokenizer.post_processor = processors.Sequence([
            processors.ByteLevel(trim_offsets=False),
            processors.TemplateProcessing(
                single=f"{first} $A", pair=f"{first} $A {first}:1 $B:1",
                special_tokens=[(first, tokenizer.token_to_id(first))])])
    else:
        tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    return tokenizer


def save(tokenizer, kind, folder):
    os.makedirs(folder, exist_ok=True)
    tokenizer.save(os.path.join(folder, "tokenizer.json"), pretty=False)
    config = {"eos_token": SPECIALS[kind][-1], "bos_token": None}
    if kind == "llama3":
        config["bos_token"] = SPECIALS[kind][0]
    with open(os.path.join(folder, "tokenizer_config.json"), "w",
              encoding="utf-8") as file:
        json.dump(config, file)
        file.write("\n")


def strings(kind, count, seed):
    chance = random.Random(seed)
    specials = SPECIALS[kind] + ["<tool>", "caf\u00e9!", "cafe\u0301!"]
    fixed = ["", " ", "a" * 3000, " " * 500, "'S 'Ll \u017f's", "\r\n\r\n x"]
    return fixed + [varied_string(chance, specials)
                    for _ in range(count - len(fixed))]


def theirs(tokenizer, texts):
    ids = [tokenizer.encode(text, add_special_tokens=False).ids
           for text in texts]
    return [{"ids": one, "decoded": tokenizer.decode(one)} for one in ids]


def ours(programs, folder, texts):
    names = [os.path.join(folder, name) for name in ("texts", "ours")]
    with open(names[0], "w", encoding="utf-8") as file:
        json.dump(texts, file)
    begin = time.monotonic()
    done = subprocess.run([os.path.join(programs, "dump_tokens"), folder,
                           *names], stdin=subprocess.DEVNULL, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True)
    if done.returncode != 0:
        sys.exit(f"tokenizers_compare.py: {done.stdout.strip()}")
    seconds = time.monotonic() - begin
    with open(names[1], encoding="utf-8") as file:
        return json.load(file), seconds


def compare(programs, kind, count):
    texts = strings(kind, count, 7)
    with tempfile.TemporaryDirectory() as folder:
        tokenizer = train(kind, 3000)
        save(tokenizer, kind, folder)
        begin = time.monotonic()
        expected = theirs(tokenizer, texts)
        their_seconds = time.monotonic() - begin
        actual, our_seconds = ours(programs, folder, texts)
    different = [(text, a, b) for text, a, b in zip(texts, actual, expected)
                 if a != b]
    for text, a, b in different[:3]:
        print(f"{kind}: {text!r}\n  ours   {a}\n  theirs {b}")
    return {"strings": len(texts), "different": len(different),
            "ids": sum(len(e["ids"]) for e in expected),
            "seconds_ours_with_files": round(our_seconds, 2),
            "seconds_theirs": round(their_seconds, 2)}


def write_golden(folder, kind):
    tokenizer = train(kind, 400)
    save(tokenizer, kind, os.path.join(folder, kind))
    texts = [t for t in strings(kind, 200, 11) if len(t) < 200]
    cases = [{"text": text, **values}
             for text, values in zip(texts, theirs(tokenizer, texts))]
    with open(os.path.join(folder, kind, "strings.json"), "w",
              encoding="utf-8") as file:
        json.dump({"tokenizers": tokenizers.__version__, "cases": cases}, file)
        file.write("\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--bin", default=os.path.join(
        ROOT, "build", "release", "bin"))
    parser.add_argument("--count", type=int, default=10000)
    parser.add_argument("--golden", help="a folder; compares nothing then")
    parser.add_argument("--out", default=os.path.join(
        HERE, "tokenizers.json"))
    arguments = parser.parse_args()
    if arguments.golden:
        for kind in SPECIALS:
            write_golden(arguments.golden, kind)
        return 0
    results = {kind: compare(arguments.bin, kind, arguments.count)
               for kind in SPECIALS}
    for kind, result in results.items():
        print(f"{kind:8}{result}")
    with open(arguments.out, "w", encoding="utf-8") as file:
        json.dump({"tokenizers": tokenizers.__version__, "results": results},
                  file, indent=1)
        file.write("\n")
    num_different = sum(r["different"] for r in results.values())
    print(f"{num_different} strings differ; written: {arguments.out}")
    return 1 if num_different else 0


if __name__ == "__main__":
    sys.exit(main())
