"""A tensor that still lies in its file: where its bytes are, and how they are read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isomorph.errors import BadModel
from isomorph.files.codes import decode, decode_apart, unpack
from isomorph.files.identity import HeldFile

ITEMS = {
    "F64": 8, "F32": 4, "F16": 2, "BF16": 2, "F8_E4M3": 1, "F8_E5M2": 1,
    "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U64": 8, "U32": 4, "U16": 2, "U8": 1, "BOOL": 1,
}  # fmt: skip
"""Bytes of one number, by safetensors' name of its type."""

_NUMPY_DTYPES = {
    "F64": np.float64,
    "F32": np.float32,
    "F16": np.float16,
    "I64": np.int64,
    "I32": np.int32,
    "I16": np.int16,
    "I8": np.int8,
    "U8": np.uint8,
    "BOOL": np.bool_,
}


@dataclass(frozen=True, slots=True)
class Made:
    """How numbers come about that do not stand in a file as they are read.

    ``compute`` gives them anew at each call, as an array of its own. ``recipe`` tells what it computes
    beside what lies in the tensor's own file and in ``sources``; two tensors with the same are the same.
    """

    compute: Callable[[], NDArray[Any]]
    recipe: str
    sources: tuple[HeldFile, ...] = ()


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor that still lies in its file.

    ``dtype`` is safetensors' name of it (``"F32"``, ``"BF16"``, …), ``offset`` and ``nbytes`` say
    where in ``file`` its little-endian, C-ordered bytes are. ``held`` is that file as it was when the
    model was read: its bytes stay the model's when another file takes the name.

    Where ``made`` is not None, the numbers are made of what the file holds: ``offset`` says nothing, and
    `raw` alone gives them. Where they are made of codes, ``coded`` has these, for engines that multiply with
    codes; who does not look at it gets float32.
    """

    file: Path
    offset: int
    nbytes: int
    dtype: str
    shape: tuple[int, ...]
    held: HeldFile | None = None
    made: Made | None = None
    coded: Coded | None = None

    def rows(self, begin: int, end: int) -> Tensor:
        """The rows from `begin` up to `end` of the first axis: a smaller place in the same file."""
        size = self.nbytes // self.shape[0]
        place = self.offset + begin * size
        shape = (end - begin, *self.shape[1:])
        nbytes = (end - begin) * size
        if self.coded is not None:
            return self.coded.rows(begin, end).tensor()
        if self.made is not None:
            whole, recipe = self.made, f"{self.made.recipe}, rows {begin}:{end}"
            made = Made(lambda: whole.compute()[begin:end], recipe, whole.sources)
            return replace(self, nbytes=nbytes, shape=shape, made=made)
        return Tensor(self.file, place, nbytes, self.dtype, shape, self.held)

    def reshaped(self, shape: tuple[int, ...]) -> Tensor:
        """The same numbers under another shape of as many; the place in the file is the same."""
        if self.made is not None:
            whole = self.made
            made = Made(lambda: whole.compute().reshape(shape), whole.recipe, whole.sources)
            return replace(self, shape=shape, made=made, coded=None)
        return replace(self, shape=shape)

    def remade(self, shape: tuple[int, ...], made: Made, dtype: str | None = None) -> Tensor:
        """A tensor that is made of this one, in the same type unless another one is said."""
        kind = dtype or self.dtype
        nbytes = prod(shape) * ITEMS[kind]
        return Tensor(self.file, self.offset, nbytes, kind, shape, self.held, made)

    def raw(self) -> NDArray[Any]:
        """The numbers as stored, mapped and read-only, or made; bfloat16 comes as its uint16 bits.

        Raises:
            BadModel: the file was written to since it was read, or numbers of this type are not read.
        """
        dtype = np.uint16 if self.dtype == "BF16" else _NUMPY_DTYPES.get(self.dtype)
        if dtype is None:
            raise BadModel(f"{self.file} stores a tensor as {self.dtype}, which is not read.")
        if self.nbytes == 0:
            return np.zeros(self.shape, dtype)
        if self.made is not None:
            return self.made.compute()
        if self.held is not None:
            flat = self.held.map(self.offset, self.nbytes)
        else:
            flat = np.asarray(np.memmap(self.file, np.uint8, "r", self.offset, (self.nbytes,)))
        return flat.view(dtype).reshape(self.shape)

    def numpy(self) -> NDArray[Any]:
        """As float32 if it is floating point (no copy when it is stored so), else as stored."""
        return self.widen(self.raw())

    def widen(self, stored: NDArray[Any]) -> NDArray[Any]:
        """Any part of `raw` as `numpy` gives it: so a few rows are read without widening a table."""
        if self.dtype == "BF16":
            return (stored.astype(np.uint32) << 16).view(np.float32)
        if stored.dtype.kind == "f":
            return stored.astype(np.float32, copy=False)
        return stored


@dataclass(frozen=True, slots=True)
class Coded:
    """A matrix (O, I) in fewer bits, as `isomorph.files.codes` says.

    ``codes`` are int8 (O, I), or uint8 (O, I / 2) of four bits each; ``scales`` are float32 (O, B).
    ``activations`` says in what type the model was told to multiply: ``"float32"``, or ``"int8"`` with one
    scale for each token.

    Where ``apart`` is not None, these columns, int32 (A,), have scales of their own: ``scales`` is (O, 2), of
    all other columns and of these. A product rounds what they multiply with a scale of its own too.
    """

    codes: Tensor
    scales: Tensor
    activations: str = "float32"
    apart: Tensor | None = None

    @property
    def weights(self) -> str:
        """The type of the codes, ``"int8"`` or ``"int4"``."""
        return "int8" if self.codes.dtype == "I8" else "int4"

    @property
    def shape(self) -> tuple[int, int]:
        """That of the matrix."""
        outputs, stored = self.codes.shape
        return outputs, stored if self.weights == "int8" else 2 * stored

    def numbers(self) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
        """Codes int8 (O, I) and scales float32 (O, B).

        Raises:
            BadModel: a scale is not a finite number above 0.
        """
        scales = self.scales.numpy()
        if not (np.isfinite(scales).all() and (scales > 0).all()):
            raise BadModel(
                f"{self.scales.file} holds a scale that is not a finite number above 0. Quantize or "
                "download the model again."
            )
        codes = self.codes.raw()
        return (codes if self.weights == "int8" else unpack(codes)), scales

    def columns(self) -> NDArray[np.int64]:
        """The columns that are set apart, from the first to the last; none of most matrices.

        Raises:
            BadModel: what is stored are no such columns.
        """
        if self.apart is None:
            return np.zeros(0, np.int64)
        found = self.apart.numpy().astype(np.int64)
        if found[0] < 0 or found[-1] >= self.shape[1] or (np.diff(found) <= 0).any():
            raise BadModel(
                f"{self.apart.file} sets columns apart that are no columns, or not in order. Quantize or "
                "download the model again."
            )
        return found

    def rows(self, begin: int, end: int) -> Coded:
        """The rows from `begin` up to `end`."""
        return replace(self, codes=self.codes.rows(begin, end), scales=self.scales.rows(begin, end))

    def tensor(self) -> Tensor:
        """The matrix as a tensor of float32 numbers, which are computed when somebody reads them."""
        codes, shape = self.codes, self.shape
        place = f"{self.weights} at {codes.offset}, scales {self.scales.shape[1]} at {self.scales.offset}"
        if self.apart is not None:
            place += f", apart {self.apart.shape[0]} at {self.apart.offset}"
        made = Made(self._decoded, f"{place}, {self.activations}")
        nbytes = prod(shape) * ITEMS["F32"]
        return Tensor(codes.file, codes.offset, nbytes, "F32", shape, codes.held, made, self)

    def _decoded(self) -> NDArray[np.float32]:
        codes, scales = self.numbers()
        return (
            decode(codes, scales)
            if self.apart is None
            else decode_apart(codes, scales, self.columns())
        )
