"""The search space, and how it travels."""

from __future__ import annotations

import math
from typing import Dict, Mapping, Sequence, Union

from rankadaptor_evaluator import _protocol_pb2 as pb

Value = Union[int, float, str]
# Choices by parameter: numbers in ascending order, of which near ones are
# alike, or texts whose order means nothing.
Space = Mapping[str, Sequence[Value]]


def to_message(space: Space) -> pb.Space:
    """Raises ValueError for what is no space."""
    if not space:
        raise ValueError("the space has no parameters")
    message = pb.Space()
    for name, choices in space.items():
        _add_parameter(message.parameters.add(), name, list(choices))
    return message


def _add_parameter(message: pb.Parameter, name: str,
                   choices: Sequence[Value]) -> None:
    message.name = name
    if not choices:
        raise ValueError(f"{name!r} has no choices")
    if all(isinstance(choice, str) for choice in choices):
        message.categorical = True
        message.choices.extend(range(len(choices)))
        message.labels.extend(choices)
        return
    for choice in choices:
        if isinstance(choice, str) or not math.isfinite(choice):
            raise ValueError(f"{name!r} has the choice {choice!r}; allowed: "
                             "finite numbers, or texts alone")
    message.choices.extend(choices)


def check_same(own: pb.Space, given: pb.Space) -> None:
    """Raises ValueError if the parameters differ; limits may be added."""
    own_names = [parameter.name for parameter in own.parameters]
    given_names = [parameter.name for parameter in given.parameters]
    if own_names != given_names:
        raise ValueError(f"the study has the parameters {given_names}, this "
                         f"evaluator {own_names}")
    for mine, theirs in zip(own.parameters, given.parameters):
        if mine != theirs:
            raise ValueError(f"{mine.name!r} has other choices in the study "
                             "than here")


def values_of(space: Space, given: pb.Space,
              asked: pb.Evaluate) -> Dict[str, Value]:
    """The chosen values by name, as the author wrote them."""
    values: Dict[str, Value] = {}
    for parameter, choice in zip(given.parameters, asked.choices):
        own = space.get(parameter.name)
        if own is not None:
            values[parameter.name] = own[choice]
        elif parameter.labels:
            values[parameter.name] = parameter.labels[choice]
        else:
            values[parameter.name] = parameter.choices[choice]
    return values
