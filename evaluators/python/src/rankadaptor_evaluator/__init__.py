"""Write evaluators for RankAdaptor's search in Python.

    from rankadaptor_evaluator import evaluator, run

    @evaluator(space={"width": [8, 16, 32], "activation": ["relu", "tanh"]})
    def accuracy(values, trial):
        return train(values["width"], values["activation"], seed=trial.seed)

    if __name__ == "__main__":
        run(accuracy)

`rankadaptor search` starts the program in processes of their own and asks it
for one configuration after the other; its config says

    evaluator: {process: {command: [python3, accuracy.py]}}
"""

from rankadaptor_evaluator._evaluator import (
    Cancelled,
    Evaluator,
    Infeasible,
    Measurement,
    Trial,
    evaluator,
)
from rankadaptor_evaluator._server import run
from rankadaptor_evaluator._space import Space

__all__ = ["Cancelled", "Evaluator", "Infeasible", "Measurement", "Space",
           "Trial", "evaluator", "run"]
__version__ = "0.1.0"
