"""Messages in frames, so that both ends see that a long one goes on; an empty frame only says "I live"."""

from __future__ import annotations

from collections.abc import Callable
from multiprocessing.connection import Connection

FRAME = 1 << 20
"""Bytes of a frame: more than a pipe holds, and read in a moment."""
BEAT = b""


def send(pipe: Connection, message: bytes, went: Callable[[], object]) -> None:
    """Writes a message; `went` is called whenever the other end has taken some of it.

    Raises:
        OSError: the other end is closed.
    """
    pipe.send_bytes(len(message).to_bytes(8, "little"))
    for start in range(0, len(message), FRAME):
        pipe.send_bytes(message, start, min(FRAME, len(message) - start))
        went()


def receive(pipe: Connection, came: Callable[[], object]) -> bytes:
    """Reads a message; `came` is called for every frame, also for one that only says that the sender lives.

    Raises:
        EOFError, OSError: the other end is closed.
    """
    size = int.from_bytes(_frame(pipe, came), "little")
    message = bytearray()
    while len(message) < size:
        message += _frame(pipe, came)
    return bytes(message)


def _frame(pipe: Connection, came: Callable[[], object]) -> bytes:
    while True:
        frame = pipe.recv_bytes()
        came()
        if frame != BEAT:
            return frame
