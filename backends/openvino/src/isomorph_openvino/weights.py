"""Weights as memory that OpenVINO shares: each file is mapped once, and its pages let go again."""

from __future__ import annotations

import mmap
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isomorph.contract import Tensor


class Weights:
    """Constants of one graph. The maps live as long as somebody holds an array of them."""

    def __init__(self) -> None:
        self._files: dict[Path, mmap.mmap] = {}

    def array(self, stored: Tensor | NDArray[Any]) -> NDArray[Any]:
        """A constant as OpenVINO shares it: writeable, aligned, contiguous.

        Where it lies in its file if it is stored so, else a copy.
        """
        array = stored.numpy() if isinstance(stored, Tensor) else stored
        if isinstance(stored, Tensor) and stored.made is None and not array.flags.writeable:
            array = self._mapped(stored, array)
        if array.dtype == np.float64:
            array = array.astype(np.float32)
        return np.require(array, requirements=["C", "A", "W"])

    def release(self) -> None:
        """Lets go of the pages that were read; who reads them again gets them from the page cache.

        Compiling reads most matrices once, to keep them in another layout. What is mapped has not
        been written to, so that nothing is lost.
        """
        if hasattr(mmap, "MADV_DONTNEED"):
            for mapped in self._files.values():
                mapped.madvise(mmap.MADV_DONTNEED)

    def _mapped(self, stored: Tensor, array: NDArray[Any]) -> NDArray[Any]:
        """OpenVINO shares no read-only memory, though it never writes: the map is a private one."""
        if stored.file not in self._files:
            self._files[stored.file] = _mapped(stored)
        flat = np.frombuffer(self._files[stored.file], array.dtype, array.size, stored.offset)
        return flat.reshape(array.shape)


def _mapped(stored: Tensor) -> mmap.mmap:
    if stored.held is not None:
        return stored.held.map_private()
    with stored.file.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
