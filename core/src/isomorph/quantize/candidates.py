"""Which tensors of a model are stored in fewer bits, and why the others are not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import prod

from isomorph.files.tensor import Tensor
from isomorph.model.model import Model
from isomorph.primitives.builder import FLOATS
from isomorph.primitives.program import Program
from isomorph.program.lower import lower

SMALLEST = 512
"""Matrices of fewer numbers stay: their codes would save nothing."""

Place = tuple[str, str]
"""A tensor: the name of its module, and its own."""


@dataclass(slots=True)
class _Uses:
    """What reads a tensor, over all chains."""

    linear: bool = False
    table: bool = False
    otherwise: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Candidates:
    """``chosen`` says of each tensor of fewer bits whether it is a table, ``kept`` of each other one why."""

    chosen: Mapping[Place, bool]
    kept: Mapping[Place, str]


def candidates(model: Model) -> Candidates:
    """Matrices that every chain reads as the weight of a linear layer, or as a table, and as nothing else.

    Raises:
        Unsupported: a chain does not lower, so that nobody knows what reads its tensors.
    """
    uses: dict[Place, _Uses] = {}
    for chain in model.each():
        for place, reader, index, straight in _reads(chain, lower(chain)):
            found = uses.setdefault(place, _Uses())
            if not straight:
                found.otherwise.add(f"{reader} reads it in another order")
            elif (reader, index) == ("linear", 1):
                found.linear = True
            elif (reader, index) == ("embedding", 0):
                found.table = True
            else:
                found.otherwise.add(f"{reader} reads it")
    chosen: dict[Place, bool] = {}
    kept: dict[Place, str] = {}
    for place, tensor in _tensors(model):
        if len(tensor.shape) < 2 or tensor.dtype not in FLOATS:
            continue
        why = _why_kept(tensor, uses.get(place))
        if why:
            kept[place] = why
        else:
            chosen[place] = uses[place].table
    return Candidates(chosen, kept)


def _why_kept(tensor: Tensor, uses: _Uses | None) -> str:
    if len(tensor.shape) > 2:
        return f"it has {len(tensor.shape)} axes"
    if uses is None:
        return "nothing reads it"
    if uses.otherwise:
        return min(uses.otherwise)
    return "it is small" if prod(tensor.shape) < SMALLEST or tensor.shape[1] % 2 else ""


def _tensors(model: Model) -> Iterator[tuple[Place, Tensor]]:
    for module, tensors in model.tensors.items():
        for name, tensor in tensors.items():
            yield (module, name), tensor


def _reads(model: Model, program: Program) -> Iterator[tuple[Place, str, int, bool]]:
    """Each reading of a stored tensor: its place, the primitive, the input, and whether it is as it lies."""
    owners: dict[str, list[tuple[Place, bool]]] = {}
    stored = list(_tensors(model))
    for name, constant in program.constants.items():
        if isinstance(constant, Tensor):
            owners[name] = [
                (place, constant is tensor or (constant.made is None and tensor.made is None))
                for place, tensor in stored
                if _within(constant, tensor)
            ]
    for node in program.nodes:
        for index, name in enumerate(node.inputs):
            for place, straight in owners.get(name, ()):
                yield place, node.primitive, index, straight


def _within(part: Tensor, whole: Tensor) -> bool:
    """Whether what a program reads is a tensor, some of its rows, or made of it."""
    if part is whole:
        return True
    begin = part.offset - whole.offset
    return part.file == whole.file and 0 <= begin < max(1, whole.nbytes)
