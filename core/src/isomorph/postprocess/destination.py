"""Where the caller wants rows to go: an array, perhaps mapped from a file, or an object that writes."""

from __future__ import annotations

from io import IOBase
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isomorph.errors import InputError


class Destination:
    """Takes rows in blocks. Checked before the first one comes."""

    def __init__(self, out: Any, count: int, like: NDArray[Any]) -> None:
        """Looks whether `out` can hold `count` rows like those of an empty array (0, dim).

        Raises:
            InputError: another shape or type, not writable, or an object without ``write(start, rows)``.
        """
        self._out = out
        self._array = isinstance(out, np.ndarray)
        if self._array:
            _check_array(out, count, like)
        elif isinstance(out, IOBase) or not callable(getattr(out, "write", None)):
            raise InputError(
                f"out is {type(out).__name__}; it takes a numpy array or memmap, or an object with "
                "write(start, rows)."
            )

    def write(self, start: int, rows: NDArray[Any]) -> None:
        """Puts rows (n, dim) at `start` and behind it."""
        if self._array:
            self._out[start : start + len(rows)] = rows
        else:
            self._out.write(start, rows)


def _check_array(out: NDArray[Any], count: int, like: NDArray[Any]) -> None:
    dim = like.shape[1] or (out.shape[-1] if out.ndim else 0)  # 0: no module says how wide they are
    if out.shape != (count, dim) or out.dtype != like.dtype:
        raise InputError(
            f"out is {out.dtype} of shape {out.shape}, but the result is {like.dtype} of shape "
            f"{(count, dim)}."
        )
    if not out.flags.writeable:
        raise InputError("out cannot be written into; open it with mode 'r+' or 'w+'.")
