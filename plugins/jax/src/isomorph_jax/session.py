"""A loaded model: its weights on the device, its program compiled for each shape of the lattice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isomorph.contract import Claim, Model, Options, SessionInfo, Values
from isomorph.program import Program, digest
from isomorph_jax.artifact import PLATFORMS, Artifact, read, write
from isomorph_jax.compiled import Compiled
from isomorph_jax.devices import found
from isomorph_jax.engine import engine
from isomorph_jax.failures import compiling, loading, running
from isomorph_jax.programs import as_int32, function, weights

Arrays = Mapping[str, NDArray[Any]]


class JaxSession:
    """The first modules of a model. `forward` may be called from `lanes` threads at once."""

    def __init__(
        self,
        model: Model,
        call: Callable[..., Any],
        arrays: Arrays,
        claim: Claim,
        options: Options,
        *,
        program: Program | None = None,
        saved: bytes = b"",
    ) -> None:
        jax = engine()
        self._model = model
        self._program = program
        self._saved = saved
        self._device = found(claim.device)
        with running(None):
            self._weights: Any = jax.device_put(dict(arrays), self._device, may_alias=False)
        arithmetic = claim.arithmetic
        describe = f"{digest(model)} {arithmetic} {claim.device} ".encode()
        self._run: Compiled | None = Compiled(
            call,
            self._weights,
            self._device,
            describe=describe,
            cache=options.compile_cache,
            file=claim.artifact,
        )
        self._effective = SessionInfo(
            claim.device,
            f"jax {jax.__version__}",
            provider=f"XLA {self._device.device_kind}",
            threads=0,
            lanes=min(claim.lanes, max(1, options.lanes)),
            arithmetic=arithmetic,
            artifact=claim.artifact,
            details={"runtime": str(self._device.client.platform_version).strip()},
        )

    @classmethod
    def from_program(
        cls, model: Model, program: Program, claim: Claim, options: Options
    ) -> JaxSession:
        """A session of a lowered program."""
        narrow = np.dtype(engine().numpy.dtype(claim.arithmetic))
        arrays = weights(program, narrow)
        return cls(model, function(program, narrow), arrays, claim, options, program=program)

    @classmethod
    def from_artifact(
        cls, model: Model, artifact: Artifact, claim: Claim, options: Options
    ) -> JaxSession:
        """A session of a saved program.

        Raises:
            BadModel: JAX cannot read it, or it computes something else than the model promises.
        """
        with loading(model, artifact.file):
            saved, arrays = read(model, artifact)
            call = engine().export.deserialize(bytearray(saved)).call
        return cls(model, call, arrays, claim, options, saved=saved)

    @property
    def effective(self) -> SessionInfo:
        """What JAX answers."""
        return self._effective

    @property
    def native(self) -> Mapping[str, object]:
        """The jitted function of (weights, feeds)."""
        return {} if self._run is None else {"jax_function": self._run.function}

    def forward(self, values: Values) -> Values:
        """Feeds to the device, one run, results back.

        Raises:
            RuntimeError: the session is closed.
            Unsupported: XLA cannot compile the program for this shape.
            BackendError, BadModel: JAX fails in a program of ours, or in a saved one.
        """
        run = self._run
        if run is None:
            raise RuntimeError("This session is closed.")
        feeds = {name: _fed(values[name], name) for name in self._model.graph.inputs}
        with running(self._effective.artifact):
            results = engine().device_get(run(engine().device_put(feeds, self._device)))
            return {name: np.asarray(each, np.float32, "C") for name, each in results.items()}

    def save(self, folder: Path) -> None:
        """Writes the program as StableHLO for any shape, and its weights in float32.

        Raises:
            Unsupported: the program cannot be traced for shapes that are not known.
        """
        if self._saved:
            write(self._model, self._saved, self._held(), folder)
        elif self._program is not None:
            arrays = weights(self._program, np.dtype(np.float32))
            write(self._model, exported(self._program, arrays), arrays, folder)

    def close(self) -> None:
        """Lets go of the weights on the device, and of the executables."""
        self._run = None
        self._weights = None
        self._program = None
        self._saved = b""

    def _held(self) -> Arrays:
        """The weights as the device has them."""
        return {name: np.asarray(each) for name, each in self._weights.items()}


def exported(program: Program, arrays: Arrays) -> bytes:
    """The program in float32 as StableHLO, for any number of rows and any width.

    Raises:
        Unsupported: JAX cannot trace it for shapes that are not known.
    """
    jax = engine()
    scope = jax.export.SymbolicScope()
    names = {axis for feed in program.feeds.values() for axis in feed.axes if isinstance(axis, str)}
    sizes = {name: jax.export.symbolic_shape(name, scope=scope)[0] for name in sorted(names)}
    feeds = {
        name: jax.ShapeDtypeStruct(
            tuple(sizes[axis] if isinstance(axis, str) else axis for axis in feed.axes),
            np.int32 if feed.dtype == "int64" else np.float32,
        )
        for name, feed in program.feeds.items()
    }
    known = {name: jax.ShapeDtypeStruct(each.shape, each.dtype) for name, each in arrays.items()}
    with compiling("any shape"):
        call = jax.jit(function(program, np.dtype(np.float32)))
        return bytes(jax.export.export(call, platforms=PLATFORMS)(known, feeds).serialize())


def _fed(array: NDArray[Any], name: str) -> NDArray[Any]:
    return as_int32(array, name) if array.dtype.kind in "iu" else array
