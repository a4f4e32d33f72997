"""A safetensors file of random numbers, one tensor in memory at a time.

The format: the length of a header, the header (names, types, shapes and places, in JSON), the numbers.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from math import prod
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Shapes = Mapping[str, tuple[int, ...]]
SPREAD = 0.02
"""Standard deviation of matrices, as encoders are initialised."""


def write_weights(shapes: Shapes, file: Path, seed: int = 0) -> None:
    """float32, the same numbers every time."""
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    end = 0
    for name, shape in shapes.items():
        begin, end = end, end + 4 * prod(shape)
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [begin, end]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)  # so that the numbers are aligned
    rng = np.random.default_rng(seed)
    with file.open("wb") as stream:
        stream.write(struct.pack("<Q", len(text)) + text)
        for name, shape in shapes.items():
            stream.write(_drawn(name, shape, rng).tobytes())


def _drawn(name: str, shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float32]:
    """Norms are ones, biases nearly nothing."""
    values = rng.standard_normal(shape, np.float32) * np.float32(SPREAD)
    return values + np.float32(1) if len(shape) == 1 and not name.endswith("bias") else values
