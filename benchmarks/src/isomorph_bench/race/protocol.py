"""What every contender's process does: one order a line on stdin, one answer a line on stdout.

Orders are JSON lists:

    ["vectors", items]          the results of one call
    ["each", items]             the same, one item a call
    ["pass", items]             the seconds of one call
    ["calls", items]            the seconds of each call of one item
    ["callers", items, n]       the same from n threads at once
    ["soak", items, seconds]    passes for so long: [since the first, resident bytes, its seconds] of each
    ["report"]                  what is in effect, and the peak of memory

Between orders a worker waits and uses no CPU, so that contenders can take turns.
This file runs in the environments of others too: it needs numpy and the standard library only.
"""

from __future__ import annotations

import base64
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib.metadata import version
from typing import Any, Protocol


class Embedder(Protocol):
    """A loaded model, as a contender hands it to `serve`."""

    def one(self, item: Any) -> Any:
        """The result of one item, called as that library's users would call it."""

    def many(self, items: list[Any]) -> Any:
        """The results of many items in one call, one row each."""

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
        "vectors": lambda items: encoded(embedder.many(items)),
        "each": lambda items: encoded(joined([embedder.one(item) for item in items])),
        "calls": lambda items: [seconds(embedder.one, item) for item in items],
        "pass": lambda items: seconds(embedder.many, items),
        "callers": lambda items, number: at_once(embedder.one, items, number),
        "soak": lambda items, length: list(soaked(embedder.many, items, length)),
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


def at_once(work: Callable[[Any], Any], items: Sequence[Any], threads: int) -> list[float]:
    """The seconds of each call, where so many threads each make one after another."""
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(partial(seconds, work), items))


def soaked(
    work: Callable[[Any], Any],
    items: Sequence[Any],
    length: float,
    clock: Callable[[], float] = time.perf_counter,
) -> Iterator[tuple[float, int, float]]:
    """Passes until so many seconds are over, one at least."""
    begun = clock()
    while True:
        before = clock()
        work(list(items))
        now = clock()
        yield now - begun, resident_bytes() or 0, now - before
        if now - begun >= length:
            return


def joined(results: Sequence[Any]) -> Any:
    """The results of single calls as those of one call: sparse rows under each other, others in a list."""
    if results and hasattr(results[0], "indptr"):
        from scipy.sparse import vstack

        return vstack(results, format="csr")
    return results


def encoded(results: Any) -> dict[str, Any]:
    """Rows of numbers as float32 in base64: a list of Python floats would count as peak memory.

    ``shape`` is that of all rows where they are alike, else ``shapes`` has one each. Of a sparse matrix there
    are ``columns`` and ``starts`` beside the numbers that are not zero.
    """
    import numpy as np

    if hasattr(results, "indptr"):
        return {
            "shape": results.shape,
            "float32": _packed(np.asarray(results.data, np.float32)),
            "columns": _packed(np.asarray(results.indices, np.int32)),
            "starts": np.asarray(results.indptr).tolist(),
        }
    rows = [np.asarray(row, np.float32) for row in results]
    shapes = [row.shape for row in rows]
    flat = _packed(np.concatenate([row.ravel() for row in rows]) if rows else np.zeros(0, "f4"))
    if len(set(shapes)) == 1:
        return {"shape": (len(rows), *shapes[0]), "float32": flat}
    return {"shapes": shapes, "float32": flat}


def _packed(array: Any) -> str:
    return base64.b64encode(array.tobytes()).decode("ascii")


def peak_bytes(status: str = "/proc/self/status") -> int | None:
    """The largest resident set that this program had; None where the system does not tell.

    Linux' ``ru_maxrss`` starts at what the parent held when it made this process, so that it is
    asked only where there is no ``VmHWM``.
    """
    told = _of_status("VmHWM:", status)
    if told is not None:
        return told
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def resident_bytes(status: str = "/proc/self/status") -> int | None:
    """What is resident now of the program with this status file; None where the system does not tell."""
    return _of_status("VmRSS:", status)


def _of_status(name: str, status: str) -> int | None:
    try:
        with open(status, encoding="ascii") as lines:  # noqa: PTH123
            kilobytes = next(line for line in lines if line.startswith(name)).split()[1]
            return int(kilobytes) * 1024
    except (OSError, StopIteration):
        return None


def versions(distributions: Sequence[str]) -> str:
    """``"numpy 2.4.6, …"`` of installed distributions."""
    return ", ".join(f"{name} {version(name)}" for name in distributions)
