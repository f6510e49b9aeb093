"""Runs the evaluator that a file or module defines:

    python3 -m rankadaptor_evaluator FILE.py|MODULE[:NAME]

Unlike a program that calls run() itself, it may print while it is imported.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from types import ModuleType

from rankadaptor_evaluator._channel import Channel, take_standard_pipes
from rankadaptor_evaluator._evaluator import Evaluator
from rankadaptor_evaluator._server import run


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    channel = Channel(*take_standard_pipes())
    place, _, name = sys.argv[1].partition(":")
    run(_find(_load(place), name), channel)


def _load(place: str) -> ModuleType:
    if not place.endswith(".py"):
        return importlib.import_module(place)
    spec = importlib.util.spec_from_file_location(
        os.path.splitext(os.path.basename(place))[0], place)
    if spec is None or spec.loader is None or not os.path.exists(place):
        sys.exit(f"{place}: no such file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def _find(module: ModuleType, name: str) -> Evaluator:
    evaluators = {key: value for key, value in vars(module).items()
                  if isinstance(value, Evaluator)}
    if not name and len(evaluators) == 1:
        return next(iter(evaluators.values()))
    if name not in evaluators:
        sys.exit(f"{sys.argv[1]}: name one of the evaluators: "
                 f"{', '.join(evaluators) or 'there is none'}")
    return evaluators[name]


if __name__ == "__main__":
    main()
