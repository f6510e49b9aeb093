#!/usr/bin/env python3
"""The parts of experiments/gpu on the CPU.

    gpu_test.py BIN_FOLDER SOURCE_FOLDER
"""

import importlib.machinery
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
SOURCE = sys.argv.pop()
BIN = sys.argv.pop()
GPU = os.path.join(SOURCE, "experiments", "gpu")
TINYWORLD = os.path.join(SOURCE, "experiments", "tinyworld")
MODEL = os.path.join(TINYWORLD, "model")


def import_run_all():
    loader = importlib.machinery.SourceFileLoader(
        "run_all", os.path.join(GPU, "run_all"))
    module = importlib.util.module_from_spec(
        importlib.util.spec_from_loader("run_all", loader))
    loader.exec_module(module)
    return module


class GpuBench(unittest.TestCase):

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.out = os.path.join(self.folder, "out.json")

    def write_input(self, value):
        path = os.path.join(self.folder, "input.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(value, file)
        return path

    def gpu_bench(self, *arguments, model=MODEL):
        return subprocess.run(
            [os.path.join(BIN, "gpu_bench"), *arguments, "--model", model,
             "--out", self.out],
            stderr=subprocess.PIPE, text=True, check=False)

    def result(self, *arguments):
        done = self.gpu_bench(*arguments, "--device", "cpu")
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(self.out, encoding="utf-8") as file:
            return json.load(file)

    def test_recovery_reports_every_update(self):
        data = self.write_input({
            "rows": [[1] + list(range(5 + i, 20 + i)) for i in range(6)],
            "requests": [{"context": [1], "continuations": [[5]]}]})
        result = self.result("recovery", "--input", data, "--micro-batch", "2",
                             "--warmup", "1", "--updates", "2")
        self.assertEqual(len(result["losses"]), 3)
        self.assertGreater(result["tokens_per_second"], 0)
        self.assertGreater(result["trainable_parameters"], 0)

    def test_scoring_reports_every_request(self):
        data = self.write_input({
            "rows": [[1, 5]],
            "requests": [
                {"context": [1, 9], "continuations": [[5, 6], [7]]},
                {"context": [1, 8], "continuations": [[5]]}]})
        result = self.result("scoring", "--input", data, "--dtype", "float32")
        self.assertEqual(result["requests"], 3)
        self.assertEqual(len(result["log_likelihoods"]), 3)
        self.assertTrue(all(l < 0 for l in result["log_likelihoods"]))

    def test_the_cpu_agrees_with_itself(self):
        parity = self.result(
            "parity", "--text", os.path.join(TINYWORLD, "data", "recovery.txt"),
            "--task", os.path.join(TINYWORLD, "data", "grammar.yaml"),
            "--rows", "2", "--updates", "2", "--documents", "8")
        same = parity["device_float32"]
        self.assertEqual(same["logits"], 0)
        self.assertEqual(same["recovery_losses"], 0)
        self.assertEqual(same["log_likelihoods"], 0)
        self.assertEqual(same["changed_answers"], 0)
        self.assertGreater(parity["cpu_bfloat16"]["logits"], 0)
        self.assertEqual(import_run_all().judge_parity(parity),
                         {"device_float32": True, "device_bfloat16": True})

    def test_bad_input_ends_with_2(self):
        empty = self.write_input({"rows": [], "requests": []})
        no_rows = self.gpu_bench("recovery", "--device", "cpu", "--input",
                                 empty)
        self.assertEqual(no_rows.returncode, 2)
        self.assertIn("no rows", no_rows.stderr)
        self.assertFalse(os.path.exists(self.out))
        no_model = self.gpu_bench("scoring", "--device", "cpu", "--input",
                                  empty, model=self.folder)
        self.assertEqual(no_model.returncode, 2)


class RunAll(unittest.TestCase):

    def test_without_a_gpu_it_says_so_and_ends_with_2(self):
        done = subprocess.run(
            [sys.executable, os.path.join(GPU, "run_all")],
            env={**os.environ, "CUDA_VISIBLE_DEVICES": ""},
            stderr=subprocess.PIPE, text=True, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertRegex(done.stderr, "no CUDA GPU|torch is not here")

    def test_a_device_that_computes_something_else_is_found(self):
        names = ("logits", "recovery_losses", "recovered_logits",
                 "log_likelihoods")
        parity = {"cpu_bfloat16": dict.fromkeys(names, 0.1),
                  "device_float32": dict.fromkeys(names, 0.001),
                  "device_bfloat16": dict.fromkeys(names, 0.1)}
        judge = import_run_all().judge_parity
        self.assertEqual(judge(parity),
                         {"device_float32": True, "device_bfloat16": True})
        parity["device_float32"]["recovery_losses"] = 0.05
        parity["device_bfloat16"]["logits"] = None  # was not a number
        self.assertEqual(judge(parity),
                         {"device_float32": False, "device_bfloat16": False})

    def test_a_step_that_fails_is_named_in_the_result(self):
        run_json = import_run_all().run_json
        failed = run_json(["sh", "-c", "echo broken >&2; exit 3"], "", None, 9)
        self.assertIn("ended with 3: broken", failed["error"])
        late = run_json(["sleep", "9"], "", None, 0.1)
        self.assertIn("did not end", late["error"])


if __name__ == "__main__":
    unittest.main()
