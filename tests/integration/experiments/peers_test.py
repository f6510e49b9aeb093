#!/usr/bin/env python3
"""dump_logits, the part of experiments/peers that is ours.

    peers_test.py BIN_FOLDER SOURCE_FOLDER
"""

import array
import json
import math
import os
import subprocess
import sys
import tempfile
import unittest

SOURCE = sys.argv.pop()
BIN = sys.argv.pop()
MODEL = os.path.join(SOURCE, "experiments", "tinyworld", "model")


class DumpLogits(unittest.TestCase):

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.prefix = os.path.join(self.folder, "out")

    def dump(self, text, *arguments):
        ids_file = os.path.join(self.folder, "ids.json")
        with open(ids_file, "w", encoding="utf-8") as file:
            file.write(text)
        return subprocess.run(
            [os.path.join(BIN, "dump_logits"), "--model", MODEL, "--ids",
             ids_file, "--out", self.prefix, *arguments],
            stderr=subprocess.PIPE, text=True, check=False)

    def test_logits_and_log_likelihoods_agree(self):
        lists = [[1, 20, 30], [1, 7]]
        done = self.dump(json.dumps(lists))
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(os.path.join(MODEL, "config.json"), encoding="utf-8") as file:
            vocab = json.load(file)["vocab_size"]
        logits = array.array("f")
        with open(self.prefix + ".logits", "rb") as file:
            logits.frombytes(file.read())
        self.assertEqual(len(logits), 5 * vocab)
        with open(self.prefix + ".json", encoding="utf-8") as file:
            sums = json.load(file)
        row, expected = 0, []
        for ids in lists:
            total = 0.0
            for i, target in enumerate(ids[1:]):
                one = logits[(row + i) * vocab:(row + i + 1) * vocab]
                total += one[target] - math.log(sum(map(math.exp, one)))
            expected.append(total)
            row += len(ids)
        for ours, theirs in zip(sums, expected):
            self.assertAlmostEqual(ours, theirs, places=4)

    def test_bad_input_ends_with_2(self):
        self.assertEqual(self.dump("[[1, 2]").returncode, 2)
        self.assertEqual(
            self.dump("[[1, 2]]", "--adapter", self.folder).returncode, 2)
        self.assertFalse(os.path.exists(self.prefix + ".logits"))


if __name__ == "__main__":
    unittest.main()
