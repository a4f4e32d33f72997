"""What an OpenVINO graph file says of itself: ports, and in what its weights are stored."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from isomorph.errors import BadModel

_PRECISIONS = {
    "u4": "int4", "i4": "int4", "nf4": "int4", "f4e2m1": "float4", "f8e4m3": "float8",
    "f8e5m2": "float8", "u8": "int8", "i8": "int8", "bf16": "bfloat16", "f16": "float16",
    "f32": "float32",
}  # fmt: skip
_COARSEST_FIRST = tuple(dict.fromkeys(_PRECISIONS.values()))


@dataclass(frozen=True, slots=True)
class Signature:
    """The names of a graph's inputs and outputs, every alias of them; the type of its weights.

    ``precision`` is that of the coarsest constant with at least two axes longer than 1. ``ranks`` are
    the numbers of axes of the outputs, by every alias; None where the file leaves that open.
    """

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    precision: str = "float32"
    ranks: Mapping[str, int | None] = field(default_factory=dict)


def coarser(one: str, other: str) -> str:
    """Of two precisions the lower one; a name that is not known here counts as lower."""
    known = [name for name in _COARSEST_FIRST if name in (one, other)]
    strange = [name for name in (one, other) if name not in _COARSEST_FIRST]
    return (strange or known)[0]


def signature(xml: Path) -> Signature:
    """Reads the XML and never the weights.

    Raises:
        BadModel: the file is no OpenVINO graph.
    """
    try:
        root = ET.parse(xml).getroot()
    except (ET.ParseError, OSError) as cause:
        raise BadModel(f"{xml} is no OpenVINO graph: {cause}") from cause
    layers, edges = root.findall("layers/layer"), root.findall("edges/edge")
    if not layers:
        raise BadModel(f"{xml} is no OpenVINO graph: it has no layers.")
    names: dict[tuple[str | None, str | None], list[str]] = {}
    axes: dict[str, int | None] = {}
    for layer in layers:
        for port in layer.findall("output/port"):
            aliases = _split_names(port.get("names"))
            names[layer.get("id"), port.get("id")] = aliases
            axes.update(dict.fromkeys(aliases, len(port.findall("dim")) or None))
    sources = {e.get("to-layer"): (e.get("from-layer"), e.get("from-port")) for e in edges}
    inputs: list[str] = []
    outputs: list[str] = []
    for layer in layers:
        if layer.get("type") == "Parameter":
            inputs += names.get((layer.get("id"), "0")) or [str(layer.get("name"))]
        elif layer.get("type") == "Result":
            outputs += names.get(sources.get(layer.get("id"), (None, None)), [])
    ranks = {name: axes[name] for name in outputs}
    return Signature(tuple(inputs), tuple(outputs), _precision(layers), ranks)


def _split_names(text: str | None) -> list[str]:
    return [name for name in (text or "").split(",") if name]


def _precision(layers: list[ET.Element]) -> str:
    found = set()
    for layer in layers:
        data = layer.find("data")
        if layer.get("type") != "Const" or data is None:
            continue
        sizes = [int(size) for size in data.get("shape", "").split(",") if size.strip()]
        if sum(size > 1 for size in sizes) >= 2:
            found.add(_PRECISIONS.get(data.get("element_type", ""), "float32"))
    return next((name for name in _COARSEST_FIRST if name in found), "float32")
