#!/usr/bin/env python3
"""The committed tables of experiments are what their programs print of the
committed rows, and the figures of a README are those of the tables."""

import pathlib
import subprocess
import sys
import unittest

EXPERIMENTS = pathlib.Path(sys.argv[2]) / "experiments"


def rows_of(text):
    """Table rows with figures whose first cell is no file."""
    return {line for line in text.splitlines()
            if line.startswith("|") and not line.startswith("| `")
            and any(c.isdigit() for c in line)}


class Tables(unittest.TestCase):
    def check(self, name):
        folder = EXPERIMENTS / name
        printed = subprocess.run([sys.executable, folder / "tables.py"],
                                 check=True, capture_output=True,
                                 encoding="utf-8").stdout
        committed = (folder / "tables.md").read_text(encoding="utf-8")
        self.assertEqual(printed.splitlines(), committed.splitlines())
        readme = (folder / "README.md").read_text(encoding="utf-8")
        self.assertGreater(len(rows_of(readme)), 1)
        self.assertEqual(rows_of(readme) - rows_of(committed), set())

    def test_search(self):
        self.check("search")

    def test_fidelity(self):
        self.check("fidelity")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
