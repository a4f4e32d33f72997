"""The recorded model folders, each with the class that loads it, and what that class answers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from isomorph import CrossEncoder, MultiVectorEncoder, SentenceTransformer, SparseEncoder
from isomorph.errors import InputError

PARITY = Path(__file__).parents[2] / "parity"
CLASSES = {
    "models": SentenceTransformer,
    "routed/models": SentenceTransformer,
    "words/models": SentenceTransformer,
    "model2vec/models": SentenceTransformer,
    "cross_encoders/models": CrossEncoder,
    "sparse/models": SparseEncoder,
    "multi_vector/models": MultiVectorEncoder,
}
OLD_TASK = "question"
"""The route of the recorded model that has neither queries nor documents."""
TEXTS = ["a small text", "another text, somewhat longer than the first one", "Ünïcödé!"]


def folders() -> dict[str, Any]:
    """Every folder that is there, with its class."""
    return {
        f"{place}/{folder.name}": loader
        for place, loader in CLASSES.items()
        if (PARITY / place).is_dir()
        for folder in sorted((PARITY / place).iterdir())
        if folder.is_dir()
    }


def answers(model: Any) -> Iterator[tuple[str, Any]]:
    """What a model of either library makes of the texts, as arrays, in each way to ask."""
    if hasattr(model, "predict"):
        yield "predict", np.asarray(model.predict([(a, b) for a in TEXTS for b in TEXTS]))
        return
    for name in ("encode", "encode_query", "encode_document"):
        try:
            found = getattr(model, name)(TEXTS)
        except (InputError, ValueError):
            continue  # a route that the model does not have
        yield name, _array(found)
    try:
        yield OLD_TASK, _array(model.encode(TEXTS, task=OLD_TASK))
    except (InputError, ValueError):
        return


def _array(found: Any) -> Any:
    if isinstance(found, list):
        return np.concatenate([_array(each) for each in found])
    if hasattr(found, "toarray"):
        return found.toarray()
    if hasattr(found, "to_dense"):
        return found.detach().cpu().to_dense().numpy()
    return np.asarray(found)
