"""Frames of files as they are meant to be seen: turned by quarters, mirrored, or as they lie."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from isomorph.preprocess.pixels.processor import Image


def upright(frame: Any) -> Image | None:
    """Red, green and blue of a frame of PyAV; None where it is turned by no quarter."""
    image: Image = frame.to_ndarray(format="rgb24")
    matrix = _matrix(frame)
    if matrix is None:
        return np.ascontiguousarray(image)
    (xx, xy), (yx, yy) = matrix[:2], matrix[3:5]
    if xy == yx == 0 and xx and yy:
        across, down = xx, yy
    elif xx == yy == 0 and xy and yx:
        image = image.transpose(1, 0, 2)
        across, down = yx, xy
    else:
        return None
    columns, rows = (int(math.copysign(1, each)) for each in (across, down))
    return np.ascontiguousarray(image[::rows, ::columns])


def _matrix(frame: Any) -> tuple[int, ...] | None:
    """Where the file says that points of a frame go; None where it says nothing.

    Of nine numbers the point (x, y) goes to (m0 x + m3 y + m6, m1 x + m4 y + m7).
    """
    for each in frame.side_data:
        if each.type.name == "DISPLAYMATRIX":
            return tuple(np.frombuffer(bytes(each), np.int32, 9).tolist())
    return None
