#!/usr/bin/env python3
"""The Python package evaluators/python as its users have it: installed by pip,
its evaluators run by `rankadaptor search`.

    python_test.py PROGRAM SOURCE_FOLDER

Runs under any interpreter; the evaluators run under the first one that has
protobuf: RANKADAPTOR_PYTHON, this one, /usr/bin/python3. The peft example runs
where that one has peft and RANKADAPTOR_MODELS_DIR has stories260K
(experiments/peers/run_all makes such an environment).
"""

import filecmp
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import unittest

SOURCE = os.path.abspath(sys.argv.pop())
PROGRAM = os.path.abspath(sys.argv.pop())
PACKAGE = os.path.join(SOURCE, "evaluators", "python")


def has(python, *modules):
    return subprocess.run(
        [python, "-c", "import " + ", ".join(modules)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        check=False).returncode == 0


def find_python(*modules):
    candidates = [os.environ.get("RANKADAPTOR_PYTHON"), sys.executable,
                  "/usr/bin/python3"]
    for python in candidates:
        if python and os.path.exists(python) and \
                all(has(python, module) for module in modules):
            return python
    return None


PYTHON = find_python("google.protobuf")
INSTALLER = find_python("pip", "setuptools", "wheel")

EVALUATOR = '''
import os
import signal

from rankadaptor_evaluator import Infeasible, Measurement, evaluator, run

print("this goes to the log")

FAULTS = ["none", "raises", "infeasible", "nan", "text", "memory", "exits",
          "noise", "surrogate", "number for a name"]
SPACE = {"fault": dict.fromkeys(FAULTS),
         "rank": [2, 4.5, 8]}


@evaluator(SPACE, name="test.python", version="7", direction="minimize",
           objective="loss", fidelities=[1])
def evaluate(values, trial):
    fault = values["fault"]
    if fault == "raises":
        raise ValueError("no such\\nGPU")
    if fault == "infeasible":
        raise Infeasible("rank does not fit")
    if fault == "nan":
        return float("nan")
    if fault == "text":
        return "good"
    if fault == "memory":
        return len(bytearray(1 << 40))
    if fault == "exits":
        os._exit(5)
    if fault == "noise":
        os.write(1, b"written to descriptor 1\\n")
    if fault == "surrogate":
        raise OSError("no file \\udcff")
    if fault == "number for a name":
        return Measurement(1, {7: 1.0})
    trial.report(0.5, 1.0)
    return Measurement(values["rank"], {"seed": trial.seed % 100,
                                        "scale": trial.config["scale"]})
'''

REASONS = {
    "raises": "ValueError: no such GPU",
    "infeasible": "rank does not fit",
    "nan": "ValueError: returned objective = nan, which is not finite",
    "text": "TypeError: returned objective = 'good', which is no number",
    "memory": "MemoryError",
    "exits": "ended with exit code 5",
    "surrogate": "OSError: no file ?",
    "number for a name": "TypeError: returned a metric with the name 7, which "
                         "is no text",
}
FAULTS = ["none", "raises", "infeasible", "nan", "text", "memory", "exits",
          "noise", "surrogate", "number for a name"]


def config(command, **more):
    process = {"command": command, "config": {"scale": 3},
               "isolation": {"retries": 0}}
    process.update(more)
    return {"schema_revision": 1,
            "evaluator": {"process": process},
            "search": {"strategy": "random", "num_initial_trials": len(FAULTS),
                       "max_trials": len(FAULTS)},
            "confirmation": {"seeds": 2}}


class PythonTest(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.installed = tempfile.mkdtemp()
        # pip builds where the sources are.
        copy = os.path.join(cls.installed, "copy")
        shutil.copytree(PACKAGE, copy)
        subprocess.run(
            [INSTALLER, "-m", "pip", "install", "--quiet", "--no-deps",
             "--no-build-isolation", "--no-index",
             "--disable-pip-version-check",
             "--root-user-action=ignore", "--target",
             os.path.join(cls.installed, "lib"), copy], check=True)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.installed)

    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.write("evaluator.py", EVALUATOR)

    def tearDown(self):
        shutil.rmtree(self.folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)

    def search(self, settings, *arguments):
        self.write("a.yaml", json.dumps(settings))
        environment = dict(os.environ, OMP_NUM_THREADS="1",
                           PYTHONPATH=os.path.join(self.installed, "lib"))
        return subprocess.run(
            [PROGRAM, "search", "a.yaml", *arguments], cwd=self.folder,
            env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, check=False)

    def trials(self):
        with sqlite3.connect(self.path("a.study.db")) as database:
            return database.execute(
                "select choices, state, objective, reason, id from trials "
                "where purpose < 3 order by id").fetchall()

    def metrics(self, trial):
        with sqlite3.connect(self.path("a.study.db")) as database:
            return dict(database.execute(
                "select name, value from metrics where trial_id = ?", (trial,)))

    def test_every_outcome_is_in_the_study(self):
        settings = config(
            [PYTHON, "-m", "rankadaptor_evaluator", "evaluator.py"])
        settings["search"]["enqueued"] = [
            {"values": [i, 4.5]} for i in range(len(FAULTS))]
        result = self.search(settings)
        self.assertEqual(result.returncode, 0, result.stderr)
        for index, trial in enumerate(self.trials()):
            _, state, objective, reason, identity = trial
            fault = FAULTS[index]
            if fault in REASONS:
                self.assertEqual(state, 3 if fault == "infeasible" else 2)
                self.assertIn(REASONS[fault], reason)
            else:
                self.assertEqual((state, objective), (1, -4.5), reason)
                self.assertEqual(self.metrics(identity)["scale"], 3)
        self.assertIn("written to descriptor 1", result.stderr)
        self.assertIn("loss, lower is better", result.stdout)
        with sqlite3.connect(self.path("a.study.db")) as database:
            self.assertEqual(database.execute(
                "select evaluator from studies").fetchone()[0],
                             "test.python 7")

    def test_a_program_that_prints_first_is_told_so(self):
        self.write("main.py", EVALUATOR + "\n\nrun(evaluate)\n")
        result = self.search(config([PYTHON, "-u", "main.py"]))
        self.assertEqual(result.returncode, 2)
        self.assertIn('sent text where a message was due: "this goes to the '
                      'log"', result.stderr)

    def test_a_program_may_call_run_itself(self):
        self.write("main.py", EVALUATOR.replace("print(", "str(") +
                   "\n\nrun(evaluate)\n")
        result = self.search(config([PYTHON, "main.py"]), "--set",
                             "search.enqueued=[{values: [0, 2]}]", "--set",
                             "search.num_initial_trials=1", "--set",
                             "search.max_trials=1")
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_what_cannot_run_is_refused_with_its_last_line(self):
        cases = {
            "missing.py": "missing.py: no such file",
            "json": "name one of the evaluators: there is none",
        }
        for name, problem in cases.items():
            result = self.search(
                config([PYTHON, "-m", "rankadaptor_evaluator", name]))
            self.assertEqual(result.returncode, 2)
            self.assertIn(problem, result.stderr)
            self.assertFalse(os.path.exists(self.path("a.study.db")))

    def test_another_space_is_refused(self):
        command = [PYTHON, "-m", "rankadaptor_evaluator", "evaluator.py"]
        space = {"parameters": [{"name": "rank", "choices": [1]}]}
        result = self.search(config(command, space=space))
        self.assertEqual(result.returncode, 2)
        self.assertIn("ValueError: the study has the parameters ['rank'], this "
                      "evaluator ['fault', 'rank']", result.stderr)

    def test_an_engine_of_another_protocol_is_refused(self):
        hello = b"\x06\0\0\0" b"\x08\x01" b"\x12\x02\x08\x02"  # 1, version 2.0
        result = subprocess.run(
            [PYTHON, "-m", "rankadaptor_evaluator", "evaluator.py"],
            input=hello, cwd=self.folder, check=True,
            env=dict(os.environ,
                     PYTHONPATH=os.path.join(self.installed, "lib")),
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.assertIn(b"the engine speaks version 2.0 of the protocol, this "
                      b"package 1.", result.stdout)

    def test_limits_may_be_added_to_its_space(self):
        command = [PYTHON, "-m", "rankadaptor_evaluator", "evaluator.py"]
        space = {"parameters": [{"name": "fault", "labels": FAULTS},
                                {"name": "rank", "choices": [2, 4.5, 8]}],
                 "limits": [{"max": 4, "weights": [0, 1]}]}
        result = self.search(config(command, space=space))
        self.assertEqual(result.returncode, 0, result.stderr)
        for choices, *_ in self.trials():
            self.assertEqual(json.loads(choices)[1], 0)

    def test_the_committed_messages_are_the_protocols(self):
        if not shutil.which("protoc") or "libprotoc 3.21" not in \
                subprocess.run(["protoc", "--version"], text=True, check=True,
                               stdout=subprocess.PIPE).stdout:
            self.skipTest("no protoc 3.21")
        subprocess.run([os.path.join(PACKAGE, "generate"), self.folder],
                       check=True)
        for name in ("_protocol_pb2.py", "_protocol_pb2.pyi"):
            committed = os.path.join(PACKAGE, "src", "rankadaptor_evaluator",
                                     name)
            self.assertTrue(filecmp.cmp(committed, self.path(name), False),
                            f"{name}: run evaluators/python/generate")

    def test_the_scikit_learn_example(self):
        if not has(PYTHON, "sklearn"):
            self.skipTest("no scikit-learn: python3-sklearn")
        shutil.copy(os.path.join(PACKAGE, "examples", "digits.py"), self.folder)
        settings = config([PYTHON, "digits.py"])
        settings["search"] = {"num_initial_trials": 3, "max_trials": 4}
        settings["confirmation"] = {"seeds": 1}
        result = self.search(settings)
        self.assertEqual(result.returncode, 0, result.stderr)
        best = max(objective for *_, objective, _, _ in self.trials())
        self.assertGreater(best, 0.5)

    def test_the_peft_example(self):
        model = os.path.join(os.environ.get("RANKADAPTOR_MODELS_DIR", ""),
                             "stories260K")
        if not has(PYTHON, "peft", "transformers"):
            self.skipTest("no peft and transformers: RANKADAPTOR_PYTHON")
        if not os.path.isdir(model):
            self.skipTest("no stories260K: RANKADAPTOR_MODELS_DIR")
        shutil.copy(os.path.join(PACKAGE, "examples", "peft_ranks.py"),
                    self.folder)
        self.write("text", "".join(
            f"Once upon a time, a girl had {i} red balls and lost one.\n"
            for i in range(200)))
        settings = config([PYTHON, "peft_ranks.py"], config={
            "model": model, "train_text": "text", "heldout_text": "text",
            "steps": 20, "windows": 4})
        settings["search"] = {"num_initial_trials": 2, "max_trials": 3}
        settings["confirmation"] = {"seeds": 1}
        result = self.search(settings)
        self.assertEqual(result.returncode, 0, result.stderr)
        losses = [-objective for _, _, objective, _, _ in self.trials()]
        self.assertEqual(len(losses), 3)
        self.assertLess(max(losses), 4)
        self.assertIn("trainable parameters", self.metrics(0))


if __name__ == "__main__":
    if not PYTHON:
        print("[  SKIPPED ] no Python with protobuf: python3-protobuf")
    elif not INSTALLER:
        print("[  SKIPPED ] no Python with pip, setuptools and wheel")
    else:
        unittest.main()
