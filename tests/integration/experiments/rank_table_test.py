#!/usr/bin/env python3
"""The measured table of experiments/rank_table, searched.

    rank_table_test.py BIN_FOLDER SOURCE_FOLDER
"""

import csv
import json
import os
import subprocess
import sys
import tempfile
import unittest

SOURCE = sys.argv.pop()
BIN = sys.argv.pop()
FOLDER = os.path.join(SOURCE, "experiments", "rank_table")
CONFIG = os.path.join(FOLDER, "search.yaml")


class RankTable(unittest.TestCase):

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def search(self, *arguments):
        report = os.path.join(self.folder, "report.json")
        done = subprocess.run(
            [os.path.join(BIN, "rankadaptor"), "search", CONFIG, "--study",
             os.path.join(self.folder, "a.study.db"), "--json", report,
             *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            check=False)
        if done.returncode:
            return done, {}
        with open(report, encoding="utf-8") as file:
            rows = json.load(file)["rows"]
        return done, {row["label"]: row["objective"]["mean"] for row in rows}

    def test_what_is_found_is_between_uniform_and_the_best(self):
        done, rows = self.search()
        self.assertEqual(done.returncode, 0, done.stderr)
        best = rows["best of the table"]
        self.assertGreaterEqual(best, rows["best by search items"])
        self.assertGreaterEqual(best, rows["uniform 8"])
        found = max(value for label, value in rows.items()
                    if label.startswith(("recommended", "best observed")))
        self.assertLessEqual(found, best + 1e-9)
        # The table spans 0.08 nats.
        self.assertGreater(found, best - 0.03)

    def test_unknown_metric_is_named(self):
        done, _ = self.search("--set", "evaluator.table.objective=speed")
        self.assertEqual(done.returncode, 2)
        self.assertIn("has no metric speed", done.stderr)

    def test_limit_below_the_smallest_sum_is_refused(self):
        done, _ = self.search("--set", "evaluator.table.max_sum=5")
        self.assertEqual(done.returncode, 2)
        self.assertIn("evaluator.table", done.stderr)

    def search_table(self, *source):
        out = os.path.join(self.folder, "out.csv")
        subprocess.run(
            [os.path.join(BIN, "search_table"),
             os.path.join(FOLDER, "stories260K.csv"), "24", "structured",
             "0-1", "4", out, *source], check=True)
        with open(out, newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def test_regrets_fall_to_zero_at_the_best(self):
        rows = self.search_table()
        self.assertEqual([row["trials"] for row in rows],
                         2 * ["1", "2", "3", "4", "recommended"])
        for seed in "01":
            regrets = [float(row["observed"]) for row in rows
                       if row["seed"] == seed][:-1]
            self.assertEqual(regrets, sorted(regrets, reverse=True))
            self.assertGreaterEqual(regrets[-1], 0)

    def test_a_source_says_where_to_begin(self):
        source = os.path.join(self.folder, "source.csv")
        ranks = range(2, 13, 2)
        vectors = [(a, b, c) for a in ranks for b in ranks for c in ranks]
        with open(source, "w", encoding="utf-8") as file:
            file.write("layer 1,layer 2,layer 3,seed,score\n")
            for a, b, c in vectors:
                file.write(f"{a},{b},{c},1,{a + b + c}\n")
        rows = self.search_table(source)
        sources = {row["source"] for row in rows}
        self.assertEqual(sources, {"none", "nested", "reversed"})
        first = {row["source"]: float(row["observed"]) for row in rows
                 if row["trials"] == "1" and row["seed"] == "0"}
        # More rank is better, and (2, 2, 2) is the worst there is.
        self.assertLess(first["nested"], first["reversed"])


if __name__ == "__main__":
    unittest.main()
