"""Records what sentence-transformers makes of inputs whose call says how they are processed, one at a time.

    python -m tests.parity.record_asked

With torchvision, which decides how images are resized. Vectors go into asked.npz. As for films.npz, the
template of Qwen3-VL writes a video without marks around it.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from sentence_transformers import SentenceTransformer
from tests.parity.asked import CASES, key, rows
from tests.parity.record_towers import FLOATS

HERE = Path(__file__).parent
_MARKED = "<|vision_start|><|video_pad|><|vision_end|>"


def recorded(name: str, place: Path) -> dict[str, np.ndarray]:
    """The vectors of all calls of a model."""
    build, variant, calls, told = CASES[name]
    model = SentenceTransformer(
        str(build(variant, place / name)),
        device="cpu",
        model_kwargs=FLOATS,
        processor_kwargs=dict(told),
    )
    if "qwen3" in name:
        own = model[0].processor
        own.chat_template = own.chat_template.replace(_MARKED, "<|video_pad|>")
    return {
        key(name, asked): rows(model.encode([e], processing_kwargs=said)[0] for e in inputs)
        for asked, (inputs, said) in calls.items()
    }


if __name__ == "__main__":
    arrays: dict[str, np.ndarray] = {}
    with tempfile.TemporaryDirectory() as folder:
        for each in CASES:
            arrays |= recorded(each, Path(folder))
    np.savez_compressed(HERE / "asked.npz", **arrays)
