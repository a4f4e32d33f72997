"""ONNX Runtime: the whole chain as one graph, made from the weights or found in the folder."""

from __future__ import annotations

from collections.abc import Sequence

from isomorph.contract import Claim, Device, Model, Options, Session
from isomorph.errors import BackendUnavailable
from isomorph.program import claimable, lower
from isomorph_onnx.artefact import Artefact, find
from isomorph_onnx.devices import list_devices
from isomorph_onnx.emit import EMITTERS
from isomorph_onnx.session import OnnxSession

LANES = 64
"""A session takes any number of runs at once; core asks for no more than there are CPUs."""


class OnnxBackend:
    """Runs on every execution provider of the installed ONNX Runtime."""

    def devices(self) -> Sequence[Device]:
        """Accelerators of this build, then the CPU."""
        devices = list_devices()
        if not devices:
            raise BackendUnavailable("onnx", "this build of onnxruntime has no usable provider")
        return devices

    def claim(self, model: Model, device: Device) -> Claim:
        """What lowers to the primitives, or what an artefact in the folder covers.

        The artefact is used where the user named it, or where it covers more.
        """
        depth, stop = claimable(model, EMITTERS.keys())
        asked = model.artefact is not None
        artefact = find(model) if asked or depth < len(model.graph) else None
        file = None
        if artefact is not None and (asked or artefact.depth > depth):
            depth, file = artefact.depth, artefact.file
            stop = f"the artefact {file.name} ends there" if depth < len(model.graph) else ""
        lanes = LANES if device.kind == "cpu" else 1
        return Claim(device, depth, stop, lanes=lanes, artefact=file)

    def load(self, model: Model, claim: Claim, options: Options) -> Session:
        """Makes a session of the lowered graph or of the artefact that the claim names."""
        if claim.artefact is not None:
            return OnnxSession.from_artefact(
                model, Artefact.read(claim.artefact, model), claim, options
            )
        return OnnxSession.from_program(model, lower(model), claim, options)
