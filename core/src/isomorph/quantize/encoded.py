"""The weight files of a quantised folder: written one tensor at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isomorph.files.codes import (
    LARGEST,
    block_of,
    encode,
    encode_apart,
    pack,
    scales_apart,
    scales_of,
)
from isomorph.files.names import QUANTIZED_WEIGHTS, WEIGHTS
from isomorph.files.quantized import APART, CODES, SCALES, TWO_SCALES, Stored
from isomorph.files.tensor import ITEMS, Made, Tensor
from isomorph.primitives.builder import FLOATS
from isomorph.saving.weights import write_tensors

Columns = NDArray[np.int32]
"""Columns of a matrix, from the first to the last."""
HALVES = {"float16": "F16", "bfloat16": "BF16"}


@dataclass(frozen=True, slots=True)
class Choice:
    """How the matrices of one module are stored: in fewer bits where ``tables`` names them."""

    stored: Stored
    tables: Mapping[str, bool]
    """Each tensor in fewer bits, with whether it is a table, whose rows are gathered."""
    apart: Mapping[str, Columns] = field(default_factory=dict)
    """Columns that get scales of their own, of tensors that have such."""


def write_weights(tensors: Mapping[str, Tensor], choice: Choice, folder: Path) -> None:
    """Writes the tensors of one module into its folder, under the name that its types need."""
    folder.mkdir(parents=True, exist_ok=True)
    half = HALVES.get(choice.stored.weights)
    if half is not None:
        write_tensors({n: _halved(t, half) for n, t in tensors.items()}, folder / WEIGHTS[0])
        return
    written: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        if name in choice.tables:
            written.update(_coded(name, tensor, choice))
        else:
            written[name] = _widened(tensor)
    write_tensors(written, folder / QUANTIZED_WEIGHTS)


def as_coded(
    tensor: Tensor, stored: Stored, table: bool, apart: Columns | None = None
) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Codes and scales of a matrix; one scale a row for tables, and where activations are int8.

    Columns that are set `apart` have a scale a row too.
    """
    if apart is not None:
        return encode_apart(tensor.numpy(), apart)
    return encode(tensor.numpy(), _block(tensor, stored, table), stored.weights)


def _block(tensor: Tensor, stored: Stored, table: bool) -> int:
    """How many numbers of a row share a scale."""
    return block_of(tensor.shape[1], table or stored.activations != "float32")


def _coded(name: str, tensor: Tensor, choice: Choice) -> Iterator[tuple[str, Tensor]]:
    stored, table = choice.stored, choice.tables[name]
    rows, width = tensor.shape
    apart = choice.apart.get(name)
    block = _block(tensor, stored, table)
    four = LARGEST[stored.weights] < 8

    def codes() -> NDArray[Any]:
        found, _ = as_coded(tensor, stored, table, apart)
        return pack(found) if four else found

    kind, columns = ("U8", width // 2) if four else ("I8", width)
    made = Made(codes, f"codes of {stored}")
    yield name + CODES, tensor.remade((rows, columns), made, kind)
    if apart is not None:
        made = Made(lambda: scales_apart(tensor.numpy(), apart), f"two scales of {stored}")
        yield name + TWO_SCALES, tensor.remade((rows, 2), made, "F32")
        yield name + APART, tensor.remade(apart.shape, Made(lambda: apart, "columns"), "I32")
        return
    made = Made(lambda: scales_of(tensor.numpy(), block, stored.weights), f"scales of {stored}")
    yield name + SCALES, tensor.remade((rows, width // block), made, "F32")


def _halved(tensor: Tensor, kind: str) -> Tensor:
    """A tensor in 16 bits; whole numbers, and what is stored so or in fewer bits, stay as they are."""
    if tensor.dtype not in FLOATS or tensor.dtype == kind or ITEMS[tensor.dtype] < ITEMS[kind]:
        return tensor
    return tensor.remade(
        tensor.shape, Made(lambda: _in_half(tensor.numpy(), kind), f"as {kind}"), kind
    )


def _in_half(numbers: NDArray[np.float32], kind: str) -> NDArray[Any]:
    """float16, its largest number in place of what lies beyond; or the bits of the nearest bfloat16."""
    if kind == "F16":
        top = np.float32(np.finfo(np.float16).max)
        return np.where(np.isfinite(numbers), np.clip(numbers, -top, top), numbers).astype(
            np.float16
        )
    bits = np.ascontiguousarray(numbers, np.float32).view(np.uint32)
    nearest = bits + np.uint32(0x7FFF) + ((bits >> np.uint32(16)) & np.uint32(1))
    quiet = bits | np.uint32(0x400000)  # rounding a NaN up would make another number of it
    return (np.where(np.isnan(numbers), quiet, nearest) >> np.uint32(16)).astype(np.uint16)


def _widened(tensor: Tensor) -> Tensor:
    """A tensor that stays in float: as it is stored, 64 bits as 32."""
    if tensor.dtype != "F64":
        return tensor
    return tensor.remade(tensor.shape, Made(tensor.numpy, "as F32"), "F32")
