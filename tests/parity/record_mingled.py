"""Records what sentence-transformers makes of texts with images among them, one input at a time.

    python -m tests.parity.record_mingled

With torchvision, which decides how images are resized. Vectors go into mingled.npz; ids, the SHA-256 of
pixels and what a model says of itself into mingled.json.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torchvision
from PIL import Image
from sentence_transformers import CrossEncoder, MultiVectorEncoder, SentenceTransformer
from tests.parity.mingled_models import TEXTS, VARIANTS, build, inputs, pairs, pictures
from tests.parity.record_towers import ASKED, FLOATS

HERE = Path(__file__).parent


def recorded(name: str, folder: Path, arrays: dict[str, np.ndarray]) -> dict[str, Any]:
    """Puts vectors into `arrays`; returns the rest."""
    model = SentenceTransformer(str(build(name, folder)), device="cpu", model_kwargs=FLOATS)
    given = [Image.fromarray(each) for each in pictures()]
    forms = inputs(given)
    arrays[name] = np.stack([model.encode([each])[0] for each in forms.values()])
    said = model.encode([forms["text, image"], TEXTS[0]], prompt="Find it.")
    arrays[f"{name}.prompted"] = said
    features = {form: model.preprocess([each]) for form, each in forms.items()}
    return {
        "modalities": model.modalities,
        "supports": [model.supports(each) for each in ASKED],
        "max_seq_length": model.max_seq_length,
        "ids": {form: each["input_ids"][0].tolist() for form, each in features.items()},
        "sha256": {
            form: hashlib.sha256(each["pixel_values"].numpy().tobytes()).hexdigest()
            for form, each in features.items()
            if "pixel_values" in each
        },
    }


def pages(folder: Path, arrays: dict[str, np.ndarray]) -> None:
    """Vectors of pages, and of queries without the line break that transformers adds from 5.23 on."""
    model = MultiVectorEncoder(str(build("colqwen2", folder)), device="cpu")
    for place, each in enumerate(pictures()):
        arrays[f"page.{place}"] = np.asarray(model.encode_document(Image.fromarray(each)))
    for place, each in enumerate(TEXTS):
        said = f"Query: {each}" + "<|endoftext|>" * 10
        fed = model.tokenizer(said, return_tensors="pt", return_token_type_ids=False)
        with torch.inference_mode():
            arrays[f"query.{place}"] = model[0].model(**fed).embeddings[0].numpy()


if __name__ == "__main__":
    arrays: dict[str, np.ndarray] = {}
    with tempfile.TemporaryDirectory() as place:
        found = {name: recorded(name, Path(place) / name, arrays) for name in VARIANTS}
        pages(Path(place) / "pages", arrays)
        model = CrossEncoder(str(build("reranker", Path(place) / "reranker")), device="cpu")
        arrays["reranker"] = model.predict(pairs([Image.fromarray(each) for each in pictures()]))
    found["torchvision"] = torchvision.__version__
    np.savez_compressed(HERE / "mingled.npz", **arrays)
    (HERE / "mingled.json").write_text(json.dumps(found, indent=None) + "\n", "utf-8")
