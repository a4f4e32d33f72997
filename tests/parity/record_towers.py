"""Records what sentence-transformers makes of images, and of texts beside them, one input at a time.

    python -m tests.parity.record_towers

With torchvision, which decides how images are resized. Vectors go into towers.npz; the SHA-256 of the
pixels of each image, and what a model says of itself, into towers.json.
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
from sentence_transformers import SentenceTransformer
from tests.parity.tower_models import TEXTS, VARIANTS, build, pictures

HERE = Path(__file__).parent
FLOATS = {"torch_dtype": "float32"}
"""Also where weights are stored in fewer bits."""
ASKED = ["text", "image", "audio", "video", "message", ("image", "text"), ("audio", "text")]


def recorded(name: str, folder: Path, arrays: dict[str, np.ndarray]) -> dict[str, Any]:
    """Puts vectors into `arrays`; returns the rest."""
    model = SentenceTransformer(str(build(name, folder)), device="cpu", model_kwargs=FLOATS)
    given = [Image.fromarray(each) for each in pictures()]
    pixels = [model.preprocess([each])["pixel_values"].numpy() for each in given]
    facts = {
        "modalities": model.modalities,
        "supports": [model.supports(each) for each in ASKED],
        "max_seq_length": model.max_seq_length,
        "dimension": model.get_embedding_dimension(),
        "pixels": [list(each.shape) for each in pixels],
        "sha256": [hashlib.sha256(each.tobytes()).hexdigest() for each in pixels],
    }
    arrays[f"{name}.image"] = np.stack([model.encode(each) for each in given])
    if "text" in facts["modalities"]:
        arrays[f"{name}.text"] = np.stack([model.encode(each) for each in TEXTS])
        ids = [model.preprocess([each])["input_ids"][0].tolist() for each in TEXTS]
        facts["ids"] = ids
    return facts


if __name__ == "__main__":
    arrays: dict[str, np.ndarray] = {}
    with tempfile.TemporaryDirectory() as place:
        found = {name: recorded(name, Path(place) / name, arrays) for name in VARIANTS}
    found["torchvision"] = torchvision.__version__
    np.savez_compressed(HERE / "towers.npz", **arrays)
    (HERE / "towers.json").write_text(json.dumps(found, indent=None) + "\n", "utf-8")
