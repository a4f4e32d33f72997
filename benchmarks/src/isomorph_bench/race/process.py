"""A contender's process: asked one thing at a time, and named when it ends instead of answering."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from math import prod
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from isomorph_bench.race.contenders import Contender, last_line, without_places
from isomorph_bench.race.protocol import resident_bytes
from isomorph_bench.tasks.task import Rows

PATIENCE = 300.0
"""Seconds that one answer may take."""
UNCOMPILED = "PYTHONDONTWRITEBYTECODE"
"""Variable with which modules that were not installed are compiled at every start."""


class Ended(Exception):
    """A contender's process ended, or was ended, before it answered."""


class Process:
    """A running contender. `running` makes one."""

    def __init__(self, child: subprocess.Popen[str], said: IO[str], patience: float) -> None:
        self._child = child
        self._said = said
        self._patience = patience
        self._late = False

    def ask(self, *order: Any) -> Any:
        """Sends an order and waits for its answer.

        Raises:
            Ended: there is none; the message says what the process said last.
        """
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        try:
            self._child.stdin.write(json.dumps(order) + "\n")
            self._child.stdin.flush()
        except BrokenPipeError:
            pass  # the missing answer below says it
        watch = threading.Timer(self._patience, self._end)
        watch.daemon = True  # an interrupt between these lines must not be waited out
        watch.start()
        try:
            line = self._child.stdout.readline()
        finally:
            watch.cancel()
        if not line:
            raise Ended(self._reason())
        return json.loads(line)

    def rows(self, items: Sequence[Any], order: str = "vectors") -> Rows:
        """The contender's results, one row an item, made in one call or one call ``"each"``."""
        return decoded(self.ask(order, items))

    def resident(self) -> int | None:
        """Bytes of its memory that are resident now; None where the system does not tell."""
        return resident_bytes(f"/proc/{self._child.pid}/status")

    def _end(self) -> None:
        self._late = True
        self._child.kill()

    def _reason(self) -> str:
        if self._late:
            return f"gave no answer in {self._patience:.0f} s"
        code = self._child.wait()
        self._said.seek(0)
        return f"ended with {code}: {last_line(self._said.read())}"


@contextmanager
def running(contender: Contender, patience: float = PATIENCE) -> Iterator[Process]:
    """Starts a contender, and ends it where the block ends. An answer may take `patience` seconds.

    Raises:
        Ended: there is no such program.
    """
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as said:
        try:
            child = subprocess.Popen(
                [*contender.command, json.dumps(contender.arguments)],
                text=True,
                encoding="utf-8",
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=said,
                env=environment(),
            )
        except OSError as error:
            raise Ended(without_places(f"did not start: {error}")) from error
        try:
            yield Process(child, said, patience)
        finally:
            child.kill()  # it only waits for orders, and an order that hangs must not hang us
            child.communicate()


def environment() -> dict[str, str]:
    """What every contender sees. Compiled modules are written, as they are where nobody forbids it."""
    inherited = {key: value for key, value in os.environ.items() if key != UNCOMPILED}
    return {**inherited, "HF_HUB_OFFLINE": "1"}


def decoded(answer: Mapping[str, Any]) -> Rows:
    """Rows as `isomorph_bench.race.protocol.encoded` writes them; sparse ones with their zeros."""
    flat = np.frombuffer(base64.b64decode(answer["float32"]), np.float32)
    if "columns" in answer:
        return _with_zeros(flat, answer)
    if "shapes" not in answer:
        return list(flat.reshape(answer["shape"]))
    sizes = [prod(shape) for shape in answer["shapes"]]
    parts = np.split(flat, np.cumsum(sizes)[:-1])
    return [part.reshape(shape) for part, shape in zip(parts, answer["shapes"], strict=True)]


def _with_zeros(flat: NDArray[np.float32], answer: Mapping[str, Any]) -> Rows:
    columns = np.frombuffer(base64.b64decode(answer["columns"]), np.int32)
    rows = np.zeros(answer["shape"], np.float32)
    for row, begin, end in zip(rows, answer["starts"], answer["starts"][1:], strict=False):
        row[columns[begin:end]] = flat[begin:end]
    return list(rows)
