"""Random numbers of tests: each test draws the same ones, whichever tests ran before it.

A generator of a module goes on where the last test of its process stopped, so a bound that one
draw in a thousand misses fails on a run that nobody can repeat. ``ISOMORPH_TEST_SEED`` draws others.
"""

from __future__ import annotations

import os
import zlib

import numpy as np

SEED = os.environ.get("ISOMORPH_TEST_SEED", "")
RANDOM = np.random.default_rng(0)


def start_again(test: str) -> None:
    """Let ``RANDOM`` draw the numbers of the test with this name."""
    seed = zlib.crc32(f"{SEED}{test}".encode())
    RANDOM.bit_generator.state = np.random.default_rng(seed).bit_generator.state


def floats(*shape: int, scale: float = 1.0) -> np.ndarray:
    """Normal numbers, float32."""
    return RANDOM.normal(0, scale, shape).astype(np.float32)
