"""What an item of a workload stands for: a text, the path of a file, or with `ARRAY` the pixels of one.

Pixels are decoded when an item is first met, which is before anything is timed. This file runs in the
environments of others too: it needs numpy and Pillow only.
"""

from __future__ import annotations

from functools import cache
from typing import Any

ARRAY = "array:"


def given(item: str) -> Any:
    """What the contender's library is given."""
    return _pixels(item.removeprefix(ARRAY)) if item.startswith(ARRAY) else item


@cache
def _pixels(path: str) -> Any:
    """uint8 (height, width, 3)."""
    import numpy as np
    from PIL import Image

    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))
