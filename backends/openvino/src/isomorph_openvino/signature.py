"""What an OpenVINO graph file says of itself: ports, and in what its weights are stored, and where."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import prod
from typing import BinaryIO

from isomorph.program import Extents
from isomorph_openvino.layers import Layer, Port, read_net

_PRECISIONS = {
    "u4": "int4", "i4": "int4", "nf4": "int4", "f4e2m1": "float4", "f8e4m3": "float8",
    "f8e5m2": "float8", "u8": "int8", "i8": "int8", "bf16": "bfloat16", "f16": "float16",
    "f32": "float32",
}  # fmt: skip
_COARSEST_FIRST = tuple(dict.fromkeys(_PRECISIONS.values()))
_BITS = {
    **dict.fromkeys(("u4", "i4", "nf4", "f4e2m1"), 4),
    **dict.fromkeys(("u8", "i8", "f8e4m3", "f8e5m2", "f8e8m0", "boolean"), 8),
    **dict.fromkeys(("u16", "i16", "f16", "bf16"), 16),
    **dict.fromkeys(("u32", "i32", "f32"), 32),
    **dict.fromkeys(("u64", "i64", "f64"), 64),
}
_DIGITS = 18  # of a number of bytes


@dataclass(frozen=True, slots=True)
class Signature:
    """The names of a graph's inputs and outputs, every alias of them; the type of its weights.

    ``precision`` is that of the coarsest constant with at least two axes longer than 1. ``extents`` are
    the sizes of the axes of the outputs, by every alias, None for a free one; None for all where the file
    leaves open how many there are.
    """

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    precision: str = "float32"
    extents: Mapping[str, Extents | None] = field(default_factory=dict)


def signature(xml: BinaryIO, weights: int) -> Signature:
    """Reads the XML and never the weights, which are a file of so many bytes.

    Raises:
        ValueError: this is no OpenVINO graph, or it reads beyond the end of its weights.
    """
    try:
        layers, edges = read_net(xml)
    except ET.ParseError as cause:
        raise ValueError(str(cause)) from cause
    own = [layer for layer in layers if layer.outer]
    if not own:
        raise ValueError("it has no layers")
    for layer in layers:
        if layer.type == "Const":
            _check_place(layer, weights)
    ports = {(layer.id, port): port_ for layer in own for port, port_ in layer.ports.items()}
    sources = dict(edges)
    inputs: list[str] = []
    outputs: list[str] = []
    extents: dict[str, Extents | None] = {}
    for layer in own:
        if layer.type == "Parameter":
            port = ports.get((layer.id, "0"))
            inputs += (port.names if port else ()) or (layer.name,)
        elif layer.type == "Result":
            source = ports.get(sources.get(layer.id, ("", "")))
            if source is not None:
                outputs += source.names
                extents.update(dict.fromkeys(source.names, _extents(source) or None))
    return Signature(tuple(inputs), tuple(outputs), _precision(own), extents)


def _extents(port: Port) -> Extents:
    """The sizes that are written down for a port; whatever else than a size stands there is a free one."""
    texts = (text.strip() for text in port.sizes)
    plain = (text.isascii() and text.isdecimal() and len(text) <= _DIGITS for text in texts)
    return tuple(
        int(text) if fixed else None for text, fixed in zip(port.sizes, plain, strict=True)
    )


def _check_place(layer: Layer, weights: int) -> None:
    """Refuses a constant that lies behind the end of the weights, or is larger than its bytes.

    Raises:
        ValueError: names the layer.
    """
    kind, shape = layer.data.get("element_type", ""), _shape(layer)
    offset, size = (_number(layer.data.get(key, "")) for key in ("offset", "size"))
    if kind == "string":
        raise ValueError(f"the constant {layer.name!r} holds texts, which no encoder needs")
    if offset + size > weights:
        raise ValueError(
            f"the constant {layer.name!r} lies at {offset} to {offset + size} of {weights} bytes"
        )
    if kind in _BITS and prod(shape) * _BITS[kind] > 8 * size:
        raise ValueError(f"the constant {layer.name!r} has {size} bytes for the shape {shape}")


def _shape(layer: Layer) -> tuple[int, ...]:
    return tuple(_number(n) for n in layer.data.get("shape", "").split(",") if n.strip())


def _number(text: str) -> int:
    digits = text.strip()
    if not (digits.isascii() and digits.isdecimal()) or len(digits) > _DIGITS:
        raise ValueError(f"{text[:40]!r} stands where a number of bytes or a size belongs")
    return int(digits)


def _precision(layers: Iterable[Layer]) -> str:
    found = {
        _PRECISIONS.get(layer.data.get("element_type", ""), "float32")
        for layer in layers
        if layer.type == "Const" and sum(size > 1 for size in _shape(layer)) >= 2
    }
    return next((name for name in _COARSEST_FIRST if name in found), "float32")
