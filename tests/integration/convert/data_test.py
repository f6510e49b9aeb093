"""convert_data.py on small fakes of the data sets: no network."""

import contextlib
import io
import json
import os
import sys
import tempfile
import unittest

sys.path.insert(0, sys.argv.pop(1))
import convert_data  # noqa: E402

CHOICES = {"text": ["x", "y"], "label": ["1", "2"]}
ROWS = {
    "boolq": {"question": "q", "passage": "p", "idx": 0, "label": 1},
    "winogrande_xl": {"sentence": "a _ b", "option1": "x", "option2": "y",
                      "answer": "2"},
    "ARC-Easy": {"id": "1", "question": "q", "choices": CHOICES,
                 "answerKey": "2"},
    "ARC-Challenge": {"id": "1", "question": "q", "choices": CHOICES,
                      "answerKey": "2"},
    "main": {"id": "1", "question_stem": "q", "choices": CHOICES,
             "answerKey": "1"},
    "ybisk/piqa": {"goal": "g", "sol1": "a", "sol2": "b", "label": 1},
    "Rowan/hellaswag": {"activity_label": "A", "ctx_a": "a", "ctx_b": "b",
                        "ctx": "a b", "endings": ["w", "x", "y", "z"],
                        "label": "3", "source_id": "s"},
    "yahma/alpaca-cleaned": {"instruction": "i", "input": "\u00e9",
                             "output": "o"},
    "bookcorpus/bookcorpus": {"text": "some  words\nhere"},
}


def fake(name, config, split):
    """As many rows as the real data set has."""
    del split
    counts = {(t[0], t[1]): t[3] for t in convert_data.TASKS.values()}
    counts[convert_data.ALPACA[:2]] = convert_data.ALPACA[3]
    count = counts.get((name, config), convert_data.NUM_CALIBRATION_LINES)
    row = ROWS[config] if config else ROWS[name]
    return (row for _ in range(count))


def run(*arguments, load=fake):
    """(exit code, what it printed)."""
    text = io.StringIO()
    with contextlib.redirect_stdout(text), contextlib.redirect_stderr(text):
        code = convert_data.main(list(arguments), load)
    return code, text.getvalue()


class ConvertDataTest(unittest.TestCase):

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.out = folder.name

    def lines(self, file):
        with open(os.path.join(self.out, file), encoding="utf-8") as data:
            return data.read().splitlines()

    def test_writes_every_file_and_its_checksum(self):
        self.assertEqual(run(self.out)[0], 0)
        self.assertEqual(len(self.lines("SHA256SUMS")), 9)
        self.assertEqual(json.loads(self.lines("benchmarks/boolq.jsonl")[0]),
                         {"question": "q", "passage": "p", "label": 1})
        self.assertEqual(len(self.lines("benchmarks/openbookqa.jsonl")), 500)
        self.assertEqual(self.lines("text/calibration.txt")[7],
                         "some words here")
        code, text = run(self.out, "--check")
        self.assertEqual((code, text), (0, "9 files are as SHA256SUMS says\n"))

    def test_one_data_set_keeps_the_checksums_of_the_others(self):
        run(self.out, "--only", "piqa")
        run(self.out, "--only", "winogrande")
        self.assertEqual([line[66:] for line in self.lines("SHA256SUMS")],
                         ["benchmarks/piqa.jsonl",
                          "benchmarks/winogrande.jsonl"])

    def test_a_changed_file_is_named(self):
        run(self.out, "--only", "piqa")
        with open(os.path.join(self.out, "benchmarks/piqa.jsonl"), "a",
                  encoding="utf-8") as file:
            file.write("\n")
        code, text = run(self.out, "--check")
        self.assertEqual(code, 2)
        self.assertIn("piqa.jsonl: has SHA-256", text)

    def test_another_number_of_rows_is_refused(self):
        code, text = run(self.out, "--only", "piqa",
                         load=lambda *_: [ROWS["ybisk/piqa"]] * 3)
        self.assertEqual(code, 2)
        self.assertIn("piqa: has 3 rows, 1838 are expected", text)
        self.assertFalse(os.path.exists(os.path.join(self.out, "benchmarks")))

    def test_another_form_is_refused(self):
        code, text = run(self.out, "--only", "piqa",
                         load=lambda *_: [{"goal": "g"}])
        self.assertEqual(code, 2)
        self.assertIn("row 0 has not the expected form: KeyError('sol1')",
                      text)

    def test_check_needs_checksums(self):
        code, text = run(self.out, "--check")
        self.assertEqual(code, 2)
        self.assertIn("SHA256SUMS: no such file", text)


if __name__ == "__main__":
    unittest.main()
