"""What a backend makes of a row, and how far that is from what was recorded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from isomorph import CrossEncoder, MultiVectorEncoder, SentenceTransformer, SparseEncoder

from .row import Row
from .texts import PAIRS, TEXTS

EXPECTED = Path(__file__).parent / "expected.npz"
CLASSES: dict[str, Any] = {
    "vectors": SentenceTransformer,
    "sparse": SparseEncoder,
    "tokens": MultiVectorEncoder,
    "scores": CrossEncoder,
}


def answer(row: Row, model: Any) -> np.ndarray:
    """One array, as `record.py` has it."""
    if row.kind == "scores":
        return np.asarray(model.predict(PAIRS))
    if row.kind == "sparse":
        return np.asarray(model.encode(TEXTS, convert_to_sparse_tensor=False))
    if row.kind == "tokens":
        return np.concatenate(model.encode_document(TEXTS))
    return np.asarray(model.encode(TEXTS, **row.call))


def load(row: Row, folder: Path, backend: str) -> Any:
    """The model in a folder of the row."""
    return CLASSES[row.kind](folder, backend=backend)


def whole(model: Any, backend: str) -> bool:
    """Whether the backend runs every module itself."""
    return all(each.runs == backend for each in model.explain().rows)


def difference(found: np.ndarray, expected: np.ndarray) -> float:
    """The largest difference, in units of the largest expected value."""
    assert found.shape == expected.shape, (found.shape, expected.shape)
    return float(np.abs(found - expected).max() / np.abs(expected).max())
