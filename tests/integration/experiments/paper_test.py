#!/usr/bin/env python3
"""experiments/paper without checkpoints: plans on the models' shapes, the
paper's figures, and a run with a program that only pretends.

    paper_test.py BIN_FOLDER SOURCE_FOLDER
"""

import os
import stat
import subprocess
import sys
import tempfile
import unittest

SOURCE = sys.argv.pop()
BIN = sys.argv.pop()
PAPER = os.path.join(SOURCE, "experiments", "paper")
sys.path.insert(0, PAPER)
sys.dont_write_bytecode = True

import cells  # pylint: disable=wrong-import-position

# Makes what it is asked for: scores of 0.5 and best rows of 0.6.
PRETENDER = """#!/usr/bin/env python3
import json, os, sys
words = sys.argv[1:]
def after(name):
    return words[words.index(name) + 1]
if words[0] == "search":
    with open(after("--json"), "w") as file:
        json.dump({"rows": [{"is_best": True, "metrics": {},
                             "objective": {"mean": 0.6}}]}, file)
else:
    os.makedirs(after("--out"))
if words[0] == "eval":
    first = words.index("--tasks") + 1
    tasks = words[first:words.index("--data-dir")]
    results = {task: {"acc,none": 0.5, "acc_norm,none": 0.5}
               for task in tasks}
    with open(os.path.join(after("--out"), "results_1.json"), "w") as file:
        json.dump({"results": results}, file)
"""


class Paper(unittest.TestCase):

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def run_paper(self, *arguments, program=os.path.join(BIN, "rankadaptor")):
        done = subprocess.run(
            [sys.executable, "-B", os.path.join(PAPER, "paper.py"),
             *arguments, "--program", program, "--work",
             os.path.join(self.folder, "work")],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_plan_needs_shapes_alone(self):
        text = self.run_paper("table1", "--dry-run")
        self.assertIn("5,422,977,024 (80.48 %)", text)
        self.assertIn("| 17,419,264 |", text)

    def test_figures_agree_with_themselves(self):
        for table in ("table2", "table4", "table5", "table6"):
            for row in cells.figures(table):
                mean = sum(float(row[task]) for task in cells.TASKS) / 7
                self.assertAlmostEqual(mean, float(row["average"]), delta=0.02,
                                       msg=f"{table} {row}")

    def test_rank_vectors_are_runnable_but_for_two_misprints(self):
        vectors = cells.table_cells("table7")
        self.assertEqual(len(vectors), 26)
        for cell in vectors:
            self.assertEqual(len(cell.ranks), 32)
            self.assertLessEqual(set(cell.ranks), {2, 4, 6, 8, 10, 12})

    def test_loraplus_vector_is_that_of_figure_2(self):
        self.assertEqual(cells.quarters(32),
                         (4,) * 8 + (6,) * 8 + (10,) * 8 + (12,) * 8)

    def test_tables_run_through_and_prints_both_figures(self):
        program = os.path.join(self.folder, "pretender")
        with open(program, "w", encoding="utf-8") as file:
            file.write(PRETENDER)
        os.chmod(program, stat.S_IRWXU)
        for table in ("table2", "table6", "figure2"):
            text = self.run_paper(table, program=program)
            self.assertIn("| BoolQ |", text)
        text = self.run_paper("table2", "--print", program=program)
        self.assertIn("| 50.00 (63.30) |", text)  # LoRA, BoolQ, 20 %
        self.assertIn("| 60.00 (67.34) |", text)  # RankAdaptor
        self.assertIn("scoring preset lm_eval_2023_05 (LLM-Pruner), "
                      "lm_eval_2023_08 (Shortened LLaMA)", text)
        self.assertNotIn("$", text)


if __name__ == "__main__":
    unittest.main()
