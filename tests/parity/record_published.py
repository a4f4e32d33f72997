"""Records what sentence-transformers answers for folders in the layouts of `published`.

    python tests/parity/record_published.py

runs in the environment of `record.py`. Makes ``published.npz`` anew; the folders are made again by whoever
needs them.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

os.environ["HF_HUB_OFFLINE"] = "1"
sys.path.insert(0, str(Path(__file__).parents[1]))  # for pickled_files

import numpy as np
import sentence_transformers
from published import CALLS, PUBLISHED, TEXTS


def main() -> None:
    """Builds each folder, and keeps the vectors of every call, each text alone."""
    arrays: dict[str, Any] = {}
    for name, each in PUBLISHED.items():
        with tempfile.TemporaryDirectory() as place:
            folder = each.build(Path(place) / "model")
            model = getattr(sentence_transformers, each.class_name)(str(folder), device="cpu")
            for call in CALLS:
                found = [_array(getattr(model, call)([text])) for text in TEXTS]
                arrays[f"{name}/{call}"] = np.concatenate(found)
        print(name, flush=True)
    np.savez_compressed(Path(__file__).parent / "published.npz", **arrays)


def _array(found: Any) -> np.ndarray:
    if isinstance(found, list):
        return np.concatenate([_array(each) for each in found])
    if hasattr(found, "to_dense"):
        found = found.to_dense()
    return found.cpu().numpy() if hasattr(found, "cpu") else np.asarray(found)


if __name__ == "__main__":
    main()
