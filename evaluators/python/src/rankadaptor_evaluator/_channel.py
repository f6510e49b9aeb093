"""Messages on two descriptors: four bytes of length, least significant first,
then the message, numbered from 1 in each direction."""

from __future__ import annotations

import os
import struct
import threading
from typing import BinaryIO, Optional, Tuple

from rankadaptor_evaluator import _protocol_pb2 as pb

MAX_MESSAGE_BYTES = 16 << 20


class ProtocolError(Exception):
    """The other side does not speak the protocol."""


def take_standard_pipes() -> Tuple[BinaryIO, BinaryIO]:
    """Standard input and output become the protocol's alone: from now on
    prints go to standard error, in libraries written in C too."""
    pipes = (os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb"))
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return pipes


class Channel:
    """Any thread may send; one receives."""

    def __init__(self, source: BinaryIO, sink: BinaryIO) -> None:
        self._source = source
        self._sink = sink
        self._lock = threading.Lock()
        self._sent = 0
        self._received = 0

    def send(self, message: pb.FromEvaluator) -> None:
        with self._lock:
            self._sent += 1
            message.sequence = self._sent
            data = message.SerializeToString()
            self._sink.write(struct.pack("<I", len(data)) + data)
            self._sink.flush()

    def receive(self) -> Optional[pb.ToEvaluator]:
        """None at the end."""
        head = self._source.read(4)
        if len(head) < 4:
            return None
        (size,) = struct.unpack("<I", head)
        if size > MAX_MESSAGE_BYTES:
            raise ProtocolError(f"a message of {size} bytes was announced")
        data = self._source.read(size)
        if len(data) < size:
            return None
        message = pb.ToEvaluator.FromString(data)
        self._received += 1
        if message.sequence != self._received:
            raise ProtocolError(f"message number {message.sequence} came where "
                                f"{self._received} was due")
        return message
