#!/usr/bin/env python3
"""The Python module from outside, as docs/python.md describes it.

    study_test.py PROGRAM MODULE_FOLDER SOURCE_FOLDER
"""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import unittest

SOURCE = sys.argv.pop()
MODULES = os.path.abspath(sys.argv.pop())
PROGRAM = os.path.abspath(sys.argv.pop())
sys.path.insert(0, MODULES)

import rankadaptor  # noqa: E402
from rankadaptor import (Constraint, Exhausted, Parameter, Source, Study,
                         Table)  # noqa: E402

SPACE = {"a": [2, 4, 6, 8], "b": ["x", "y", "z"], "c": [0.5, 1.5],
         "d": [1, 2, 3, 4, 5]}
COST = {"a": [2, 4, 6, 8], "d": [1, 2, 3, 4, 5]}
AT_MOST_NINE = Constraint(max=9, weights=COST)


def score(values):
    return -(values["a"] - 4) ** 2 + (values["b"] == "y") - abs(
        values["d"] - 3)


def drive(study, num_trials):
    """Trials by id; every seventh fails."""
    trials = {}
    while max(trials, default=-1) < num_trials - 1:
        trial = study.ask()
        trials[trial.id] = trial.values
        if trial.id % 7 == 5:
            study.tell(trial, failed="out of memory")
        else:
            study.tell(trial, score(trial.values))
    return trials


