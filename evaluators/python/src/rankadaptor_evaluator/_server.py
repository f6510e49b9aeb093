"""The evaluator's side of the protocol (docs/protocol.md)."""

from __future__ import annotations

import json
import queue
import sys
import threading
import traceback
from typing import Any, Optional

from rankadaptor_evaluator import _protocol_pb2 as pb
from rankadaptor_evaluator import _space
from rankadaptor_evaluator._channel import Channel, take_standard_pipes
from rankadaptor_evaluator._evaluator import (
    Cancelled,
    Evaluator,
    Infeasible,
    Trial,
    checked,
)

PROTOCOL_MAJOR = 1
PROTOCOL_MINOR = 0
MAX_REASON_CHARACTERS = 2000


def run(evaluator: Evaluator, channel: Optional[Channel] = None) -> None:
    """Answers the engine until it says goodbye. Call it last in the program;
    what is printed from here on goes to standard error."""
    if channel is None and sys.stdin is not None and sys.stdin.isatty():
        sys.exit(f"{evaluator.name} is an evaluator: `rankadaptor search` "
                 "starts it (evaluator.process.command in its config)")
    _Server(evaluator, channel or Channel(*take_standard_pipes())).run()


class _Server:

    def __init__(self, evaluator: Evaluator, channel: Channel) -> None:
        self._evaluator = evaluator
        self._channel = channel
        self._messages: queue.Queue[Optional[pb.ToEvaluator]] = queue.Queue()
        self._cancelled_trial: Optional[int] = None
        self._running_trial: Optional[int] = None
        # Held to change it and to send what belongs to it.
        self._running_lock = threading.Lock()
        self._engine_is_gone = False
        self._own_space: _space.Space = {}
        self._space = pb.Space()
        self._config: Any = None

    def run(self) -> None:
        # The main thread evaluates: some libraries work in no other.
        threading.Thread(target=self._read, daemon=True).start()
        first = self._messages.get()
        if first is None or not self._greet(first.hello):
            return
        while True:
            message = self._messages.get()
            if message is None or message.HasField("goodbye"):
                return
            if message.HasField("evaluate"):
                self._answer(message.evaluate)

    def _read(self) -> None:
        try:
            while True:
                message = self._channel.receive()
                if message is None:
                    break
                if message.HasField("cancel"):
                    self._cancelled_trial = message.cancel.trial_id
                else:
                    self._messages.put(message)
        except Exception:
            traceback.print_exc()
        self._engine_is_gone = True
        self._messages.put(None)

    def _greet(self, hello: pb.Hello) -> bool:
        self._heartbeat_seconds = max(0.01, hello.heartbeat_seconds or 1.0)
        answer = pb.FromEvaluator()
        try:
            with self._heartbeats():
                self._introduce(hello, answer.ready)
        except Exception as error:
            traceback.print_exc()
            answer = pb.FromEvaluator(
                refused=pb.Refused(message=_sentence(error)))
        self._channel.send(answer)
        return answer.HasField("ready")

    def _introduce(self, hello: pb.Hello, ready: pb.Ready) -> None:
        if hello.protocol_major != PROTOCOL_MAJOR:
            raise ValueError(
                f"the engine speaks version {hello.protocol_major}."
                f"{hello.protocol_minor} of the protocol, this package "
                f"{PROTOCOL_MAJOR}.{PROTOCOL_MINOR}")
        self._config = _parsed(hello.config)
        self._choose_space(hello)
        ready.protocol_major = PROTOCOL_MAJOR
        ready.protocol_minor = PROTOCOL_MINOR
        ready.name = self._evaluator.name
        ready.version = self._evaluator.version
        ready.deterministic = self._evaluator.deterministic
        ready.fidelities.extend(self._evaluator.fidelities)
        ready.objective = self._evaluator.objective
        ready.minimised = self._evaluator.direction == "minimize"
        if self._space.parameters:
            ready.space.CopyFrom(self._space)

    def _choose_space(self, hello: pb.Hello) -> None:
        own = self._evaluator.space(self._config)
        if own is not None:
            self._own_space = {name: list(own[name]) for name in own}
            self._space = _space.to_message(self._own_space)
        if hello.HasField("space"):
            if own is not None:
                _space.check_same(self._space, hello.space)
            self._space = hello.space

    def _answer(self, asked: pb.Evaluate) -> None:
        self._channel.send(pb.FromEvaluator(
            started=pb.Started(trial_id=asked.trial_id)))
        answer = pb.FromEvaluator()
        self._running_trial = asked.trial_id
        with self._heartbeats():
            self._measure(asked, answer)
        with self._running_lock:
            self._running_trial = None
        self._channel.send(answer)

    def _measure(self, asked: pb.Evaluate, answer: pb.FromEvaluator) -> None:
        try:
            values = _space.values_of(self._own_space, self._space, asked)
            result = checked(self._evaluator(values, self._trial(asked)))
        except Exception as error:  # the trial's failure, not the program's
            traceback.print_exc()
            answer.failed.trial_id = asked.trial_id
            answer.failed.code = _code(error)
            answer.failed.message = _sentence(error)
            return
        answer.measured.trial_id = asked.trial_id
        answer.measured.objective = float(result.objective)
        for name, value in result.metrics.items():
            answer.measured.metrics.add(name=name, value=float(value))

    def _trial(self, asked: pb.Evaluate) -> Trial:

        def is_cancelled() -> bool:
            return (self._engine_is_gone or
                    self._cancelled_trial == asked.trial_id)

        def report(fraction_done: float, value: float) -> None:
            message = pb.FromEvaluator(progress=pb.Progress(
                trial_id=asked.trial_id, fraction_done=fraction_done,
                value=value))
            with self._running_lock:
                # Else by a thread that outlived its trial.
                if self._running_trial == asked.trial_id:
                    self._channel.send(message)

        return Trial(asked.trial_id, asked.seed,
                     asked.split == pb.SPLIT_CONFIRM, asked.fidelity,
                     self._config, is_cancelled, report)

    def _heartbeats(self) -> _Heartbeats:
        return _Heartbeats(self._channel, self._heartbeat_seconds)


class _Heartbeats:
    """Sends one every so often while the `with` block runs; none later."""

    def __init__(self, channel: Channel, seconds: float) -> None:
        self._channel = channel
        self._seconds = seconds
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _beat(self) -> None:
        while not self._done.wait(self._seconds):
            try:
                self._channel.send(pb.FromEvaluator(heartbeat=pb.Heartbeat()))
            except OSError:  # the engine is gone
                return


def _parsed(config: bytes) -> Any:
    """What was written as a mapping, list or number arrives as JSON."""
    text = config.decode("utf-8")
    try:
        return json.loads(text)
    except ValueError:
        return text


def _sentence(error: BaseException) -> str:
    text = " ".join(str(error).split())[:MAX_REASON_CHARACTERS]
    # Names of files may have bytes that are no text.
    text = text.encode("utf-8", "replace").decode("utf-8")
    if isinstance(error, (Infeasible, Cancelled)) and text:
        return text
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _code(error: BaseException) -> pb.Code.ValueType:
    if isinstance(error, Infeasible):
        return pb.CODE_INFEASIBLE
    if isinstance(error, Cancelled):
        return pb.CODE_CANCELLED
    # torch's has its own name; it is no MemoryError.
    if isinstance(error, MemoryError) or \
            type(error).__name__ == "OutOfMemoryError":
        return pb.CODE_RESOURCE_EXHAUSTED
    return pb.CODE_FAILED
