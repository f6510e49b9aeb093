#!/usr/bin/env python3
"""The serve protocol from outside, as docs/serve.md describes it.

    serve_test.py PROGRAM SOURCE_FOLDER
"""

import json
import os
import random
import re
import subprocess
import sys
import tempfile
import unittest

SOURCE = sys.argv.pop()
PROGRAM = os.path.abspath(sys.argv.pop())
STRATEGIES = ["evolutionary", "latin_hypercube", "local_search", "paper",
              "random"]

PARAMETERS = [
    {"name": "a", "type": "ordinal", "values": [2, 4, 6, 8]},
    {"name": "b", "type": "categorical", "values": ["x", "y", 3]},
    {"name": "c", "type": "ordinal", "values": [0.5, 1.5]},
    {"name": "d", "type": "ordinal", "values": [1, 2, 3, 4, 5]},
]
SPACE = {"parameters": PARAMETERS}
COST = [[2, 4, 6, 8], [0, 3, 1], [1, 0], [1, 2, 3, 4, 5]]
CONSTRAINTS = [{"weights": COST, "max": 11},
               {"weights": [[-w for w in row] for row in COST], "max": -6}]


def cost(values):
    return sum(row[parameter["values"].index(value)]
               for row, parameter, value in zip(COST, PARAMETERS, values))


def score(values):
    return -(values[0] - 4) ** 2 + (values[1] == "y") - abs(values[3] - 3)


