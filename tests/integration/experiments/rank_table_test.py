#!/usr/bin/env python3
"""The measured table of experiments/rank_table, searched.

    rank_table_test.py BIN_FOLDER SOURCE_FOLDER
"""

import json
import os
import subprocess
import sys
import tempfile
import unittest

SOURCE = sys.argv.pop()
BIN = sys.argv.pop()
CONFIG = os.path.join(SOURCE, "experiments", "rank_table", "search.yaml")


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


if __name__ == "__main__":
    unittest.main()
