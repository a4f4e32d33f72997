"""Pictures as JPEG files, the same ones everywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

PIXELS = (480, 640)
"""Height and width of the photos."""


def photo(seed: int) -> Any:
    """Slow colours, edges and noise, uint8 (height, width, 3): JPEG makes about 80 kB of it."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0 : PIXELS[0], 0 : PIXELS[1]]
    waves = [np.sin(a * x + b * y) for a, b in rng.uniform(0.005, 0.06, (3, 2))]
    edges = ((x // int(rng.integers(20, 90)) + y // int(rng.integers(20, 90))) % 2)[:, :, None]
    noise = rng.normal(scale=8, size=(*PIXELS, 3))
    return np.clip(110 + 70 * np.stack(waves, 2) + 40 * edges + noise, 0, 255).astype(np.uint8)


def write_photos(folder: Path, count: int, distinct: int = 64) -> list[str]:
    """JPEG files; beyond `distinct` of them they differ by a few bytes behind the picture only."""
    from io import BytesIO

    from PIL import Image

    made: list[bytes] = []
    paths = []
    folder.mkdir(parents=True, exist_ok=True)
    for index in range(count):
        if index < distinct:
            stream = BytesIO()
            Image.fromarray(photo(index)).save(stream, "JPEG", quality=88)
            made.append(stream.getvalue())
        path = folder / f"{index:06}.jpg"
        path.write_bytes(made[index % distinct] + index.to_bytes(4, "big"))
        paths.append(str(path))
    return paths