class Server:

    def __init__(self, folder):
        self.process = subprocess.Popen(
            [PROGRAM, "serve", "--stdio"], cwd=folder, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def send(self, line):
        self.process.stdin.write(line + b"\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def call(self, **request):
        return self.send(json.dumps(request).encode())

    def kill(self):
        self.process.kill()
        self.process.communicate()

    def end(self):
        out, err = self.process.communicate()
        return self.process.returncode, out, err


class ServeTest(unittest.TestCase):

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def start(self):
        server = Server(self.folder)
        self.addCleanup(server.kill)
        return server

    def test_the_documented_example_runs(self):
        with open(os.path.join(SOURCE, "docs", "serve.md"),
                  encoding="utf-8") as file:
            script = re.search(r"```python\n(.*?)```", file.read(),
                               re.DOTALL).group(1)
        path = os.path.dirname(PROGRAM) + os.pathsep + os.environ["PATH"]
        scores = []
        for _ in range(2):  # the second run goes on with the study
            done = subprocess.run([sys.executable, "-c", script],
                                  cwd=self.folder, capture_output=True,
                                  text=True, check=False,
                                  env=dict(os.environ, PATH=path))
            self.assertEqual(done.returncode, 0, done.stderr)
            scores.append(eval(done.stdout)["score"])
        self.assertLessEqual(scores[0], scores[1])
        self.assertGreater(scores[1], -1.5)

    def test_every_strategy_keeps_the_constraints_until_nothing_is_left(self):
        feasible = sum(
            6 <= cost([a, b, c, d]) <= 11 for a in PARAMETERS[0]["values"]
            for b in PARAMETERS[1]["values"] for c in PARAMETERS[2]["values"]
            for d in PARAMETERS[3]["values"])
        for strategy in STRATEGIES:
            server = self.start()
            self.assertEqual(
                server.call(op="create", space=SPACE, strategy=strategy,
                            constraints=CONSTRAINTS), {"ok": True})
            seen = {}
            while True:
                reply = server.call(op="ask", count=7)
                for trial in reply["trials"]:
                    values = trial["values"]
                    self.assertEqual(trial["id"], len(seen))
                    self.assertTrue(6 <= cost(values) <= 11)
                    seen[tuple(values)] = score(values)
                    server.call(op="tell", id=trial["id"], score=score(values))
                if "done" in reply and not reply["trials"]:
                    break
            self.assertEqual(len(seen), feasible, strategy)
            best = server.call(op="best")
            self.assertEqual(best["observed"]["score"], max(seen.values()))
            self.assertEqual(best["recommended"]["id"] is not None, True)
            self.assertEqual(server.end(), (0, b"", b""))

    def run_study(self, create, batch, num_trials, last_step, result):
        """Stops, by SIGKILL, before request `last_step`. What was asked, by
        id; `result` of such a trial is told."""
        server = Server(self.folder)
        step = 0
        trials = {}

        def call(**request):
            nonlocal step
            if step == last_step:
                raise StopIteration
            step += 1
            reply = server.call(**request)
            self.assertNotIn("error", reply)
            return reply

        try:
            call(op="create", seed=3, **create)
            while max(trials, default=-1) < num_trials - 1:
                asked = call(op="ask", count=batch)["trials"]
                for trial in reversed(asked):
                    trials[trial["id"]] = trial
                    call(op="tell", id=trial["id"], **result(trial))
        except StopIteration:
            pass
        server.kill()
        return trials

    def check_goes_on(self, create, batch, num_trials, last_steps, result):
        whole = self.run_study(dict(create, study=f"whole{batch}.db"), batch,
                               num_trials, -1, result)
        for last_step in last_steps:
            killed = dict(create, study=f"{batch}.{last_step}.db")
            trials = self.run_study(killed, batch, num_trials, last_step,
                                    result)
            trials.update(self.run_study(killed, batch, num_trials, -1,
                                         result))
            # It may have been killed when all was told.
            self.assertEqual({i: trials[i] for i in whole}, whole,
                             (batch, last_step))
        return whole

    def test_killed_at_every_step_it_goes_on_with_the_same_trials(self):
        values = [[8, "x", 0.5, 1], [4, 3, 1.5, 3], [2, "y", 0.5, 5]]
        create = {"space": SPACE, "constraints": CONSTRAINTS,
                  "strategy": "paper",
                  "sources": [{"configurations": values, "scores": [1, 2, 3]}]}

        def result(trial):
            if trial["id"] % 4 == 3:
                return {"state": "failed"}
            return {"score": score(trial["values"])}

        self.check_goes_on(create, 1, 14, range(0, 29, 4), result)
        self.check_goes_on(create, 3, 15, range(21), result)

    def test_fidelities_are_kept_when_it_is_killed(self):
        create = {"space": dict(SPACE, fidelities=[0.25, 1])}

        def result(trial):
            if trial["id"] == 5:
                return {"state": "failed", "reason": "out of memory"}
            short = trial["fidelity"] < 1
            # What was meant to be short was measured in full once.
            told = {"fidelity": 1.0} if trial["id"] == 9 else {}
            full = not short or told
            value = score(trial["values"])
            return {"score": value if full else 0.7 * value - 3, **told}

        whole = self.check_goes_on(create, 1, 24, range(3, 50, 6), result)
        fidelities = [trial["fidelity"] for trial in whole.values()]
        self.assertEqual(set(fidelities), {0.25, 1})
        # Nothing is measured in full before it was screened, or twice.
        for trial in whole.values():
            same = [other for other in whole.values()
                    if other["values"] == trial["values"]]
            self.assertLessEqual([other["fidelity"] for other in same],
                                 [0.25, 1])
        server = self.start()
        server.call(op="create", study="whole1.db", **create)
        best = server.call(op="best")["observed"]
        told = [t for t in whole.values() if t["fidelity"] == 1 or t["id"] == 9]
        self.assertEqual(best["score"],
                         max(score(trial["values"]) for trial in told))
        asked = server.call(op="ask")["trials"][0]
        wrong = server.call(op="tell", id=asked["id"], score=1, fidelity=0.5)
        self.assertIn("0.5", wrong["error"])
        self.assertEqual(
            server.call(op="tell", id=asked["id"], score=1), {"ok": True})

    def test_mutated_lines_get_an_error_or_an_answer(self):
        lines = [json.dumps(request) for request in (
            {"op": "create", "space": SPACE, "constraints": CONSTRAINTS,
             "seed": 1, "strategy": "random", "direction": "minimize",
             "sources": [{"configurations": [[2, "x", 0.5, 1]],
                          "scores": [1]}]},
            {"op": "ask", "count": 2},
            {"op": "tell", "id": 0, "score": -1.5e3},
            {"op": "tell", "id": 1, "state": "failed", "reason": "\u00e9"},
            {"op": "best"})]
        pieces = ["", "[", "]", "{", "}", '"', ",", ":", "NaN", "-Infinity",
                  "null", "1e999", "-1", "0", "99999999999999999999", "\\",
                  "\x00", "\xff", "[" * 5000, '"values":', "true", "\r"]
        rng = random.Random(1)
        server = self.start()
        errors = 0
        for _ in range(3000):
            line = rng.choice(lines)
            for _ in range(rng.randint(0, 2)):
                begin = rng.randrange(len(line) + 1)
                end = min(len(line), begin + rng.choice([0, 1, 1, 2, 8]))
                line = line[:begin] + rng.choice(pieces) + line[end:]
            reply = server.send(line.encode("latin-1"))
            errors += "error" in reply
            if "error" in reply:
                self.assertEqual(list(reply), ["error"])
                self.assertGreater(len(reply["error"]), 10)
                self.assertLess(len(reply["error"]), 6000)
        self.assertGreater(errors, 1000)
        self.assertIn("observed", server.call(op="best"))
        self.assertEqual(server.end()[0], 0)

    def test_a_huge_line_and_a_last_line_without_newline(self):
        server = self.start()
        huge = b'{"op":"' + b"x" * (65 << 20) + b'"}'
        self.assertIn("longer than 67108864", server.send(huge)["error"])
        server.process.stdin.write(b'{"op":"best"}')
        code, out, _ = server.end()
        self.assertEqual(code, 0)
        self.assertIn("no study yet", json.loads(out)["error"])


if __name__ == "__main__":
    unittest.main()
