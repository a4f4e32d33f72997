"""Records what sentence-transformers makes of texts with videos among them, one input at a time.

    python -m tests.parity.record_films

Vectors go into films.npz; ids and the SHA-256 of pixels into films.json. The template writes a video without
marks around it: from 5.23 on transformers writes further ones for Qwen3-VL, with which no model was trained.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from sentence_transformers import SentenceTransformer
from tests.parity.films import PROCESSORS, forms
from tests.parity.mingled_models import VARIANTS, build
from tests.parity.record_towers import FLOATS

HERE = Path(__file__).parent


def recorded(name: str, processor: str, folder: Path) -> tuple[np.ndarray, dict[str, Any]]:
    """Vectors of all forms, and the rest."""
    model = SentenceTransformer(
        str(build(name, folder, video=PROCESSORS[processor])), device="cpu", model_kwargs=FLOATS
    )
    if "qwen3" in name:
        marked = "<|vision_start|><|video_pad|><|vision_end|>"
        own = model[0].processor
        own.chat_template = own.chat_template.replace(marked, "<|video_pad|>")
    given = forms(processor)
    vectors = np.stack([model.encode([each])[0] for each in given.values()])
    features = {form: model.preprocess([each]) for form, each in given.items()}
    return vectors, {
        "ids": {form: each["input_ids"][0].tolist() for form, each in features.items()},
        "sha256": {
            form: hashlib.sha256(each["pixel_values_videos"].numpy().tobytes()).hexdigest()
            for form, each in features.items()
        },
    }


if __name__ == "__main__":
    arrays: dict[str, np.ndarray] = {}
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as place:
        for name in VARIANTS:
            for processor in PROCESSORS:
                key = f"{name}.{processor}"
                arrays[key], found[key] = recorded(name, processor, Path(place) / key)
    np.savez_compressed(HERE / "films.npz", **arrays)
    (HERE / "films.json").write_text(json.dumps(found, indent=None) + "\n", "utf-8")
