"""What every contender's process does: one order a line on stdin, one answer a line on stdout.

Orders are JSON lists: ``["vectors", texts]`` (in one call) and ``["each", texts]`` (one text a call)
answer vectors, ``["pass", texts]`` and ``["calls", texts]`` the seconds of the same work, and
``["report"]`` says what is in effect. Between orders a worker waits and uses no CPU, so that
contenders can take turns.

This file runs in the environments of others too: it needs numpy and the standard library only.
"""

from __future__ import annotations

import base64
import json
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib.metadata import version
from typing import Any, Protocol


class Embedder(Protocol):
    """A loaded model, as a contender hands it to `serve`."""

    def one(self, text: str) -> Any:
        """The vector of one text, called as that library's users would call it."""

    def many(self, texts: list[str]) -> Any:
        """The vectors of many texts, one row each, in one call."""

    def report(self) -> dict[str, Any]:
        """What is in effect: at least ``engine``, in words."""


def serve(load: Callable[..., Any], more: Mapping[str, Callable[..., Any]] | None = None) -> None:
    """Loads an `Embedder` with the arguments of the command line, answers orders until stdin ends.

    `more` are orders that it alone knows: functions of the embedder and what comes with the order.
    Whatever else the process prints to stdout goes to stderr: libraries greet there.
    """
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    embedder: Embedder = load(**json.loads(sys.argv[1]))
    orders: dict[str, Callable[..., Any]] = {
        "vectors": lambda texts: encoded(embedder.many(texts)),
        "each": lambda texts: encoded([embedder.one(text) for text in texts]),
        "calls": lambda texts: [seconds(embedder.one, text) for text in texts],
        "pass": lambda texts: seconds(embedder.many, texts),
        "report": lambda: {**embedder.report(), "peak": peak_bytes()},
        **{name: partial(order, embedder) for name, order in (more or {}).items()},
    }
    for line in sys.stdin:
        order, *arguments = json.loads(line)
        answers.write(json.dumps(orders[order](*arguments)) + "\n")
        answers.flush()


def seconds(work: Callable[[Any], Any], argument: Any) -> float:
    """How long one call takes."""
    begun = time.perf_counter()
    work(argument)
    return time.perf_counter() - begun


def encoded(vectors: Any) -> dict[str, Any]:
    """Rows of numbers as float32 in base64: a list of Python floats would count as peak memory."""
    import numpy as np

    array = np.ascontiguousarray(vectors, dtype=np.float32)
    return {"shape": array.shape, "float32": base64.b64encode(array.tobytes()).decode("ascii")}


def peak_bytes(status: str = "/proc/self/status") -> int | None:
    """The largest resident set that this program had; None where the system does not tell.

    Linux' ``ru_maxrss`` starts at what the parent held when it made this process, so that it is
    asked only where there is no ``VmHWM``.
    """
    try:
        with open(status, encoding="ascii") as lines:  # noqa: PTH123
            kilobytes = next(line for line in lines if line.startswith("VmHWM:")).split()[1]
            return int(kilobytes) * 1024
    except (OSError, StopIteration):
        pass
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def versions(distributions: Sequence[str]) -> str:
    """``"numpy 2.4.6, …"`` of installed distributions."""
    return ", ".join(f"{name} {version(name)}" for name in distributions)
