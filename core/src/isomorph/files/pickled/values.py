"""What a file of pickled tensors is made of: storages, and views of them."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from isomorph.files.tensor import ITEMS


class Unreadable(Exception):
    """What is wrong with a file of pickled tensors, without the file's name."""


_AXES = 32
_LARGEST = 2**48
"""Numbers that one tensor may have, and the largest stride: far beyond any file."""


@dataclass(frozen=True, slots=True)
class Storage:
    """Numbers in a row, under the key by which the file knows where they lie.

    ``count`` is how many numbers of ``dtype``, ``skipped`` how many of the key's numbers lie before them.
    """

    key: str
    dtype: str
    count: int
    skipped: int = 0


@dataclass(frozen=True, slots=True)
class View:
    """A tensor: some of the numbers of a storage, from ``offset`` on; strides count numbers."""

    storage: Storage
    dtype: str
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    @property
    def count(self) -> int:
        """How many numbers it has."""
        return prod(self.shape)

    @property
    def first(self) -> int:
        """Bytes of the key's numbers that lie before the first of the view."""
        storage = self.storage
        return storage.skipped * ITEMS[storage.dtype] + self.offset * ITEMS[self.dtype]

    @property
    def contiguous(self) -> bool:
        """Whether its numbers lie one behind the other, the last axis fastest."""
        if not self.count:
            return True
        wanted = 1
        for size, stride in zip(reversed(self.shape), reversed(self.strides), strict=True):
            if size != 1 and stride != wanted:
                return False
            wanted *= size
        return True

    @property
    def span(self) -> int:
        """How many numbers lie from its first to its last one, both counted."""
        if not self.count:
            return 0
        return 1 + sum((n - 1) * stride for n, stride in zip(self.shape, self.strides, strict=True))


def view(
    storage: object, dtype: str | None, offset: object, shape: object, strides: object
) -> View:
    """A view that lies in its storage; `dtype` is the storage's own where it is None.

    Raises:
        Unreadable: it does not, or the arguments are not of their types.
    """
    if not isinstance(storage, Storage):
        raise Unreadable("a tensor in it has no storage")
    sizes, steps = _whole(shape, "shape"), _whole(strides, "strides")
    (start,) = _whole((offset,), "offset")
    if len(sizes) != len(steps) or len(sizes) > _AXES:
        raise Unreadable(f"a tensor has {len(sizes)} sizes and {len(steps)} strides")
    kind = storage.dtype if dtype is None else dtype
    found = View(storage, kind, start, sizes, steps)
    there = storage.count * ITEMS[storage.dtype]
    if found.count > _LARGEST or (start + found.span) * ITEMS[kind] > there:
        raise Unreadable(f"a tensor of shape {sizes} leaves its storage of {there:,} bytes")
    if found.count * ITEMS[kind] > there:
        raise Unreadable(f"a tensor of shape {sizes} repeats its storage of {there:,} bytes")
    return found


def whole(value: object, what: str, limit: int = _LARGEST) -> int:
    """A whole number from 0 to `limit`.

    Raises:
        Unreadable: it is anything else.
    """
    if type(value) is not int or not 0 <= value <= limit:
        raise Unreadable(f"the {what} of a tensor is not a whole number that a file can have")
    return value


def _whole(values: object, what: str) -> tuple[int, ...]:
    if not isinstance(values, tuple):
        raise Unreadable(f"the {what} of a tensor is a {type(values).__name__}")
    return tuple(whole(value, what) for value in values)
