"""OpenVINO's threads in a forked child, where they are not.

OpenVINO keeps the threads of a model that was closed for the next one of the same properties. It would do
so in a child too, and compiling would wait for them for ever. A compilation that does wait holds them, so
that later ones are given new threads: a child begins with as many as its parent had threads left over.
A child of such a child is refused: what those compilations hold is held there for ever.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from threading import Lock, Thread
from time import monotonic
from typing import Any

import numpy as np

from isomorph.errors import Unsupported
from isomorph_openvino.engine import core, engine

SECONDS = 1.0
"""For all of them to begin waiting; one that does not have to wait ends in some milliseconds."""


class Executors:
    """Counts models by their properties: as many as were open at once have threads, in use or left over."""

    def __init__(self) -> None:
        self._lost: Counter[str] = Counter()
        self._known: dict[str, Mapping[str, Any]] = {}
        self._waiting: list[Thread] = []
        self._refused = False
        self._begin()

    def _begin(self) -> None:
        self._lock = Lock()
        self._open: Counter[str] = Counter()
        self._most: Counter[str] = Counter()

    def opened(self, properties: Mapping[str, Any]) -> None:
        """Says that a model was compiled."""
        key = _key(properties)
        with self._lock:
            self._known[key] = properties
            self._open[key] += 1
            self._most[key] = max(self._most[key], self._open[key])

    def closed(self, properties: Mapping[str, Any]) -> None:
        """Says that one was freed."""
        with self._lock:
            self._open[_key(properties)] -= 1

    def after_fork_in_child(self) -> None:
        """What is left over in the parent is lost here; what is in use there nobody will get."""
        self._refused = self._refused or bool(self._waiting)
        self._waiting = []
        self._lost += self._most - self._open
        self._begin()

    def replace_lost(self) -> None:
        """To be called before a model is compiled.

        Raises:
            Unsupported: this is the child of a forked process that had to occupy lost threads.
        """
        if self._refused:
            raise Unsupported(
                "This process was forked from a forked process, which holds OpenVINO's lost threads. Load "
                "models with OpenVINO in the first child, or start processes by the methods spawn or "
                "forkserver."
            )
        lost, self._lost = self._lost, Counter()
        waiting = [
            Thread(target=_compile, args=(self._known[key],), daemon=True)
            for key in lost.elements()
        ]
        for thread in waiting:
            thread.start()
        end = monotonic() + SECONDS
        for thread in waiting:
            thread.join(max(0.0, end - monotonic()))
        self._waiting += [thread for thread in waiting if thread.is_alive()]


def _key(properties: Mapping[str, Any]) -> str:
    return repr(sorted(properties.items(), key=lambda item: item[0]))


def _compile(properties: Mapping[str, Any]) -> None:
    """Compiles next to nothing; waits for ever where the threads are lost."""
    operators = engine().opset15
    given = operators.parameter([1], np.float32)
    core().compile_model(
        engine().Model([operators.relu(given)], [given], "threads"), "CPU", properties
    )


EXECUTORS = Executors()

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=EXECUTORS.after_fork_in_child)
