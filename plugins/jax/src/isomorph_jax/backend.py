"""How much of a model JAX runs, and why not more."""

from __future__ import annotations

from collections.abc import Sequence

from isomorph.contract import (
    NOTHING_ASKED,
    Asked,
    Batches,
    Claim,
    Device,
    Model,
    Options,
    Session,
)
from isomorph.errors import BadModel, Unsupported
from isomorph.program import claimable, lower
from isomorph_jax.artifact import find
from isomorph_jax.devices import list_devices

LANES = 2
"""Forwards at once: one is prepared and sent while the device computes the other."""
ARITHMETIC = ("float32", "bfloat16", "float16")
ACCELERATED = Batches(tokens=16384, most_rows=1024)
"""What fills an accelerator; CPUs take what core chooses."""


class JaxBackend:
    """Programs traced by JAX and compiled by XLA, or such programs saved as StableHLO."""

    def devices(self) -> Sequence[Device]:
        """Accelerators, then CPUs.

        Raises:
            BackendUnavailable: JAX is missing or broken.
        """
        return list_devices()

    def claim(self, model: Model, device: Device, asked: Asked = NOTHING_ASKED) -> Claim:
        """What lowers to JAX's operations; a saved program where that reaches further, or is named.

        XLA compiles for each shape, so that a session meets shapes of the lattice only.

        Raises:
            Unsupported, BadModel: the user names a file that is no use, or a number type that there is not.
        """
        from isomorph_jax.emit import OPERATORS

        arithmetic = asked.arithmetic or "float32"
        if arithmetic not in ARITHMETIC:
            has = ", ".join(ARITHMETIC)
            raise Unsupported(f"arithmetic in {arithmetic!r} was asked for; JAX has: {has}.")
        depth, stop = claimable(model, OPERATORS)
        path = None
        if model.artifact is not None or depth < len(model.graph):
            found, reason = find(model)
            stop = f"{stop}; {reason}" if reason else stop
            if found is not None and (model.artifact is not None or found.depth > depth):
                depth, path = found.depth, found.file
                stop = "" if depth == len(model.graph) else f"{path.name} holds {depth} modules"
                if arithmetic != "float32":
                    raise Unsupported(f"{path.name} is of float32, not of {arithmetic}.")
        return Claim(
            device,
            depth,
            reason=stop,
            arithmetic=arithmetic,
            lanes=LANES,
            artifact=path,
            batches=Batches() if device.kind == "cpu" else ACCELERATED,
            max_shapes=0,
        )

    def load(self, model: Model, claim: Claim, options: Options) -> Session:
        """The program and its weights on the device; each shape is compiled when it is first met.

        Raises:
            DeviceUnavailable: the device is not there.
            Unsupported: an option that there is not.
            BadModel: a tensor or a saved program is missing or damaged.
            OutOfMemory: the weights do not fit on the device.
        """
        from isomorph_jax.session import JaxSession

        if options.model_kwargs:
            unknown = ", ".join(sorted(options.model_kwargs))
            raise Unsupported(
                f"model_kwargs {unknown} have no effect on JAX; known: file_name, output_name."
            )
        if claim.artifact is None:
            return JaxSession.from_program(model, lower(model), claim, options)
        found, reason = find(model)
        if found is None or found.file != claim.artifact:
            raise BadModel(f"{claim.artifact} has changed since it was claimed. {reason}".strip())
        return JaxSession.from_artifact(model, found, claim, options)
