"""What a compiled artefact depends on, in one digest: the machine's code and the weights' content."""

from __future__ import annotations

import hashlib
import os
import platform
from collections.abc import Iterable
from pathlib import Path

from isomorph.contract import Claim, Model, Options

SAMPLES, SAMPLE = 64, 4096
"""Places, spread over a weight file, whose bytes are part of its identity, and how many bytes each."""


def digest(model: Model, claim: Claim, options: Options, description: bytes) -> str:
    """A name for what is compiled of `description`, for this model, here, and with these options."""
    found = hashlib.sha256()
    asked = (claim.device, options.precision, sorted(options.model_kwargs.items()))
    for part in (instructions(), repr(asked).encode(), description):
        found.update(hashlib.sha256(part).digest())
    for file in weight_files(model):
        found.update(weights(file))
    return found.hexdigest()[:40]


def weight_files(model: Model) -> list[Path]:
    """The files that hold the model's tensors."""
    tensors = (tensor for each in model.tensors.values() for tensor in each.values())
    return sorted({tensor.file.resolve() for tensor in tensors})


def weights(file: Path) -> bytes:
    """A digest of a weight file: its size, when it was written, its header and samples of the rest.

    Reading all of it would take longer than what is kept saves. Who writes other weights into a file
    changes its time or, if that is set back, most likely some sample.
    """
    found = hashlib.sha256()
    with file.open("rb") as stream:
        state = os.fstat(stream.fileno())
        found.update(f"{state.st_size} {state.st_mtime_ns}".encode())
        for place in _places(state.st_size):
            stream.seek(place)
            found.update(stream.read(SAMPLE))
    return found.digest()


def _places(size: int) -> Iterable[int]:
    last = max(0, size - SAMPLE)
    return sorted({last * index // (SAMPLES - 1) for index in range(SAMPLES)})


def instructions(cpuinfo: Path = Path("/proc/cpuinfo")) -> bytes:
    """What is known of the processor: engines compile for its instructions, and lay out for its model."""
    kept = ("vendor_id", "model name", "flags", "Features", "CPU part")
    lines: set[str] = set()
    if cpuinfo.is_file():
        lines = {line for line in cpuinfo.read_text().splitlines() if line.startswith(kept)}
    named = os.environ.get("PROCESSOR_IDENTIFIER", "")  # on Windows
    system = (platform.system(), platform.machine(), named, *sorted(lines))
    return "\n".join(system).encode()
