"""What a compiled artifact depends on, in one digest: the machine's code and the weights' content."""

from __future__ import annotations

import hashlib
import os
import platform
from pathlib import Path

from isomorph.contract import Claim, Model, Options
from isomorph.files.digest import content
from isomorph.files.identity import HeldFile


def digest(model: Model, claim: Claim, options: Options, description: bytes) -> str:
    """A name for what is compiled of `description`, for this model, here, and with these options."""
    found = hashlib.sha256()
    asked = (claim.device, options.arithmetic, sorted(options.model_kwargs.items()))
    for part in (instructions(), repr(asked).encode(), description):
        found.update(hashlib.sha256(part).digest())
    for name, recipe in _recipes(model):
        found.update(hashlib.sha256(f"{name}: {recipe}".encode()).digest())
    for file in weight_files(model):
        found.update(weights(file))
    return found.hexdigest()[:40]


def weight_files(model: Model) -> list[HeldFile]:
    """The files that hold the model's tensors, as they were when it was read."""
    tensors = [tensor for each in model.tensors.values() for tensor in each.values()]
    found = {tensor.file: tensor.held for tensor in tensors}
    made = (tensor.made for tensor in tensors if tensor.made is not None)
    found |= {held.path: held for each in made for held in each.sources}
    return [held for _, held in sorted(found.items()) if held is not None]


def _recipes(model: Model) -> list[tuple[str, str]]:
    """What is computed of stored tensors before they are a model's weights."""
    tensors = (found for each in model.tensors.values() for found in each.items())
    return sorted((name, tensor.made.recipe) for name, tensor in tensors if tensor.made is not None)


def weights(file: HeldFile) -> bytes:
    """A digest of a weight file: when it was written, its size, its header and samples of the rest.

    Who writes other weights into a file changes its time or, if that is set back, most likely some
    sample.
    """
    with file.open() as stream:
        return f"{file.identity.written}".encode() + content(stream, file.identity.size)


def instructions(cpuinfo: Path = Path("/proc/cpuinfo")) -> bytes:
    """What is known of the processor: engines compile for its instructions, and lay out for its model."""
    kept = ("vendor_id", "model name", "flags", "Features", "CPU part")
    lines: set[str] = set()
    if cpuinfo.is_file():
        lines = {line for line in cpuinfo.read_text().splitlines() if line.startswith(kept)}
    named = os.environ.get("PROCESSOR_IDENTIFIER", "")  # on Windows
    system = (platform.system(), platform.machine(), named, *sorted(lines))
    return "\n".join(system).encode()
