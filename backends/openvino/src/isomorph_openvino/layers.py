"""The XML of a graph file, layer by layer: no tree of it is made, and nothing in it is followed.

A graph file is somebody else's word: documents that declare entities, nest deeply or are huge are refused.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import BinaryIO

BYTES = 256 << 20
"""Of a graph file; those of the largest language models have some ten millions."""
ELEMENTS = 10_000_000
DEPTH = 100

_LAYER = ("net", "layers", "layer")
_CHUNK = 1 << 20
_SIZE = 40  # signs: of a longer text the rest is not kept


@dataclass(slots=True)
class Port:
    """An output of a layer: its names, and what is written down for the sizes of its axes."""

    names: tuple[str, ...]
    sizes: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Layer:
    """A layer: of the graph itself if it is an `outer` one, else of the body of another layer."""

    id: str
    name: str
    type: str
    outer: bool
    data: Mapping[str, str] = field(default_factory=dict)
    ports: dict[str, Port] = field(default_factory=dict)


Edges = Mapping[str, tuple[str, str]]
"""Of each layer with one input: layer and port from which it comes."""


def read_net(stream: BinaryIO) -> tuple[list[Layer], Edges]:
    """All layers, and the edges between the outer ones.

    Raises:
        ValueError: it is larger or nested more deeply than graphs are, or is no graph.
        ET.ParseError: it is not XML.
    """
    net = _Net()
    parser = ET.XMLParser(target=net)
    read = 0
    while chunk := stream.read(_CHUNK):
        read += len(chunk)
        if read > BYTES:
            raise ValueError(f"it has more than {BYTES} bytes")
        parser.feed(chunk)
    parser.close()
    return net.layers, net.edges


class _Net:
    """What the parser tells of every element."""

    def __init__(self) -> None:
        self.layers: list[Layer] = []
        self.edges: dict[str, tuple[str, str]] = {}
        self._path: list[str] = []
        self._open: list[Layer] = []
        self._size: list[str] | None = None
        self._seen = 0

    def doctype(self, name: str, public: str | None, system: str | None) -> None:
        """A document type declares entities, which no graph has."""
        raise ValueError("it declares a document type")

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        self._path.append(tag)
        self._seen += 1
        if len(self._path) > DEPTH or self._seen > ELEMENTS:
            raise ValueError("it has more elements, or more inside of each other, than a graph has")
        if len(self._path) == 1 and tag != "net":
            raise ValueError(f"it begins with {tag[:40]!r}, not with 'net'")
        self._take(tag, attributes)

    def _take(self, tag: str, attributes: dict[str, str]) -> None:
        inside = tuple(self._path[-2:-1])
        if tag == "layer" and inside == ("layers",):
            outer = tuple(self._path) == _LAYER
            name, kind, number = (attributes.get(key, "") for key in ("name", "type", "id"))
            self._open.append(Layer(number, name, kind, outer))
            self.layers.append(self._open[-1])
        elif tag == "edge" and self._path == ["net", "edges", "edge"]:
            source = attributes.get("from-layer", ""), attributes.get("from-port", "")
            self.edges[attributes.get("to-layer", "")] = source
        elif self._open and tag == "data" and inside == ("layer",):
            self._open[-1].data = attributes
        elif self._open and tag == "port" and inside == ("output",):
            names = tuple(name for name in attributes.get("names", "").split(",") if name)
            self._open[-1].ports[attributes.get("id", "")] = Port(names)
        elif self._open and tag == "dim" and tuple(self._path[-3:-1]) == ("output", "port"):
            ports = self._open[-1].ports
            sizes = ports[next(reversed(ports))].sizes
            sizes.append("")
            self._size = sizes

    def data(self, text: str) -> None:
        """Text of an element, perhaps a part of it; that of a size is kept."""
        if self._size is not None and len(self._size[-1]) < _SIZE:
            self._size[-1] += text[:_SIZE]

    def end(self, tag: str) -> None:
        """An element ends."""
        self._size = None
        if tag == "layer" and tuple(self._path[-2:-1]) == ("layers",):
            self._open.pop()
        self._path.pop()

    def close(self) -> None:
        """The document ends."""
