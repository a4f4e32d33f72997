"""The reference as a backend: every module that lowers, or that brings a numpy kernel."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from isomorph.contract import (
    NOTHING_ASKED,
    Asked,
    Claim,
    Device,
    Model,
    Module,
    Options,
    Session,
    SessionInfo,
    Values,
)
from isomorph.errors import Unsupported
from isomorph.plugins.table import kind_named
from isomorph.program import claimable, lower
from isomorph.reference.interpret import Interpreter

CPU = Device("cpu")
MEMORY_FACTOR = 6.0
"""Measured: kernels in numpy write copies where an engine would compute in place."""


class ReferenceBackend:
    """Runs on the CPU, through numpy."""

    def devices(self) -> Sequence[Device]:
        """The CPU."""
        return (CPU,)

    def claim(self, model: Model, device: Device, asked: Asked = NOTHING_ASKED) -> Claim:
        """Everything that lowers or has a numpy kernel.

        Raises:
            Unsupported: the user names an artifact, of which there are none for numpy, or asks for
                arithmetic in another type than float32.
        """
        if asked.arithmetic not in (None, "float32"):
            raise Unsupported(
                f"arithmetic in {asked.arithmetic!r} was asked for, and the reference computes in float32"
            )
        if model.artifact is not None:
            raise Unsupported(f"the reference runs weights, not a file such as {model.artifact!r}")
        depth, stop = 0, ""
        while depth < len(model.graph):
            more, stop = claimable(model.rest(depth))
            depth += more
            if not stop or kind_named(model.graph.modules[depth].kind).kernel is None:
                break
            depth, stop = depth + 1, ""
        return Claim(device, depth, reason=stop, memory_factor=MEMORY_FACTOR, forks=True)

    def load(self, model: Model, claim: Claim, options: Options) -> Session:
        """Lowers; weights are mapped when first used.

        Raises:
            Unsupported: ``model_kwargs`` hold anything.
        """
        if options.model_kwargs:
            names = ", ".join(sorted(map(str, options.model_kwargs)))
            raise Unsupported(
                f"model_kwargs {names} have no effect on the reference; it knows none."
            )
        return ReferenceSession(model, claim)


class ReferenceSession:
    """A model interpreted step by step: one program for each run of modules that lower."""

    def __init__(self, model: Model, claim: Claim) -> None:
        self._steps = list(_steps(model))
        self._inputs = model.graph.inputs
        self._outputs = model.graph.outputs
        self._closed = False
        # threads=0: numpy's BLAS keeps its own pool, which nobody here sizes.
        self._effective = SessionInfo(
            claim.device, f"numpy {np.__version__}", provider="numpy", threads=0, lanes=1
        )

    @property
    def effective(self) -> SessionInfo:
        """numpy on the CPU."""
        return self._effective

    @property
    def native(self) -> Mapping[str, object]:
        """Nothing worth reaching for."""
        return {}

    def forward(self, values: Values) -> Values:
        """Runs the programs and kernels in turn."""
        if self._closed:
            raise RuntimeError("This session is closed.")
        passing = dict(values)
        with np.errstate(all="ignore"):  # what is not finite is told once, of the results
            for step in self._steps:
                passing.update(step(passing))
        return {name: passing[name] for name in self._outputs}

    def save(self, folder: Path) -> None:
        """Nothing to write: the model's own weights are what it runs."""

    def close(self) -> None:
        """Lets go of the mapped weights."""
        self._steps = []
        self._closed = True


def _steps(model: Model) -> Iterator[Callable[[Values], Values]]:
    """Programs for the runs of modules that lower, kernels for the modules between them."""
    done = 0
    while done < len(model.graph):
        rest = model.rest(done)
        depth, _ = claimable(rest)
        if depth:
            yield Interpreter(lower(rest.prefix(depth), every_row=True)).run
            done += depth
        else:
            yield _kernel_step(model, model.graph.modules[done])
            done += 1


def _kernel_step(model: Model, module: Module) -> Callable[[Values], Values]:
    kernel = kind_named(module.kind).kernel
    if kernel is None:
        lower(model)  # raises the reason why it does not lower
        raise AssertionError(f"{module.kind!r} neither lowers nor has a kernel")
    weights = {name: tensor.numpy() for name, tensor in model.tensors_of(module).items()}
    return lambda values: kernel(module, weights, values)
