"""A study as Python has it; what is said to the engine is docs/serve.md's."""

from __future__ import annotations

import dataclasses
import json
import os
from typing import (Any, Dict, Iterable, List, Mapping, Optional, Sequence,
                    Union, overload)

from rankadaptor._engine import Session

Value = Union[bool, int, float, str]
# By parameter.
Values = Mapping[str, Value]


class Exhausted(Exception):
    """Nothing is left that was not handed out."""


@dataclasses.dataclass(frozen=True)
class Parameter:
    """What one parameter may be, where a list of its values is not enough.

    `descriptors` are numbers under names of your choice that say what is known
    of it (relative depth, size, importance): parameters that are alike in them
    are expected to have like effects, also in sources of other spaces.
    """

    values: Sequence[Value]
    categorical: bool = False  # else: numbers in ascending order
    descriptors: Mapping[str, float] = dataclasses.field(default_factory=dict)


# A list of numbers is ordinal, one of texts or of truth values categorical.
Space = Mapping[str, Union[Sequence[Value], Parameter]]


@dataclasses.dataclass(frozen=True)
class Table:
    """Weights of several parameters' values together: lists in lists, a level
    for each of `parameters`, which are in the order of the space."""

    parameters: Sequence[str]
    weights: Sequence[Any]


@dataclasses.dataclass(frozen=True)
class Constraint:
    """The weights of the chosen values add up to `max` at most.

    `weights` has a list by parameter, one number for each of its values; a
    parameter that it leaves out weighs nothing.
    """

    max: float
    weights: Mapping[str, Sequence[float]] = dataclasses.field(
        default_factory=dict)
    tables: Sequence[Table] = ()


@dataclasses.dataclass(frozen=True)
class Source:
    """A past study: configurations, as mappings or as lists in the order of the
    space, with their scores in the direction of the new study. `space` is
    theirs where it is another one."""

    configurations: Sequence[Union[Values, Sequence[Value]]]
    scores: Sequence[float]
    name: Optional[str] = None
    space: Optional[Space] = None


@dataclasses.dataclass(frozen=True)
class Trial:
    """A configuration to evaluate."""

    id: int
    values: Dict[str, Value]
    fidelity: float = 1.0  # the share of a full evaluation to spend


@dataclasses.dataclass(frozen=True)
class ToldTrial(Trial):
    """A trial that was told: with a score, or with why it has none."""

    score: Optional[float] = None
    failed: Optional[str] = None


@dataclasses.dataclass(frozen=True)
class Best:
    """The trial with the best score, the first of equal ones."""

    id: int
    values: Dict[str, Value]
    score: float


@dataclasses.dataclass(frozen=True)
class Recommendation:
    """What the strategy believes best, which is less taken in by lucky noise
    than the best score."""

    values: Dict[str, Value]
    id: Optional[int]  # of the first trial of it, if there is one
    predicted: Optional[float]  # if the strategy has a model


