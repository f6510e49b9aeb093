"""What an author writes."""

from __future__ import annotations

import dataclasses
import math
from typing import Any, Callable, Dict, Mapping, Optional, Sequence, Union

from rankadaptor_evaluator._space import Space, Value


class Infeasible(Exception):
    """Raise it for a configuration that cannot be measured."""


class Cancelled(Exception):
    """Raise it when trial.cancelled became true and the work was given up."""


@dataclasses.dataclass
class Measurement:
    """A result with numbers beside the objective, the same ones each time."""
    objective: float
    metrics: Mapping[str, float] = dataclasses.field(default_factory=dict)


class Trial:
    """The engine's side of one evaluation; its methods may be called from any
    thread."""

    def __init__(self, trial_id: int, seed: int, confirms: bool,
                 fidelity: float, config: Any, is_cancelled: Callable[[], bool],
                 report: Callable[[float, float], None]) -> None:
        self.id = trial_id
        # Everything random derives from it: trials of a search share it, so
        # that differences are not those of seeds. 64 bits.
        self.seed = seed
        # True for the final measurements, to be made on held-out items.
        self.confirms = confirms
        # The share of a full evaluation to spend, one of `fidelities`.
        self.fidelity = fidelity
        # What the search's config has for the evaluator.
        self.config = config
        self._is_cancelled = is_cancelled
        self._report = report

    @property
    def cancelled(self) -> bool:
        """True once the work should be given up: look between steps."""
        return self._is_cancelled()

    def report(self, fraction_done: float, value: float) -> None:
        """An intermediate score, for progress displays."""
        self._report(fraction_done, value)


Result = Union[float, Measurement]
Function = Callable[[Dict[str, Value], Trial], Result]
SpaceOrMaker = Union[Space, Callable[[Any], Space], None]


class Evaluator:
    """A function with what the engine must know of it; calling it calls the
    function."""

    def __init__(self, function: Function, space: SpaceOrMaker, *, name: str,
                 version: str, direction: str, objective: str,
                 deterministic: bool, fidelities: Sequence[float]) -> None:
        if direction not in ("maximize", "minimize"):
            raise ValueError(f"direction = {direction!r}; allowed: 'maximize', "
                             "'minimize'")
        self.function = function
        self.name = name
        self.version = version
        self.direction = direction
        self.objective = objective
        self.deterministic = deterministic
        self.fidelities = tuple(fidelities)
        self._space = space

    def __call__(self, values: Dict[str, Value], trial: Trial) -> Result:
        return self.function(values, trial)

    def space(self, config: Any) -> Optional[Space]:
        """None: any space that the search's config states."""
        return self._space(config) if callable(self._space) else self._space


def evaluator(space: SpaceOrMaker = None, *, name: Optional[str] = None,
              version: str = "1", direction: str = "maximize",
              objective: str = "objective", deterministic: bool = False,
              fidelities: Sequence[float] = (1.0,)
              ) -> Callable[[Function], Evaluator]:
    """Makes an Evaluator of a function of (values, trial).

    The function gets a dictionary of values by parameter and returns the
    objective, or a Measurement. What it raises fails the trial, with the
    exception as the reason; the search goes on.

    space: choices by parameter, or a function of the config that returns them;
        None takes the space that the search's config states.
    name: default: the function's.
    version: to be changed when results change; a study is not resumed with
        another one.
    direction: "maximize" or "minimize".
    objective: what the objective is called in reports.
    deterministic: the same values and seed give the same result.
    fidelities: how short a trial may be, ascending shares of a full one, the
        last is 1; see Trial.fidelity.
    """

    def decorate(function: Function) -> Evaluator:
        return Evaluator(function, space,
                         name=name or function.__name__,
                         version=version, direction=direction,
                         objective=objective, deterministic=deterministic,
                         fidelities=fidelities)

    return decorate


def checked(result: Result) -> Measurement:
    """Raises TypeError or ValueError for what is no result."""
    if not isinstance(result, Measurement):
        result = Measurement(result)
    numbers = [("objective", result.objective), *result.metrics.items()]
    for name, number in numbers:
        if not isinstance(name, str):
            raise TypeError(f"returned a metric with the name {name!r}, which "
                            "is no text")
        if isinstance(number, (str, bytes)) or not hasattr(number, "__float__"):
            raise TypeError(f"returned {name} = {number!r}, which is no number")
        if not math.isfinite(float(number)):
            raise ValueError(f"returned {name} = {number!r}, which is not "
                             "finite")
    return result
