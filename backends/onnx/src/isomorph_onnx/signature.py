"""What an ONNX file says of itself: ports, metadata, in what its weights are stored, and where.

Field numbers: onnx.proto of the ONNX specification. No weights are read; operators only where the
types of the weights leave a question open.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import IO

from isomorph.program import Extents
from isomorph_onnx.skim import Place, Skim
from isomorph_onnx.tensors import Stored, every_tensor, tensor

_GRAPH, _METADATA = 7, 14  # of ModelProto
_NODE, _INITIALIZER, _INPUT, _OUTPUT = 1, 5, 11, 12  # of GraphProto
_OP_TYPE, _ATTRIBUTE = 4, 5  # of NodeProto

_PRECISIONS = {
    1: "float32", 2: "int8", 3: "int8", 10: "float16", 11: "float32", 16: "bfloat16",
    17: "float8", 18: "float8", 19: "float8", 20: "float8", 21: "int4", 22: "int4", 23: "float4",
}  # fmt: skip
_UINT8 = 2
_LARGEST = 2**63 - 1  # what is beyond stands for a negative number, which names no size
_COARSEST_FIRST = ("int4", "float4", "float8", "int8", "bfloat16", "float16", "float32")


@dataclass(frozen=True, slots=True)
class Signature:
    """A file's inputs without initialisers, its outputs, its metadata, its weights.

    ``precision`` is that of its coarsest matrix. ``data`` are the files beside it that hold weights,
    ``named`` others that it names and an engine does not read. ``extents`` are the sizes of the axes
    of the outputs, None for a free one; None for all where the file leaves open how many there are.
    """

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    precision: str
    metadata: dict[str, str] = field(default_factory=dict)
    data: tuple[str, ...] = ()
    extents: Mapping[str, Extents | None] = field(default_factory=dict)
    named: tuple[str, ...] = ()

    @property
    def arithmetic(self) -> str:
        """What the graph computes in: the type of float weights; float32 around weights of fewer bits."""
        return self.precision if self.precision in ("float16", "bfloat16") else "float32"

    @classmethod
    def read(cls, stream: IO[bytes]) -> Signature:
        """Skims an open file.

        Raises:
            ValueError: it is not an ONNX file, or cut short.
        """
        return _read(Skim(stream, stream.seek(0, os.SEEK_END)))


def _read(file: Skim) -> Signature:
    metadata: dict[str, str] = {}
    places: dict[int, list[Place]] = {}
    for number, held in file.fields(file.whole):
        if isinstance(held, int):
            continue
        if number == _GRAPH:  # of several, parsers make one
            places.setdefault(0, [])
            for inner, part in file.fields(held):
                if isinstance(part, Place):
                    places.setdefault(inner, []).append(part)
        elif number == _METADATA:
            metadata[file.text(held, 1)] = file.text(held, 2)
    if not places:
        raise ValueError("it holds no graph")
    tensors = [tensor(file, place) for place in places.get(_INITIALIZER, [])]
    initialised = {tensor.name for tensor in tensors}
    inputs = (file.text(place, 1) for place in places.get(_INPUT, []))
    outputs = {file.text(place, 1): _extents(file, place) for place in places.get(_OUTPUT, [])}
    data, optional = _data(file)
    return Signature(
        tuple(name for name in inputs if name not in initialised),
        tuple(outputs),
        _precision(file, tensors, places.get(_NODE, [])),
        metadata,
        data,
        outputs,
        optional,
    )


def _data(file: Skim) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The files beside it that hold weights, and those that are named though nothing is read of them."""
    read: dict[str, None] = {}
    named: dict[str, None] = {}
    for place in every_tensor(file):
        stored = tensor(file, place)
        for location in stored.locations:
            (read if stored.outside else named)[location] = None
    return tuple(read), tuple(name for name in named if name not in read)


def _extents(file: Skim, port: Place) -> Extents | None:
    """The axes of a port: ValueInfoProto.type.tensor_type.shape.dim.dim_value, where an axis has one."""
    places = [port]
    for inner in (2, 1, 2):
        places = [found for place in places for found in file.each(place, inner)]
    if not places:
        return None
    sizes = (file.integer(dim, 1) for place in places for dim in file.each(place, 1))
    return tuple(size if 0 < size <= _LARGEST else None for size in sizes)


def _precision(file: Skim, tensors: list[Stored], nodes: list[Place]) -> str:
    """The coarsest type among the matrices.

    Weights may stand in Constant operators; and bytes may be pairs of 4-bit numbers, which only the
    operator that multiplies with them knows.
    """
    matrices = [each for each in tensors if each.is_matrix and each.dtype in _PRECISIONS]
    found = {_PRECISIONS[each.dtype] for each in matrices}
    if not matrices or any(each.dtype == _UINT8 for each in matrices):
        for node in nodes:
            op = file.text(node, _OP_TYPE)
            if op == "MatMulNBits":
                found |= {"int4"} if _bits(file, node) <= 4 else {"int8"}
            elif op == "Constant" and not matrices:
                values = (each for each in _constants(file, node) if each.is_matrix)
                found |= {
                    _PRECISIONS[value.dtype] for value in values if value.dtype in _PRECISIONS
                }
    return next((name for name in _COARSEST_FIRST if name in found), "float32")


def _constants(file: Skim, node: Place) -> Iterator[Stored]:
    """The tensors among the attributes of an operator."""
    for attribute in file.each(node, _ATTRIBUTE):
        for place in file.each(attribute, 5):  # AttributeProto.t
            yield tensor(file, place)


def _bits(file: Skim, node: Place) -> int:
    """The attribute ``bits``; 4, the operator's default, without one."""
    for attribute in file.each(node, _ATTRIBUTE):
        if file.text(attribute, 1) == "bits":
            return file.integer(attribute, 3)  # AttributeProto.i
    return 4
