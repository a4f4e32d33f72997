"""Records what sentence-transformers makes of pages and queries, one input at a time.

    python -m tests.parity.record_pages

With torchvision, which decides how images are resized. Vectors go into pages.npz; the SHA-256 of the
pixels of each page, the ids, and what a model says of itself, into pages.json.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torchvision
from PIL import Image
from sentence_transformers import MultiVectorEncoder
from tests.parity.page_models import QUERIES, VARIANTS, build
from tests.parity.record_towers import ASKED
from tests.parity.tower_models import pictures

HERE = Path(__file__).parent


def recorded(name: str, folder: Path, arrays: dict[str, np.ndarray]) -> dict[str, Any]:
    """Puts vectors into `arrays`; returns the rest."""
    model = MultiVectorEncoder(str(build(name, folder)), device="cpu")
    given = [Image.fromarray(each) for each in pictures()]
    fed = [model.preprocess([each]) for each in given]
    for place, each in enumerate(given):
        arrays[f"{name}.page.{place}"] = model.encode_document(each)
    for place, text in enumerate(QUERIES):
        arrays[f"{name}.query.{place}"] = model.encode_query(text)
    pixels = [each["pixel_values"].numpy() for each in fed]
    return {
        "modalities": model.modalities,
        "supports": [model.supports(each) for each in ASKED],
        "max_seq_length": model.max_seq_length,
        "dimension": model.get_embedding_dimension(),
        "pixels": [list(each.shape) for each in pixels],
        "sha256": [hashlib.sha256(each.tobytes()).hexdigest() for each in pixels],
        "pages": [each["input_ids"][0].tolist() for each in fed],
        "queries": [model.preprocess([each])["input_ids"][0].tolist() for each in QUERIES],
    }


if __name__ == "__main__":
    arrays: dict[str, np.ndarray] = {}
    with tempfile.TemporaryDirectory() as place:
        found = {name: recorded(name, Path(place) / name, arrays) for name in VARIANTS}
    found["torchvision"] = torchvision.__version__
    np.savez_compressed(HERE / "pages.npz", **arrays)
    (HERE / "pages.json").write_text(json.dumps(found, indent=None) + "\n", "utf-8")
