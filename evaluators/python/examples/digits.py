"""One width for each hidden layer of scikit-learn's MLP, on its handwritten
digits.

    evaluator: {process: {command: [python3, digits.py]}}
"""

import warnings

from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

from rankadaptor_evaluator import Measurement, evaluator, run

WIDTHS = [4, 8, 16, 32]
SPACE = {f"layer {i}": WIDTHS for i in range(3)}
SPACE["activation"] = ["relu", "tanh"]


@evaluator(SPACE, objective="accuracy", deterministic=True,
           fidelities=[0.25, 1])
def digits(values, trial):
    seed = trial.seed % 2**32
    images, labels = load_digits(return_X_y=True)
    train, rest, train_labels, rest_labels = train_test_split(
        images / 16, labels, train_size=600, random_state=0, stratify=labels)
    # What drives the search is not what the final table is measured on.
    half = slice(0, None, 2) if trial.confirms else slice(1, None, 2)
    model = MLPClassifier([values[f"layer {i}"] for i in range(3)],
                          activation=values["activation"], random_state=seed,
                          max_iter=max(1, round(40 * trial.fidelity)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(train, train_labels)
    return Measurement(model.score(rest[half], rest_labels[half]),
                       {"loss": model.loss_})


if __name__ == "__main__":
    run(digits)
