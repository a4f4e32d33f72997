"""What came of a case: the values that a door gave, or what it raised, beside the unspoilt model's."""

from __future__ import annotations

import os
import shutil
import tempfile
import traceback
import warnings
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from hostile.cases import Case
from hostile.doors import Ask, door
from hostile.kinds import kinds
from numpy.typing import NDArray

CLOSE = 1e-5
MOST = 4_000
"""Numbers that are told; more are told by their shape alone."""


def run(name: str, folder: Path) -> Mapping[str, Any]:
    """The outcomes of a case by backend."""
    case = Case.named(name)
    kind = kinds()[case.kind]
    place = folder / "model"
    shutil.copytree(pristine(case.kind), place, symlinks=True)
    os.environ["HOSTILE_OUTSIDE"] = str(folder)
    case.spoil(place)
    expected = unspoilt(case.kind)
    return {who: outcome(ask, expected) for who, ask in door(kind.door)(place, kind)}


@cache
def pristine(kind: str) -> Path:
    """The folder of a kind as it should be, written once in each process."""
    place = Path(tempfile.mkdtemp(prefix="kind-")) / "model"
    kinds()[kind].write(place)
    return place


@cache
def unspoilt(name: str) -> NDArray[np.float32]:
    """What the first of its doors says of a kind as it should be; nothing of one that is refused."""
    kind = kinds()[name]
    if kind.refused:
        return np.zeros(0, np.float32)
    place = pristine(name).with_name("unspoilt")
    shutil.copytree(pristine(name), place, symlinks=True)
    _, ask = next(iter(door(kind.door)(place, kind)))
    return ask()


def outcome(ask: Ask, expected: NDArray[np.float32]) -> Mapping[str, Any]:
    """What one door gave, in JSON."""
    found: list[NDArray[np.float32]] = []
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        error = raised(lambda: found.append(ask()))
    if error is not None:
        return error
    told = {"warned": [str(one.message)[:300] for one in warned]}
    (values,) = found
    if close(values, expected):
        return {"same": True, **told}
    shown = values.tolist() if values.size <= MOST else None
    return {"values": shown, "shape": list(values.shape), **told}


def raised(ask: Callable[[], object]) -> Mapping[str, Any] | None:
    """What a call raised, None where it raised nothing."""
    from isomorph.errors import IsomorphError

    try:
        ask()
    except BaseException as error:  # a panic of an engine is no Exception
        frames = traceback.extract_tb(error.__traceback__)
        own = [frame for frame in frames if "/src/isomorph" in frame.filename] or frames
        return {
            "error": type(error).__name__,
            "meant": isinstance(error, IsomorphError),
            "said": str(error)[:3_000],
            "where": f"{Path(own[-1].filename).name}:{own[-1].name}",
        }
    return None


def close(found: NDArray[np.float32], expected: NDArray[np.float32]) -> bool:
    """Whether two arrays are equal, within a share of the largest of the expected values."""
    if found.shape != expected.shape:
        return False
    finite = expected[np.isfinite(expected)]
    scale = max(1.0, float(np.abs(finite).max(initial=0.0)))
    return bool(np.allclose(found, expected, rtol=0, atol=CLOSE * scale, equal_nan=True))
