"""An ONNX model as values, and its bytes. Field numbers: onnx.proto of the ONNX specification."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isomorph_onnx import wire

IR_VERSION = 9
OPSET = 20  # the first with Gelu; every engine of the last two years reads it
CONTRIB = "com.microsoft"

DTYPES = {"float32": 1, "uint8": 2, "int8": 3, "int32": 6, "int64": 7, "bool": 9}
"""TensorProto.DataType by numpy's name."""

_STORED = {  # safetensors' names of what a file holds
    "F32": 1, "U8": 2, "I8": 3, "I16": 5, "I32": 6, "I64": 7, "BOOL": 9, "F16": 10, "F64": 11,
    "BF16": 16,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class OnnxNode:
    """One operator; an empty domain is ONNX's own."""

    op: str
    inputs: Sequence[str]
    outputs: Sequence[str]
    attrs: Mapping[str, Any] = field(default_factory=dict)
    domain: str = ""

    def encode(self) -> bytes:
        """As a NodeProto."""
        return b"".join(
            [
                *(wire.text(1, name) for name in self.inputs),
                *(wire.text(2, name) for name in self.outputs),
                wire.text(4, self.op),
                *(wire.message(5, _attribute(k, v)) for k, v in self.attrs.items()),
                wire.text(7, self.domain),
            ]
        )


@dataclass(frozen=True, slots=True)
class Branch:
    """A graph that an operator runs or not. It has no inputs: it reads the values around it."""

    nodes: Sequence[OnnxNode]
    outputs: Sequence[str]

    def encode(self) -> bytes:
        """As a GraphProto; types of its outputs are inferred."""
        return b"".join(
            [
                *(wire.message(1, node.encode()) for node in self.nodes),
                wire.text(2, "branch"),
                *(wire.message(12, wire.text(1, name)) for name in self.outputs),
            ]
        )


@dataclass(frozen=True, slots=True)
class Port:
    """An input or output of the graph; a dimension given as text is free."""

    name: str
    dtype: str
    shape: Sequence[int | str]

    def encode(self) -> bytes:
        """As a ValueInfoProto."""
        dims = b"".join(
            wire.message(1, wire.integer(1, d) if isinstance(d, int) else wire.text(2, d))
            for d in self.shape
        )
        tensor = wire.integer(1, DTYPES[self.dtype]) + wire.message(2, dims)
        return wire.text(1, self.name) + wire.message(2, wire.message(1, tensor))


@dataclass(frozen=True, slots=True)
class External:
    """A tensor whose bytes lie in another file, relative to the model's."""

    location: str
    offset: int
    nbytes: int
    dtype: str
    shape: Sequence[int]


def encode_model(
    nodes: Sequence[OnnxNode],
    inputs: Sequence[Port],
    outputs: Sequence[Port],
    constants: Mapping[str, NDArray[Any] | External],
    metadata: Mapping[str, str],
) -> bytes:
    """A ModelProto. Weights given as `External` are named, not copied."""
    graph = b"".join(
        [
            *(wire.message(1, node.encode()) for node in nodes),
            wire.text(2, "isomorph"),
            *(wire.message(5, _tensor(name, value)) for name, value in constants.items()),
            *(wire.message(11, port.encode()) for port in inputs),
            *(wire.message(12, port.encode()) for port in outputs),
        ]
    )
    domains = {"": OPSET} | dict.fromkeys(_domains(nodes), 1)
    return b"".join(
        [
            wire.integer(1, IR_VERSION),
            wire.text(2, "isomorph"),
            wire.message(7, graph),
            *(wire.message(8, wire.text(1, d), wire.integer(2, v)) for d, v in domains.items()),
            *(metadata_entry(key, value) for key, value in metadata.items()),
        ]
    )


def metadata_entry(key: str, value: str) -> bytes:
    """A field of a ModelProto that says something of it."""
    return wire.message(14, wire.text(1, key), wire.text(2, value))


def _domains(nodes: Sequence[OnnxNode]) -> Iterator[str]:
    """Those of operators that are not ONNX's own, also of the ones inside of others."""
    for node in nodes:
        if node.domain:
            yield node.domain
        for value in node.attrs.values():
            if isinstance(value, Branch):
                yield from _domains(value.nodes)


def _attribute(name: str, value: Any) -> bytes:
    head = wire.text(1, name)
    if isinstance(value, Branch):
        return head + wire.message(6, value.encode()) + wire.integer(20, 5)
    if isinstance(value, int):
        return head + wire.integer(3, value) + wire.integer(20, 2)
    if isinstance(value, float):
        return head + wire.float32(2, value) + wire.integer(20, 1)
    if isinstance(value, str):
        return head + wire.text(4, value) + wire.integer(20, 3)
    ints = b"".join(wire.integer(8, item) for item in value)
    return head + ints + wire.integer(20, 7)


def _tensor(name: str, value: NDArray[Any] | External) -> bytes:
    shape = b"".join(wire.integer(1, size) for size in value.shape)
    if isinstance(value, External):
        entries = {
            "location": value.location,
            "offset": str(value.offset),
            "length": str(value.nbytes),
        }
        places = (wire.message(13, wire.text(1, k), wire.text(2, v)) for k, v in entries.items())
        head = shape + wire.integer(2, _STORED[value.dtype]) + wire.text(8, name)
        return b"".join([head, *places, wire.integer(14, 1)])
    head = shape + wire.integer(2, DTYPES[value.dtype.name]) + wire.text(8, name)
    return head + wire.message(9, np.ascontiguousarray(value).tobytes())
