"""The tensors of a file that was written with Python's pickle: places in it, as those of safetensors are."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from isomorph.errors import BadModel
from isomorph.files.identity import HeldFile
from isomorph.files.pickled import legacy, zipped
from isomorph.files.pickled.values import Unreadable, View
from isomorph.files.tensor import ITEMS, Made, Tensor

MEMORY, LEAST, MOST = 6, 1 << 20, 1 << 29
"""Bytes that the values of a pickle may take: so many times the file's, at least, and at most."""

_HEAD, _TAR, _POINTER = 512, (257, b"ustar"), b"version https://git-lfs"


def pickled_tensors(held: HeldFile) -> Mapping[str, Tensor]:
    """The tensors of a file by name, in the order in which it lists them; only its pickle is read.

    Raises:
        BadModel: it is damaged, or holds other things than tensors by name.
    """
    size = held.identity.size
    try:
        with held.open() as stream:
            return _tensors(held, _layout(stream).read(stream, size, _memory(size)))
    except (Unreadable, OSError) as cause:
        raise _unreadable(held.path, cause) from None


def pickled_shapes(stream: BinaryIO, size: int, name: str) -> Mapping[str, View]:
    """The tensors of a file of `size` bytes by name, of which no more is read than its pickle.

    So a file that lies elsewhere is described by a few kB of it.

    Raises:
        BadModel: it is damaged as far as it was read, or holds other things than tensors by name.
    """
    try:
        return _views(_layout(stream).describe(stream, size, _memory(size)))
    except Unreadable as cause:
        raise _unreadable(name, cause) from None


def _layout(stream: BinaryIO) -> ModuleType:
    head = stream.read(_HEAD)
    if head.startswith(zipped.SIGNATURE):
        return zipped
    if head.startswith(legacy.SIGNATURES):
        return legacy
    raise Unreadable(_unknown(head))


def _memory(size: int) -> int:
    return LEAST + min(MEMORY * size, MOST)


def _unreadable(name: object, cause: Exception) -> BadModel:
    return BadModel(
        f"{name} cannot be read as pickled weights: {cause}. Only tensors by name are read of such a file, "
        "and nothing in it is run. Download it again, or save its weights as safetensors."
    )


def _unknown(head: bytes) -> str:
    if head.startswith(_POINTER):
        return "it is a pointer of Git LFS to the file, and not the file"
    if head[_TAR[0] :].startswith(_TAR[1]):
        return "it is a tar archive, as weights were saved before 2017"
    return "it begins as neither of the two layouts of saved tensors does"


def _tensors(held: HeldFile, found: zipped.Content) -> Mapping[str, Tensor]:
    copied = 0
    tensors: dict[str, Tensor] = {}
    for name, view in _views(found.value).items():
        copied += 0 if view.contiguous else view.count * ITEMS[view.dtype]
        if copied > held.identity.size:
            raise Unreadable("its tensors, put in order, are larger than the file")
        tensors[name] = _placed(held, view, found.places)
    return tensors


def _views(value: Any) -> Mapping[str, View]:
    if not isinstance(value, dict) or not value:
        raise Unreadable(f"it holds a {type(value).__name__}, not tensors by name")
    for name, view in value.items():
        if not isinstance(view, View):
            raise Unreadable(f"under {name[:200]!r} it holds a {type(view).__name__}, not a tensor")
    return value


def _placed(held: HeldFile, view: View, places: Mapping[str, int]) -> Tensor:
    """A place in the file; numbers that do not lie in their order are copied when they are read."""
    begin = places[view.storage.key] + view.first
    size = ITEMS[view.dtype]
    if view.contiguous:
        return Tensor(held.path, begin, view.count * size, view.dtype, view.shape, held)
    span = Tensor(held.path, begin, view.span * size, view.dtype, (view.span,), held)
    made = Made(lambda: _in_order(span.raw(), view), f"{view.first}: {view.shape} {view.strides}")
    return span.remade(view.shape, made)


def _in_order(flat: NDArray[Any], view: View) -> NDArray[Any]:
    strides = [step * flat.itemsize for step in view.strides]
    return np.ascontiguousarray(np.lib.stride_tricks.as_strided(flat, view.shape, strides))
