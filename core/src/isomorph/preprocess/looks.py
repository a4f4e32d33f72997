"""What an input that no model of texts takes looks like, in the words of modalities."""

from __future__ import annotations

from typing import Any

import numpy as np

_BY_AXES = {1: "audio", 2: "audio", 3: "image", 4: "video", 5: "video"}
_KEYS = ("text", "image", "audio", "video")


def modality_of(value: Any) -> str | None:
    """Such as "image", of arrays by their axes, or "image+text" for an object of both; None for no idea."""
    if isinstance(value, dict):
        if "array" in value and "sampling_rate" in value:
            return "audio"
        return "+".join(sorted(value)) if value and set(value) <= set(_KEYS) else None
    if hasattr(value, "mode") and hasattr(value, "convert"):  # an image of Pillow
        return "image"
    numbers = isinstance(value, np.ndarray) and value.dtype.kind in "biuf"
    return _BY_AXES.get(value.ndim) if numbers or hasattr(value, "detach") else None