class Study:
    """A search whose trials the caller evaluates, in any order.

    space: the values of each parameter by name.
    store: file that keeps the study; None keeps it in memory. With a file every
        trial is on disk before `ask` returns and every result before `tell`
        does. A study on an existing file goes on as if it had never stopped;
        what was asked and not told comes first. The file must be of the same
        space, constraints and direction; seed, strategy and sources are the
        stored ones where they are not given.
    direction: "maximize" (the default) or "minimize".
    seed: 0 (the default) to 2**64 - 1. The same results told in the same order
        give the same trials.
    strategy: "structured" (the default), "mlp", "random", "latin_hypercube",
        "local_search", "evolutionary" or "proportional".
    tied: groups of names whose values must agree.
    fidelities: how short an evaluation may be, as shares of a full one,
        ascending, the last 1.
    sync: whether a result survives power loss; if not it still survives the
        end of the process, and `tell` does not wait for the disk.

    Raises ValueError with one sentence if an argument is wrong, and OSError if
    the file cannot be used (another process has it, it is damaged). Threads may
    share a study: one is served at a time, while others run Python.
    """

    def __init__(self, space: Space,
                 store: Union[str, "os.PathLike[str]", None] = None, *,
                 direction: Optional[str] = None,
                 seed: Optional[int] = None,
                 strategy: Optional[str] = None,
                 constraints: Sequence[Constraint] = (),
                 tied: Sequence[Sequence[str]] = (),
                 fidelities: Optional[Sequence[float]] = None,
                 sources: Optional[Sequence[Source]] = None,
                 sync: bool = True) -> None:
        spec: Dict[str, Any] = {"parameters": _parameters(space)}
        if tied:
            spec["tied"] = [list(group) for group in tied]
        if fidelities is not None:
            spec["fidelities"] = list(fidelities)
        request: Dict[str, Any] = {"space": spec}
        if constraints:
            request["constraints"] = [_constraint(c, space)
                                      for c in constraints]
        if sources is not None:
            request["sources"] = [_source(s, space) for s in sources]
        if store is not None:
            request["study"] = os.fspath(store)
        for name, value in (("direction", direction), ("seed", seed),
                            ("strategy", strategy)):
            if value is not None:
                request[name] = value
        self._names = list(space)
        self._session: Optional[Session] = Session(sync)
        self._call("create", **request)

    @overload
    def ask(self) -> Trial: ...

    @overload
    def ask(self, count: int) -> List[Trial]: ...

    def ask(self, count: Optional[int] = None) -> Union[Trial, List[Trial]]:
        """The next trial to evaluate; with `count` a list of at most so many.

        Trials of a continued study that were not told come first and by
        themselves. Raises Exhausted if nothing is left; with `count` the list
        is empty.
        """
        reply = self._call("ask", count=1 if count is None else count)
        trials = [Trial(t["id"], self._by_name(t["values"]),
                        t.get("fidelity", 1.0)) for t in reply["trials"]]
        if count is not None:
            return trials
        if not trials:
            raise Exhausted(reply["done"])
        return trials[0]

    def enqueue(self, values: Values) -> int:
        """Puts a configuration before what the strategy suggests, also one that
        was tried before. Returns the id that its trial will have."""
        request = self._call("enqueue", values=_listed(values, self._names))
        return int(request["id"])

    def tell(self, trial: Union[Trial, int], score: Optional[float] = None, *,
             failed: Optional[str] = None,
             fidelity: Optional[float] = None) -> None:
        """The result of a trial: a finite score, or `failed` with a reason.

        A trial is told once. `fidelity` is what was spent, if it is not what
        was asked for.
        """
        request: Dict[str, Any] = {
            "id": trial.id if isinstance(trial, Trial) else trial}
        if score is not None:
            request["score"] = score
        if failed is not None:
            request.update(state="failed", reason=failed)
        if fidelity is not None:
            request["fidelity"] = fidelity
        self._call("tell", **request)

    @property
    def best(self) -> Optional[Best]:
        """The best trial at full fidelity; None before one has a score."""
        best = self._call("best")["observed"]
        return best and Best(best["id"], self._by_name(best["values"]),
                             best["score"])

    @property
    def recommended(self) -> Optional[Recommendation]:
        """What the strategy recommends; None before a trial has a score."""
        best = self._call("best")["recommended"]
        return best and Recommendation(self._by_name(best["values"]),
                                       best["id"], best["predicted"])

    @property
    def trials(self) -> List[ToldTrial]:
        """What was told, in that order, also before the study was continued."""
        return [ToldTrial(t["id"], self._by_name(t["values"]),
                          t.get("fidelity", 1.0), t.get("score"),
                          t.get("reason"))
                for t in self._call("trials")["trials"]]

    @property
    def importance(self) -> Dict[str, float]:
        """The share of the variance of the strategy's predictions that each
        parameter has a part in; empty while the strategy has no model."""
        shares = self._call("importance")["importance"]
        return {name: share["total"]
                for name, share in zip(self._names, shares)}

    def close(self) -> None:
        """Gives the file back, so that another study may open it."""
        self._session = None

    def __enter__(self) -> "Study":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _call(self, op: str, **fields: Any) -> Dict[str, Any]:
        if self._session is None:
            raise ValueError("the study is closed")
        line = json.dumps(dict(op=op, **fields), default=_plain)
        reply: Dict[str, Any] = json.loads(self._session.request(line))
        return reply

    def _by_name(self, values: Sequence[Value]) -> Dict[str, Value]:
        return dict(zip(self._names, values))


def _parameters(space: Space) -> List[Dict[str, Any]]:
    if not isinstance(space, Mapping):
        raise ValueError(f"the space is {space!r}; allowed: the values of each "
                         "parameter by name")
    return [_parameter(name, choices) for name, choices in space.items()]


def _parameter(name: str, choices: Union[Sequence[Value], Parameter]
               ) -> Dict[str, Any]:
    if isinstance(choices, str) or not isinstance(choices,
                                                  (Parameter, Iterable)):
        raise ValueError(f"{name!r} has the values {choices!r}; allowed: a "
                         "list of them")
    if not isinstance(choices, Parameter):
        values = list(choices)
        names = bool(values) and all(isinstance(v, (str, bool))
                                     for v in values)
        choices = Parameter(values, categorical=names)
    message: Dict[str, Any] = {"name": name, "values": list(choices.values)}
    if choices.categorical:
        message["type"] = "categorical"
    if choices.descriptors:
        message["descriptors"] = dict(choices.descriptors)
    return message


def _constraint(constraint: Constraint, space: Space) -> Dict[str, Any]:
    message: Dict[str, Any] = {"max": constraint.max}
    for name in constraint.weights:
        if name not in space:
            raise ValueError(f"a constraint weighs {name!r}, which is not a "
                             "parameter")
    if constraint.weights or not constraint.tables:
        message["weights"] = [
            list(constraint.weights.get(p["name"], [0] * len(p["values"])))
            for p in _parameters(space)]
    if constraint.tables:
        message["tables"] = [{"parameters": list(table.parameters),
                              "weights": table.weights}
                             for table in constraint.tables]
    return message


def _source(source: Source, space: Space) -> Dict[str, Any]:
    names = list(space if source.space is None else source.space)
    message: Dict[str, Any] = {
        "configurations": [_listed(c, names) for c in source.configurations],
        "scores": list(source.scores)}
    if source.name is not None:
        message["name"] = source.name
    if source.space is not None:
        message["parameters"] = _parameters(source.space)
    return message


def _listed(values: Union[Values, Sequence[Value]],
            names: Sequence[str]) -> List[Value]:
    """In the order of the space."""
    if not isinstance(values, Mapping):
        return list(values)
    for name in values:
        if name not in names:
            raise ValueError(f"{name!r} is not a parameter")
    for name in names:
        if name not in values:
            raise ValueError(f"{name!r} has no value")
    return [values[name] for name in names]


def _plain(value: Any) -> Any:
    """Numbers and lists of NumPy and its like."""
    for method in ("tolist", "item"):
        if hasattr(value, method):
            return getattr(value, method)()
    raise ValueError(f"{value!r} is not a number, text, truth value or list")
