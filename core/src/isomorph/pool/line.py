"""The thread that alone touches a worker's pipe, so that nobody else waits for one that does not answer."""

from __future__ import annotations

from collections.abc import Callable
from multiprocessing.connection import Connection
from queue import SimpleQueue
from threading import Event, Thread

from isomorph.pool.chunks import Chunk, pickled_chunk
from isomorph.pool.frames import receive, send

Outcome = bytes | Exception | None
"""A pickled answer, why a chunk cannot be sent, or None where the pipe has ended."""


class Line:
    """Takes one chunk at a time to a worker, and brings what becomes of it.

    Attributes:
        greeting: gets the worker's first message, None where the pipe ends before it.
        tell: called on the line's thread with a chunk and its outcome; to be set before `give`.
        frames: how many went either way, each a sign of life.
        gone: set when the pipe is closed.
    """

    tell: Callable[[Chunk, Outcome], None]

    def __init__(self, name: str, pipe: Connection) -> None:
        self.greeting: SimpleQueue[bytes | None] = SimpleQueue()
        self.frames = 0
        self.gone = Event()
        self._pipe = pipe
        self._orders: SimpleQueue[Chunk | None] = SimpleQueue()
        Thread(target=self._run, name=f"{name}-line", daemon=True).start()

    def give(self, chunk: Chunk) -> None:
        """Has a chunk worked on; never waits."""
        self._orders.put(chunk)

    def close(self) -> None:
        """Has the pipe closed as soon as the worker has answered or ended; never waits."""
        self._orders.put(None)

    def drop(self) -> None:
        """Closes the pipe in a forked child, where nobody uses it."""
        self._pipe.close()

    def _run(self) -> None:
        try:
            self.greeting.put(self._received())
            while (chunk := self._orders.get()) is not None:
                self.tell(chunk, self._answer(chunk))
        finally:
            self._pipe.close()
            self.gone.set()

    def _answer(self, chunk: Chunk) -> Outcome:
        try:
            message = pickled_chunk(chunk)
        except Exception as error:
            return error
        try:
            send(self._pipe, message, self._count)
        except OSError:
            return None
        return self._received()

    def _received(self) -> bytes | None:
        try:
            return receive(self._pipe, self._count)
        except (EOFError, OSError):
            return None

    def _count(self) -> None:
        self.frames += 1
