"""torch as a backend: transformers' model code for the encoder, an nn.Module for every other module.

What neither has is computed from core's primitives. All else shares no numerics with core, which makes it
an independent witness for what core computes.
"""

from __future__ import annotations

from collections.abc import Sequence

from isomorph.contract import NOTHING_ASKED, Asked, Claim, Device, Model, Options, Session
from isomorph.errors import Unsupported
from isomorph_torch.engine import engine

LANES = 256
"""On a CPU: core gives at most one lane a CPU, and more at once would only take turns."""
SHAPES = 128
"""On a CPU: oneDNN compiles for a shape, and keeps up to a thousand such kernels for the process."""


class TorchBackend:
    """Runs on whatever torch runs on. torch is imported by the first method that needs it."""

    def devices(self) -> Sequence[Device]:
        """Accelerators first, then the CPU.

        Raises:
            BackendUnavailable: torch or transformers is missing or broken.
        """
        engine()
        from isomorph_torch.devices import list_devices

        return list_devices()

    def claim(self, model: Model, device: Device, asked: Asked = NOTHING_ASKED) -> Claim:
        """Stops at the first module that no class and no primitives compute, or whose files cannot fill it.

        As many lanes as there are CPUs, each on one thread, and one for few tokens that all threads share,
        over the same weights. An accelerator gets a second forward while the results of the first one are
        fetched.

        Raises:
            Unsupported: the user names an artifact, of which there are none for torch, or asks for
                arithmetic in a number type that torch models are not loaded in.
        """
        if model.artifact is not None:
            raise Unsupported(f"torch runs weights, not a prebuilt file such as {model.artifact!r}")
        engine()
        from isomorph_torch import precision
        from isomorph_torch.modules import Source, is_steady, obstacle

        precision.to_torch(asked.arithmetic)  # refuses what there is not
        arithmetic = asked.arithmetic or precision.DEFAULT
        cpu = device.kind == "cpu"
        for depth, module in enumerate(model.graph.modules):
            stop = obstacle(Source(model, module))
            if stop:
                return Claim(
                    device,
                    depth,
                    reason=stop,
                    arithmetic=arithmetic,
                    lanes=LANES if cpu else 2,
                    latency=cpu,
                    shares_weights=True,
                    forks=cpu,
                )
        steady = cpu and all(is_steady(Source(model, each)) for each in model.graph.modules)
        lanes, shapes = (LANES, SHAPES) if cpu else (2, None)
        whole = len(model.graph)
        return Claim(
            device,
            whole,
            arithmetic=arithmetic,
            lanes=lanes,
            batch_invariant=steady,
            latency=cpu,
            shares_weights=True,
            max_shapes=shapes,
            forks=cpu,
        )

    def load(self, model: Model, claim: Claim, options: Options) -> Session:
        """Loads every module of `model` onto the claimed device.

        Raises:
            BadModel: weights are missing, damaged or of another shape.
            Unsupported: the model needs code of its own and it is not trusted, or the precision.
            InputError: ``model_kwargs`` do not fit the model class.
            DeviceUnavailable: torch cannot use the device.
        """
        engine()
        from isomorph_torch.modules import takes_options
        from isomorph_torch.session import TorchSession

        if options.model_kwargs and not any(map(takes_options, model.graph.modules)):
            names = ", ".join(sorted(map(str, options.model_kwargs)))
            raise Unsupported(
                f"model_kwargs {names} have no effect: transformers computes no module of this model."
            )
        return TorchSession(model, claim, options)
