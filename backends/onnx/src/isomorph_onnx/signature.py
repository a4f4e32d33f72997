"""What an ONNX file says of itself: ports, metadata, in what its weights are stored, and where.

Field numbers: onnx.proto of the ONNX specification. No weights are read; operators only where the
types of the weights leave a question open.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from isomorph.errors import BadModel
from isomorph_onnx import wire

_GRAPH, _METADATA = 7, 14  # of ModelProto
_NODE, _INITIALIZER, _INPUT, _OUTPUT = 1, 5, 11, 12  # of GraphProto
_OP_TYPE, _ATTRIBUTE = 4, 5  # of NodeProto
_DIMS, _TYPE, _NAME, _EXTERNAL = 1, 2, 8, 13  # of TensorProto

_PRECISIONS = {
    1: "float32", 2: "int8", 3: "int8", 10: "float16", 11: "float32", 16: "bfloat16",
    17: "float8", 18: "float8", 19: "float8", 20: "float8", 21: "int4", 22: "int4", 23: "float4",
}  # fmt: skip
_UINT8 = 2
_COARSEST_FIRST = ("int4", "float4", "float8", "int8", "bfloat16", "float16", "float32")


@dataclass(frozen=True, slots=True)
class Stored:
    """One tensor in a file: its name, its `TensorProto.DataType`, its shape, its data file or ""."""

    name: str
    dtype: int
    shape: tuple[int, ...]
    location: str = ""

    @property
    def is_matrix(self) -> bool:
        """Whether it is a weight to multiply with or to gather from, not a bias or a scale."""
        return sum(size > 1 for size in self.shape) >= 2


@dataclass(frozen=True, slots=True)
class Signature:
    """A file's inputs without initialisers, its outputs, its metadata, its weights.

    ``precision`` is that of its coarsest matrix. ``data`` are the files beside it that hold weights.
    ``ranks`` are the numbers of axes of the outputs, None where the file leaves that open.
    """

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    precision: str
    metadata: dict[str, str] = field(default_factory=dict)
    data: tuple[str, ...] = ()
    ranks: Mapping[str, int | None] = field(default_factory=dict)

    @classmethod
    def read(cls, file: Path) -> Signature:
        """Skims a file.

        Raises:
            BadModel: it is not an ONNX file, or cut short.
        """
        try:
            with file.open("rb") as stream:
                return _read(stream, file.stat().st_size)
        except (ValueError, OSError) as cause:  # UnicodeDecodeError is a ValueError
            raise BadModel(f"{file} is not a complete ONNX file: {cause}.") from cause


def _read(stream: IO[bytes], size: int) -> Signature:
    metadata: dict[str, str] = {}
    places: dict[int, list[tuple[int, int]]] = {}
    seen_graph = False
    for number, start, length in wire.fields(stream, size):
        if number == _GRAPH:
            seen_graph = True
            stream.seek(start)
            for inner, at, extent in wire.fields(stream, start + length):
                places.setdefault(inner, []).append((at, extent))
        elif number == _METADATA:
            metadata[_text(stream, start, length, 1)] = _text(stream, start, length, 2)
    if not seen_graph:
        raise ValueError("it holds no graph")
    tensors = [_tensor(stream, *place) for place in places.get(_INITIALIZER, [])]
    initialised = {tensor.name for tensor in tensors}
    inputs = (_text(stream, *place, 1) for place in places.get(_INPUT, []))
    outputs = {_text(stream, *p, 1): _rank(stream, *p) for p in places.get(_OUTPUT, [])}
    return Signature(
        tuple(name for name in inputs if name not in initialised),
        tuple(outputs),
        _precision(stream, tensors, places.get(_NODE, [])),
        metadata,
        tuple(dict.fromkeys(tensor.location for tensor in tensors if tensor.location)),
        outputs,
    )


def _rank(stream: IO[bytes], start: int, length: int) -> int | None:
    """How many axes a port has: ValueInfoProto.type.tensor_type.shape.dim."""
    places = [(start, length)]
    for inner in (2, 1, 2):
        places = [found for place in places for found in _each(stream, *place, inner)]
    return len(_each(stream, *places[0], 1)) if places else None


def _precision(stream: IO[bytes], tensors: list[Stored], nodes: list[tuple[int, int]]) -> str:
    """The coarsest type among the matrices.

    Weights may stand in Constant operators; and bytes may be pairs of 4-bit numbers, which only the
    operator that multiplies with them knows.
    """
    matrices = [tensor for tensor in tensors if tensor.is_matrix and tensor.dtype in _PRECISIONS]
    found = {_PRECISIONS[tensor.dtype] for tensor in matrices}
    if not matrices or any(tensor.dtype == _UINT8 for tensor in matrices):
        for place in nodes:
            op = _text(stream, *place, _OP_TYPE)
            if op == "MatMulNBits":
                found |= {"int4"} if _integer_attribute(stream, *place, "bits") <= 4 else {"int8"}
            elif op == "Constant" and not matrices:
                values = (tensor for tensor in _constants(stream, *place) if tensor.is_matrix)
                found |= {
                    _PRECISIONS[value.dtype] for value in values if value.dtype in _PRECISIONS
                }
    return next((name for name in _COARSEST_FIRST if name in found), "float32")


def _tensor(stream: IO[bytes], start: int, length: int) -> Stored:
    name, dtype, location = "", 0, ""
    shape: list[int] = []
    stream.seek(start)
    for number, at, extent in wire.fields(stream, start + length):
        if number == _DIMS and extent:  # packed, as newer writers have it
            stream.seek(at)
            shape += wire.varints(stream, at + extent)
        elif number == _DIMS:
            shape.append(at)
        elif number == _TYPE:
            dtype = at
        elif number == _NAME:
            stream.seek(at)
            name = stream.read(extent).decode()
        elif number == _EXTERNAL and _text(stream, at, extent, 1) == "location":
            location = _text(stream, at, extent, 2)
    return Stored(name, dtype, tuple(shape), location)


def _constants(stream: IO[bytes], start: int, length: int) -> Iterator[Stored]:
    """The tensors among the attributes of an operator."""
    for at, extent in _each(stream, start, length, _ATTRIBUTE):
        for place in _each(stream, at, extent, 5):  # AttributeProto.t
            yield _tensor(stream, *place)


def _integer_attribute(stream: IO[bytes], start: int, length: int, name: str) -> int:
    """AttributeProto.i of the attribute of this name; 4, the operator's default, without one."""
    for at, extent in _each(stream, start, length, _ATTRIBUTE):
        if _text(stream, at, extent, 1) == name:
            return next((value for value, _ in _each(stream, at, extent, 3)), 0)
    return 4


def _each(stream: IO[bytes], start: int, length: int, field: int) -> list[tuple[int, int]]:
    """The places of one field in a nested message; (value, 0) where it is an integer."""
    stream.seek(start)
    return [
        (at, extent)
        for number, at, extent in wire.fields(stream, start + length)
        if number == field
    ]


def _text(stream: IO[bytes], start: int, length: int, field: int) -> str:
    """One text field of a nested message."""
    stream.seek(start)
    for number, at, extent in wire.fields(stream, start + length):
        if number == field:
            stream.seek(at)
            return stream.read(extent).decode()
    return ""