def served_trials(num_trials, **create):
    """The same by `rankadaptor serve`."""
    parameters = [{"name": name, "values": values} for name, values
                  in SPACE.items()]
    parameters[1]["type"] = "categorical"
    weights = [[2, 4, 6, 8], [0, 0, 0], [0, 0], [1, 2, 3, 4, 5]]
    with subprocess.Popen([PROGRAM, "serve", "--stdio"], text=True,
                          stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as server:
        def call(**request):
            server.stdin.write(json.dumps(request) + "\n")
            server.stdin.flush()
            return json.loads(server.stdout.readline())

        made = call(op="create", space={"parameters": parameters},
                    constraints=[{"weights": weights, "max": 9}], **create)
        assert made == {"ok": True}, made
        trials = {}
        while max(trials, default=-1) < num_trials - 1:
            trial = call(op="ask")["trials"][0]
            values = dict(zip(SPACE, trial["values"]))
            trials[trial["id"]] = values
            if trial["id"] % 7 == 5:
                call(op="tell", id=trial["id"], state="failed",
                     reason="out of memory")
            else:
                call(op="tell", id=trial["id"], score=score(values))
        server.stdin.close()
        return trials


class StudyTest(unittest.TestCase):

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def path(self, name):
        return os.path.join(self.folder, name)

    def run_script(self, script):
        return subprocess.run(
            [sys.executable, "-c", script], cwd=self.folder,
            capture_output=True, text=True, check=False,
            env=dict(os.environ, PYTHONPATH=MODULES))

    def test_the_documented_example_runs_and_goes_on(self):
        with open(os.path.join(SOURCE, "docs", "python.md"),
                  encoding="utf-8") as file:
            script = re.search(r"```python\n(.*?)```", file.read(),
                               re.DOTALL).group(1)
        for last in (39, 79):
            done = self.run_script(script)
            self.assertEqual(done.returncode, 0, done.stderr)
            with Study({f"layer {i}": [2, 3, 4, 8] for i in range(6)},
                       self.path("bits.db"), direction="minimize",
                       constraints=[Constraint(max=24, weights={
                           f"layer {i}": [2, 3, 4, 8] for i in range(6)})]
                       ) as study:
                self.assertEqual(study.trials[-1].id, last)
                self.assertIn(f"score={study.best.score}", done.stdout)
                for trial in study.trials:
                    self.assertLessEqual(sum(trial.values.values()), 24)

    def test_trials_are_those_of_serve(self):
        for strategy in ("structured", "mlp", "random", "latin_hypercube",
                         "local_search", "evolutionary", "proportional"):
            study = Study(SPACE, seed=7, strategy=strategy,
                          constraints=[AT_MOST_NINE])
            self.assertEqual(drive(study, 25),
                             served_trials(25, seed=7, strategy=strategy),
                             strategy)

    def test_a_file_of_serve_goes_on_here(self):
        served_trials(12, seed=7, study=self.path("study.db"))
        with Study(SPACE, self.path("study.db"),
                   constraints=[AT_MOST_NINE]) as study:
            self.assertEqual(len(study.trials), 12)
            here = drive(study, 25)
        whole = served_trials(25, seed=7)
        self.assertEqual(here, {i: whole[i] for i in range(12, 25)})

    def test_killed_anywhere_it_goes_on_with_the_same_trials(self):
        whole = drive(Study(SPACE, seed=3, constraints=[AT_MOST_NINE]), 20)
        script = f'''
import os, signal, sys
sys.argv = ["", {PROGRAM!r}, {MODULES!r}, {SOURCE!r}]
sys.path.insert(0, {os.path.dirname(os.path.abspath(__file__))!r})
from study_test import AT_MOST_NINE, SPACE, Study, score
study = Study(SPACE, FILE, seed=3, constraints=[AT_MOST_NINE])
for step in range(LAST + 1):
    trial = study.ask()
    print(trial.id, flush=True)
    if step == LAST and not TOLD:
        os.kill(os.getpid(), signal.SIGKILL)
    if trial.id % 7 == 5:
        study.tell(trial, failed="out of memory")
    else:
        study.tell(trial, score(trial.values))
os.kill(os.getpid(), signal.SIGKILL)
'''
        for last, told in ((0, False), (4, True), (9, False), (13, True)):
            file = self.path(f"{last}.db")
            killed = self.run_script(
                script.replace("FILE", repr(file)).replace(
                    "LAST", str(last)).replace("TOLD", str(told)))
            self.assertEqual(killed.returncode, -signal.SIGKILL,
                             killed.stderr)
            with Study(SPACE, file, constraints=[AT_MOST_NINE]) as study:
                first = last + 1 if told else last
                self.assertEqual(len(study.trials), first)
                self.assertEqual(drive(study, 20), {
                    i: whole[i] for i in range(first, 20)}, last)

    def test_direction_best_and_trials(self):
        study = Study(SPACE, direction="minimize", seed=1)
        self.assertIsNone(study.best)
        self.assertIsNone(study.recommended)
        self.assertEqual(study.importance, {})
        asked = study.ask(3)
        self.assertEqual([trial.id for trial in asked], [0, 1, 2])
        study.tell(asked[2], 5)
        study.tell(asked[0].id, 2.5)
        study.tell(asked[1], failed="no GPU")
        self.assertEqual((study.best.id, study.best.score,
                          study.best.values), (0, 2.5, asked[0].values))
        self.assertEqual([(t.id, t.score, t.failed) for t in study.trials],
                         [(2, 5, None), (0, 2.5, None), (1, None, "no GPU")])
        drive(Study(SPACE), 3)
        while len(study.trials) < 30:
            trial = study.ask()
            study.tell(trial, -score(trial.values))
        self.assertEqual(set(study.importance), set(SPACE))
        self.assertGreater(study.importance["a"], study.importance["c"])
        self.assertIsNotNone(study.recommended.predicted)

    def test_everything_is_handed_out_once(self):
        study = Study({"a": (1, 2), "b": [True, False]})
        told = []
        with self.assertRaisesRegex(Exhausted, "every configuration"):
            while True:
                trial = study.ask()
                told.append(tuple(trial.values.values()))
                study.tell(trial, 1)
        self.assertEqual(sorted(told), [(1, False), (1, True), (2, False),
                                        (2, True)])
        self.assertEqual(study.ask(2), [])

    def test_enqueued_comes_first_and_keeps_the_constraints(self):
        study = Study(SPACE, constraints=[AT_MOST_NINE])
        mine = {"d": 1, "c": 1.5, "b": "z", "a": 8}
        self.assertEqual(study.enqueue(mine), 0)
        self.assertEqual(study.ask().values, mine)
        with self.assertRaisesRegex(ValueError, "^values: .*constraint"):
            study.enqueue(dict(mine, d=5))

    def test_tied_tables_sources_and_fidelities(self):
        names = ["q0", "w0", "q1", "w1"]
        space = {name: Parameter([1, 2, 4], descriptors={"depth": i // 2})
                 for i, name in enumerate(names)}
        area = [[q * w for w in (1, 2, 4)] for q in (1, 2, 4)]
        past = {f"{name}{i}": [1, 2, 4] for i in range(4) for name in "qw"}
        study = Study(
            space, tied=[["q0", "q1"]], fidelities=[0.5, 1],
            constraints=[Constraint(max=8, tables=[
                Table(["q0", "w0"], area), Table(["w0", "q1"], area)])],
            sources=[Source([[1, 2, 1, 4], dict.fromkeys(names, 1)], [3, 4]),
                     Source([[1] * 8], [2], name="larger", space={
                         name: Parameter(values, descriptors={"depth": 0})
                         for name, values in past.items()})])
        fidelities = set()
        for _ in range(20):
            trial = study.ask()
            self.assertEqual(trial.values["q0"], trial.values["q1"])
            self.assertLessEqual(
                2 * trial.values["q0"] * trial.values["w0"], 8)
            fidelities.add(trial.fidelity)
            study.tell(trial, trial.values["w1"], fidelity=trial.fidelity)
        self.assertEqual(fidelities, {0.5, 1})
        self.assertEqual({t.fidelity for t in study.trials}, {0.5, 1})

    def test_threads_share_a_study(self):
        study = Study(SPACE, strategy="random")
        failures = []

        def work():
            try:
                for _ in range(15):
                    trial = study.ask()
                    study.tell(trial, score(trial.values))
            except BaseException as error:  # seen by the main thread
                failures.append(error)

        threads = [threading.Thread(target=work) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])
        self.assertEqual(sorted(t.id for t in study.trials), list(range(90)))

    def test_one_study_at_a_time_has_the_file(self):
        first = Study(SPACE, self.path("study.db"))
        with self.assertRaisesRegex(OSError, "study.db"):
            Study(SPACE, self.path("study.db"))
        first.close()
        with self.assertRaisesRegex(ValueError, "closed"):
            first.ask()
        Study(SPACE, self.path("study.db")).close()

    def test_a_file_of_something_else_is_refused_and_left_alone(self):
        with Study(SPACE, self.path("study.db")) as study:
            drive(study, 2)
        for wrong in (dict(SPACE, a=[2, 4, 6]), dict(SPACE, e=[1, 2])):
            with self.assertRaisesRegex(ValueError, "was made with space"):
                Study(wrong, self.path("study.db"))
        with self.assertRaisesRegex(ValueError, "direction"):
            Study(SPACE, self.path("study.db"), direction="minimize")
        with open(self.path("text"), "w", encoding="utf-8") as file:
            file.write("no study, a text that is longer than a header" * 9)
        with self.assertRaisesRegex(OSError, "text: file is not a database"):
            Study(SPACE, self.path("text"))
        with Study(SPACE, self.path("study.db")) as study:
            self.assertEqual(len(study.trials), 2)

    def test_wrong_arguments_are_named(self):
        for message, arguments in (
                ("not 0", {"space": {}}),
                ("allowed: the values of each", {"space": [1]}),
                ("strictly ascending", {"space": {"a": [3, 1]}}),
                ("'a' has the values 'xy'", {"space": {"a": "xy"}}),
                ("'a' has the values 3", {"space": {"a": 3}}),
                (r"values\[1\] = null", {"space": {"a": [1, None]}}),
                (r"name = 1 is not a string", {"space": {1: [1, 2]}}),
                ("NaN is not a finite", {"space": {"a": [1, float("nan")]}}),
                ("seed = -1", {"seed": -1}),
                ("seed = 1.5", {"seed": 1.5}),
                ("direction = \"up\"", {"direction": "up"}),
                ("no strategy is called 'tpe'", {"strategy": "tpe"}),
                ("'paper' needs a performance model", {"strategy": "paper"}),
                ("\"e\" is not a parameter", {"tied": [["a", "e"]]}),
                ("weighs 'e'", {"constraints": [
                    Constraint(max=1, weights={"e": [1]})]}),
                ("the weights for 'a'", {"constraints": [
                    Constraint(max=1, weights={"a": [1]})]}),
                ("limit of 0", {"constraints": [
                    Constraint(max=0, weights=COST)]}),
                ("fidelities", {"fidelities": [0.5]}),
                ("2 scores for 1", {"sources": [
                    Source([[2, "x", 0.5, 1]], [1, 2])]}),
                ("'c' has no value", {"sources": [
                    Source([{"a": 2, "b": "x"}], [1])]}),
                ("not a number, text", {"seed": object()})):
            with self.assertRaisesRegex(ValueError, message):
                Study(arguments.pop("space", SPACE), **arguments)
        study = Study(SPACE)
        trial = study.ask()
        for message, wrong in (
                ("trial 9 was not asked", lambda: study.tell(9, 1)),
                ("NaN is not a finite", lambda: study.tell(
                    trial, float("nan"))),
                ("not with both", lambda: study.tell(trial)),
                ("not with both", lambda: study.tell(trial, 1, failed="x")),
                ("declares no fidelities", lambda: study.tell(
                    trial, 1, fidelity=0.5)),
                ("count = 0", lambda: study.ask(0)),
                ("'e' is not a parameter", lambda: study.enqueue({"e": 1}))):
            with self.assertRaisesRegex(ValueError, message):
                wrong()
        study.tell(trial, 1)
        with self.assertRaisesRegex(ValueError, "told already"):
            study.tell(trial, 1)
        self.assertEqual(len(study.trials), 1)

    def test_numbers_of_other_packages_are_numbers(self):
        class Scalar:  # as NumPy's and torch's
            def __init__(self, value):
                self.value = value

            def item(self):
                return self.value

        study = Study({"a": [Scalar(2), Scalar(4)], "b": range(3)})
        trial = study.ask()
        self.assertIn(trial.values["a"], (2, 4))
        study.tell(trial, Scalar(0.5))
        self.assertEqual(study.best.score, 0.5)

    def test_version_is_the_engines(self):
        said = subprocess.run([PROGRAM, "--version"], capture_output=True,
                              text=True, check=True).stdout
        self.assertIn(rankadaptor.__version__, said)
        with open(os.path.join(SOURCE, "pyproject.toml"),
                  encoding="utf-8") as file:
            self.assertIn(f'version = "{rankadaptor.__version__}"',
                          file.read())


if __name__ == "__main__":
    unittest.main()
