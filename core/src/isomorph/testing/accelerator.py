"""An accelerator that is not there, for the ways of core that no CPU takes.

It has two devices and a group of both, and takes forwards of few fixed shapes, for each of which it compiles.
It has little memory, computes on threads of its own and knows half precision. Its numbers are those of the
reference. `MACHINE` says how small it is, and counts what it does. The module is a plugin:

    [project.entry-points.isomorph]
    fake = "isomorph.testing.accelerator"
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from isomorph.contract import (
    NOTHING_ASKED,
    Asked,
    BackendInfo,
    Batches,
    Claim,
    Device,
    Model,
    Options,
    Session,
    SessionInfo,
    Tensor,
    Values,
)
from isomorph.errors import OutOfMemory, Unsupported
from isomorph.hookspecs import Text, hookimpl
from isomorph.program import Program, claimable, lower
from isomorph.reference.interpret import Interpreter

isomorph_contract = 2

KIND = "fake"
BATCHES = Batches((16, 48), (1, 4, 16), tokens=256)
"""The only shapes of forwards, and their largest size."""
_TYPES = ("float32", "float16")
_FILE = "program.json"

Shape = tuple[int, int]


@dataclass
class Machine:
    """What the devices are like, and what they have done; for all sessions of this process."""

    memory: int = 1 << 20
    """Default a million. Padded positions that fit into a forward."""
    compiling: float = 0.0
    """Default 0. Seconds that it takes to compile for a shape."""
    compiled: Counter[Shape] = field(default_factory=Counter)
    """How often each shape was compiled."""
    ran: Counter[tuple[str, Shape]] = field(default_factory=Counter)
    """How many forwards of each shape ran on each device."""
    refused: int = 0
    """Forwards that did not fit into memory."""
    lock: Any = field(default_factory=Lock, repr=False)

    def reset(self, memory: int = 1 << 20, compiling: float = 0.0) -> None:
        """Forgets what was done, and becomes as it is said."""
        with self.lock:
            self.memory, self.compiling, self.refused = memory, compiling, 0
            self.compiled.clear()
            self.ran.clear()


MACHINE = Machine()


class Accelerator:
    """Runs texts whose modules lower to primitives."""

    def devices(self) -> Sequence[Device]:
        """Two, and both as a group."""
        return Device(KIND), Device(KIND, 1), Device(KIND, count=2)

    def claim(self, model: Model, device: Device, asked: Asked = NOTHING_ASKED) -> Claim:
        """Padded texts, as far as they lower, in float32 or half precision.

        Raises:
            Unsupported: another arithmetic is asked for, or an artifact, of which there are none.
        """
        if asked.arithmetic not in (None, *_TYPES):
            raise Unsupported(
                f"The fake accelerator has {', '.join(_TYPES)}, no {asked.arithmetic}."
            )
        if model.artifact is not None:
            raise Unsupported("The fake accelerator runs weights, no files.")
        if model.graph.ragged or not isinstance(model.inputs, Text):
            return Claim(device, 0, reason="the fake accelerator takes padded texts")
        depth, stop = claimable(model)
        arithmetic = asked.arithmetic or "float32"
        return Claim(
            device, depth, reason=stop, arithmetic=arithmetic, lanes=2, batches=BATCHES, forks=False
        )

    def load(self, model: Model, claim: Claim, options: Options) -> Session:
        """The program on its device; shapes are compiled when they first come.

        Raises:
            OutOfMemory: not even one row fits.
        """
        if MACHINE.memory < BATCHES.widths[0]:
            raise OutOfMemory(f"{claim.device} has no room for {model.folder}.")
        return AcceleratorSession(lower(model), claim, options)


class AcceleratorSession:
    """A program on one device, or on a group of devices that each take their share of the rows."""

    def __init__(self, program: Program, claim: Claim, options: Options) -> None:
        self._program = _in_half(program) if claim.arithmetic == "float16" else program
        self._claim, self._options = claim, options
        self._executables: dict[Shape, Interpreter] = {}
        self._compiling = Lock()
        self._found = 0
        self._queue: ThreadPoolExecutor | None = ThreadPoolExecutor(1, f"{claim.device}")

    @property
    def effective(self) -> SessionInfo:
        """What it runs with, its shapes among the details."""
        shapes = ", ".join(f"{rows}x{width}" for rows, width in sorted(self._executables))
        details = {"shapes": shapes or "none yet", "found compiled": str(self._found)}
        return SessionInfo(
            self._claim.device,
            "fake 1",
            provider=KIND,
            threads=0,
            lanes=max(1, min(2, self._options.lanes)),
            arithmetic=self._claim.arithmetic,
            details=details,
        )

    @property
    def native(self) -> Mapping[str, object]:
        """Nothing worth reaching for."""
        return {}

    def forward(self, values: Values) -> Values:
        """Sends copies of the feeds to the device, and waits for what it sends back.

        Raises:
            OutOfMemory: the forward does not fit.
            ValueError: it has another shape than those that were claimed.
        """
        queue = self._queue
        if queue is None:
            raise RuntimeError("This session is closed.")
        feeds = {name: values[name].copy() for name in self._program.feeds}
        return queue.submit(self._run, feeds).result()

    def save(self, folder: Path) -> None:
        """Nothing to write: the model's own files are what it runs."""

    def close(self) -> None:
        """Waits for what is under way, and frees the device."""
        queue, self._queue = self._queue, None
        if queue is not None:
            queue.shutdown()

    def _run(self, feeds: Values) -> Values:
        shape: Any = next(array.shape for array in feeds.values() if array.ndim == 2)
        if shape[0] not in BATCHES.rows or shape[1] not in BATCHES.widths:
            raise ValueError(f"there is no program of the shape {shape}")
        with MACHINE.lock:
            if shape[0] * shape[1] > MACHINE.memory:
                MACHINE.refused += 1
                raise OutOfMemory(f"{self._claim.device} has no room for a forward of {shape}.")
            MACHINE.ran[str(self._claim.device), shape] += 1
        found = self._executable(shape).run(feeds)
        if self._claim.arithmetic == "float16":
            found = {name: array.astype(np.float16) for name, array in found.items()}
        return {name: np.array(array, np.float32, order="C") for name, array in found.items()}

    def _executable(self, shape: Shape) -> Interpreter:
        with self._compiling:
            if shape not in self._executables:
                self._find_or_compile(shape)
                self._executables[shape] = Interpreter(self._program)
            return self._executables[shape]

    def _find_or_compile(self, shape: Shape) -> None:
        """Takes what an earlier process compiled, where it is whole; else compiles."""
        description = f"fake 1 {shape} {self._program.nodes}".encode()
        content = json.dumps({"shape": shape})
        made: list[Shape] = []

        def make(folder: Path) -> None:
            made.append(shape)
            (folder / _FILE).write_text(content, "utf-8")

        folder = self._options.compile_cache(description, make, size=1000)
        whole = folder is not None and _content(folder / _FILE) == content
        if whole and not made:
            self._found += 1
            return
        time.sleep(MACHINE.compiling)
        with MACHINE.lock:
            MACHINE.compiled[shape] += 1


def _content(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def _in_half(program: Program) -> Program:
    """The program with weights of half precision; what was written into it, such as an epsilon, stays."""
    changed = {n: _halved(v) if isinstance(v, Tensor) else v for n, v in program.constants.items()}
    return replace(program, constants=changed)


def _halved(tensor: Tensor) -> Any:
    array = tensor.numpy()
    if array.dtype != np.float32:
        return array
    bounded = np.clip(array, np.finfo(np.float16).min, np.finfo(np.float16).max)
    return bounded.astype(np.float16).astype(np.float32)


@hookimpl
def isomorph_backends() -> Sequence[BackendInfo]:
    """The accelerator."""
    return [
        BackendInfo(
            KIND,
            f"{__name__}:{Accelerator.__name__}",
            summary="an accelerator that is not there, for tests",
            options={},
            one_process=True,
        )
    ]
