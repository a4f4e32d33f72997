"""Records what sentence-transformers makes of pages and queries, one input at a time.

    python -m tests.parity.record_pages

Of a processor that wants to be told what is a page and what a query, sentence-transformers 6.2 makes
neither; there transformers' own methods are asked. With torchvision, which decides how images are resized.
Vectors go into pages.npz; the SHA-256 of the pixels of each page, the ids, and what a model says of
itself, into pages.json.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torchvision
from PIL import Image
from sentence_transformers import MultiVectorEncoder
from tests.parity.page_models import QUERIES, VARIANTS, build
from tests.parity.record_towers import ASKED
from tests.parity.tower_models import pictures
from transformers import ColModernVBertProcessor

HERE = Path(__file__).parent


Fed = Mapping[str, Any]


def asked(model: MultiVectorEncoder) -> tuple[Callable[..., Fed], Callable[..., Fed]]:
    """What feeds a page, and what feeds a query."""
    processor = model.processor
    if not isinstance(processor, ColModernVBertProcessor):
        return (lambda page: model.preprocess([page])), (lambda text: model.preprocess([text]))
    return (
        lambda page: processor.process_images([page]),
        lambda text: processor.process_queries([text]),
    )


def recorded(name: str, folder: Path, arrays: dict[str, np.ndarray]) -> dict[str, Any]:
    """Puts vectors into `arrays`; returns the rest."""
    model = MultiVectorEncoder(str(build(name, folder)), device="cpu")
    page, query = asked(model)
    pages = [page(Image.fromarray(each)) for each in pictures()]
    queries = [query(each) for each in QUERIES]
    for kind, fed in (("page", pages), ("query", queries)):
        for place, each in enumerate(fed):
            feeds = {key: value for key, value in each.items() if key not in ("labels", "modality")}
            with torch.no_grad():
                found = model[0].model(**feeds).embeddings[0]
            arrays[f"{name}.{kind}.{place}"] = found.numpy()
    pixels = [each["pixel_values"].numpy() for each in pages]
    return {
        "modalities": model.modalities,
        "supports": [model.supports(each) for each in ASKED],
        "max_seq_length": model.max_seq_length,
        "dimension": model.get_embedding_dimension(),
        "pixels": [list(each.shape) for each in pixels],
        "sha256": [hashlib.sha256(each.tobytes()).hexdigest() for each in pixels],
        "pages": [each["input_ids"][0].tolist() for each in pages],
        "queries": [each["input_ids"][0].tolist() for each in queries],
    }


if __name__ == "__main__":
    arrays: dict[str, np.ndarray] = {}
    with tempfile.TemporaryDirectory() as place:
        found = {name: recorded(name, Path(place) / name, arrays) for name in VARIANTS}
    found["torchvision"] = torchvision.__version__
    np.savez_compressed(HERE / "pages.npz", **arrays)
    (HERE / "pages.json").write_text(json.dumps(found, indent=None) + "\n", "utf-8")
