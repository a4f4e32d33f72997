"""OpenVINO's threads in a forked child, where they are not.

OpenVINO keeps the threads of a model that was freed for the next one of the same properties. It would do so
in a child too, and compiling would wait for them for ever. A compilation that does wait holds them, so that
later ones are given others. How many are left over depends on what other threads compiled and freed when the
fork came, and on who else holds a compiled model: so a child tries, until a compilation comes through.
A child of such a child is refused: what those compilations hold is held there for ever.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from threading import Lock, Thread
from time import monotonic
from typing import Any

import numpy as np

from isomorph.errors import Unsupported
from isomorph_openvino.engine import core, engine

SECONDS = 1.0
"""For compilations to come through; one that does not have to wait takes some milliseconds."""

FIRST, LAST = 2, 64
"""Compilations that are tried at once at first, and at last."""


class Executors:
    """Takes lost threads out of the way, in children; once for all models of the same properties."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._tried: set[str] = set()
        self._waiting: list[Thread] = []
        self._is_child = False
        self._refused = False

    def after_fork_in_child(self) -> None:
        """The threads of all models are lost here."""
        self._lock = Lock()
        self._tried = set()
        self._is_child = True
        self._refused = self._refused or bool(self._waiting)
        self._waiting = []

    def replace_lost(self, properties: Mapping[str, Any]) -> None:
        """To be called before a model is compiled for the CPU.

        Raises:
            Unsupported: this is the child of a forked process that had to occupy lost threads, or no
                compilation comes through.
        """
        if self._refused:
            raise Unsupported(
                "This process was forked from a forked process, which holds OpenVINO's lost threads. Load "
                "models with OpenVINO in the first child, or start processes by the methods spawn or "
                "forkserver."
            )
        if not self._is_child:
            return
        key = repr(sorted(properties.items(), key=lambda item: item[0]))
        with self._lock:
            if key not in self._tried:
                self._occupy(properties)
                self._tried.add(key)

    def _occupy(self, properties: Mapping[str, Any]) -> None:
        at_once = FIRST
        while at_once <= LAST:
            started = [
                Thread(target=_compile, args=(properties,), daemon=True) for _ in range(at_once)
            ]
            for thread in started:
                thread.start()
            end = monotonic() + SECONDS
            for thread in started:
                thread.join(max(0.0, end - monotonic()))
            waiting = [thread for thread in started if thread.is_alive()]
            self._waiting += waiting
            if len(waiting) < len(started):
                return
            at_once *= 2
        raise Unsupported(
            f"OpenVINO compiles nothing in this forked process: {len(self._waiting)} compilations wait for "
            "threads of its parent. Load models with OpenVINO in the child alone, or start processes by "
            "the methods spawn or forkserver."
        )


def _compile(properties: Mapping[str, Any]) -> None:
    """Compiles next to nothing; waits for ever where the threads are lost."""
    operators = engine().opset15
    given = operators.parameter([1], np.float32)
    # Properties that OpenVINO refuses are told when the model is compiled.
    with suppress(Exception):
        core().compile_model(
            engine().Model([operators.relu(given)], [given], "threads"), "CPU", properties
        )


EXECUTORS = Executors()

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=EXECUTORS.after_fork_in_child)
