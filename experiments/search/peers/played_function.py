"""A benchmark function as a search sees it: levels in, observed score out. The
function itself is the project's own, in the program play_function."""

import subprocess


class PlayedFunction:
    """One run of at most `trials` evaluations.

    sources: for each past study its rows of levels and their scores.
    """

    def __init__(self, program, reference, cell):
        self.layers = int(cell["layers"])
        self.trials = int(cell["trials"])
        self._finished = 0
        self._process = subprocess.Popen(
            [program, reference, cell["family"], cell["layers"], cell["noise"],
             cell["sources"], cell["instance"], cell["trials"]],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.sources = self._read_sources()

    def _read_sources(self):
        studies = {}
        for _ in range(int(self._read_line())):
            study, *levels, score = self._read_line().split()
            rows, scores = studies.setdefault(study, ([], []))
            rows.append([int(level) for level in levels])
            scores.append(float(score))
        return list(studies.values())

    def __call__(self, levels):
        print(*(int(level) for level in levels), file=self._process.stdin,
              flush=True)
        self._finished += 1
        return float(self._read_line())

    def regrets(self):
        """The regret columns of the results, after the last trial."""
        if self._finished != self.trials:
            raise RuntimeError(f"{self._finished} of {self.trials} trials "
                               "were evaluated")
        return self._read_line()

    def close(self):
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()

    def _read_line(self):
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("play_function ended: see its message above")
        return line.strip()
